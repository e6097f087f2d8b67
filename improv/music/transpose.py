"""Moving a chart to another key, named ("Eb", "Cm") or counted in semitones ("+3").

    a key        the shorter way from the chart's own tonic, up to a tritone up
    semitones    -12 to +12

A chart without a key is moved from the root of its first chord.
"""

from __future__ import annotations

import re

from improv.errors import ChartError
from improv.music.chart import Chart
from improv.music.pitch import parse_pc_name

MOST_SEMITONES = 12

_KEY = re.compile(r"([A-G][b#]?)\s*(?:m|min|minor|-|maj|major)?")
_STEPS = re.compile(r"[+-]\d{1,2}")
_TONIC = re.compile(r"[A-G][b#♭♯]?")


def tonic(chart: Chart) -> int | None:
    """Pitch class of the key, or of the first chord's root if the chart has no key; None without both."""
    found = _TONIC.match(chart.key)
    if found:
        return parse_pc_name(found[0])
    return next((chord.root_pc for _, chord in chart.changes if chord is not None), None)


def check_move(text: str) -> None:
    """Raise the ChartError that `moved` would raise for a text that is neither a key nor semitones."""
    _read(text)


def moved(chart: Chart, text: str) -> Chart:
    """The chart in the key that `text` names, or that many semitones higher or lower; "": unchanged."""
    if not text:
        return chart
    target_pc, semitones = _read(text)
    home = tonic(chart)
    if target_pc is not None and home is not None:
        semitones = (target_pc - home + 6) % 12 - 6
    return chart.transposed(semitones)


def _read(text: str) -> tuple[int | None, int]:
    """(pitch class of a key, 0) or (None, semitones)."""
    wanted = text.strip().replace("♭", "b").replace("♯", "#")
    if _STEPS.fullmatch(wanted) and abs(int(wanted)) <= MOST_SEMITONES:
        return None, int(wanted)
    found = _KEY.fullmatch(wanted[:1].upper() + wanted[1:])
    if found is None:
        raise ChartError(
            f"Cannot read key {text!r}: expected a key such as 'Eb', 'Cm' or 'F# minor', or semitones from "
            f"'-{MOST_SEMITONES}' to '+{MOST_SEMITONES}'."
        )
    return parse_pc_name(found[1]), 0
