"""What can be asked for beside the chart: keyword arguments of whatever plays, and options of the commands.

choruses=2, key="Eb", tempo=180, ...  ──form_and_config──>  Form, Config without tunes
                               Chart  ──Form.tune────────>  Tune
"""

from __future__ import annotations

import difflib
import operator
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from improv.config import TENOR_SAX, Config, SoloistConfig
from improv.controls.table import ROWS, WORDS, ControlWords
from improv.performance.arc import ARCS
from improv.performance.arrangement import ENDINGS, KEY_CYCLES
from improv.performance.form import DEFAULT_BAND, Form, band_of

RANGES: dict[str, tuple[int, int]] = {
    "choruses": (0, 10_000),
    "count_in": (0, 8),
    "intro": (0, 64),
    "channel": (1, 16),
    "program": (0, 128),
    "max_quote": (6, 1_000_000),
}
"""Whole numbers, and what they may be."""
CHOICES: dict[str, tuple[str, ...]] = {"key_cycle": (*KEY_CYCLES,), "arc": ARCS, "ending": ENDINGS}


class Asked(ControlWords, total=False):
    """Keyword arguments of `Cell.play`, `Cell.stream` and `improv.play`. None is as if it were not given."""

    choruses: int
    """1 to 10,000 times through the chart; 0: without end, where that can be."""
    key: str
    """In this key ("Eb", "C minor"), or so many semitones higher or lower ("+3"). Default: the chart's."""
    key_cycle: str | None
    """Change key with each chorus: "fourths", "fifths", "up", "down", "whole-tones", "minor-thirds",
    "major-thirds"."""
    feel: str | None
    """"medium swing", "ballad", "waltz", "bossa", ... Default: the chart's."""
    band: str | Sequence[str] | None
    """Who plays with the soloist, of piano, guitar, bass and drums; "piano=5/4" is channel 5, program 4; ""
    or [] is the soloist alone."""
    arc: str
    """How density and intensity go over the choruses: "build", "steady", "wave"."""
    count_in: int | None
    """Bars of clicks before it begins. Default: 2 with a band, else 0."""
    intro: int
    """The last so many bars of the form first, by the band alone."""
    ending: str | None
    """"tag", "hold" or "none". Default: "tag" with a band, else "none"."""
    loop: str
    """Only these bars of each chorus: "9-16", as `jazz-improv chart` counts them."""
    faster: str
    """So many bpm faster with each chorus, or pass of the loop: "5"."""
    player: str | Mapping[str, float]
    """Who the soloist plays as: "Charlie Parker", or {"Charlie Parker": 0.7, "John Coltrane": 0.3}."""
    style: str
    """A style that the cell learned, such as "hardbop"."""
    max_quote: int | None
    """No more notes in a row than this, 6 or more, as they stand in a solo the cell learned from."""
    channel: int
    """The soloist's MIDI channel, 1 to 16."""
    program: int
    """The soloist's General MIDI sound, 1 to 128; 0 sends none."""


def form_and_config(
    words: Mapping[str, Any], choruses: int, band: str | Sequence[str] = DEFAULT_BAND
) -> tuple[Form, Config]:
    """What was asked for as a form and as a Config without tunes; `choruses` and `band` are the defaults.

    Raises TypeError for a word that is not in `Asked` and for a value of another kind, ValueError for one
    that is out of range.
    """
    given = {name: _checked(name, value) for name, value in words.items() if value is not None}
    channel = given.pop("channel", 1)
    program = given.pop("program", TENOR_SAX + 1)
    musicians = band_of(given.pop("band", band), channel)
    player = given.pop("player", "")
    soloist = SoloistConfig(
        channel=channel - 1,
        program=program - 1 if program else None,
        player=player if isinstance(player, str) else _shares(player),
        style=given.pop("style", ""),
        max_quote=given.pop("max_quote", None),
    )
    controls = {WORDS[name]: given.pop(name) for name in [*given] if name in WORDS}
    form = Form(**{"choruses": choruses, **given}, has_band=bool(musicians), controls=controls)
    return form, Config((), soloists=(soloist,), band=musicians)


def _shares(players: Mapping[str, float]) -> str:
    from improv.performance.steering import (
        players_text,
    )  # not before it is known that something is played

    return players_text(players)


def _checked(name: str, value: Any) -> Any:
    """The value of a word of `Asked`. Raises TypeError and ValueError, in one sentence."""
    if name in RANGES:
        low, high = RANGES[name]
        number = _number(name, value, operator.index, "a whole number")
        return _within(name, number, low, high, "")
    if name in WORDS:
        row = ROWS[WORDS[name]]
        return _within(name, _number(name, value, float, "a number"), row.low, row.high, row.unit)
    if name not in Asked.__annotations__:
        near = difflib.get_close_matches(name, Asked.__annotations__, n=1)
        hint = f"perhaps {near[0]!r} was meant; " if near else ""
        raise TypeError(
            f"Nothing can be played with {name!r}: {hint}expected {', '.join(Asked.__annotations__)}."
        )
    kinds = {"player": Mapping, "band": Sequence}
    if not isinstance(value, (str, kinds.get(name, str))):
        raise TypeError(f"{name} must be text, not {value!r}.")
    if name in CHOICES and value not in CHOICES[name]:
        raise ValueError(f"{name} must be one of {', '.join(CHOICES[name])}, not {value!r}.")
    return value


def _number(name: str, value: Any, kind: Callable[[Any], Any], what: str) -> Any:
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be {what}, not {value!r}.") from None


def _within(name: str, value: Any, low: float, high: float, unit: str) -> Any:
    if not low <= value <= high:
        unit = f" {unit}" if unit else ""
        raise ValueError(f"{name} must be from {low:g} to {high:g}{unit}, not {value:g}.")
    return value


def seed_or_new(given: int | None) -> int:
    """The seed that was given, or a new one; it is told, so that a solo can be had again.

    Raises TypeError for what is no whole number, ValueError below 0.
    """
    if given is None:
        return secrets.randbelow(1_000_000)
    try:
        seed = operator.index(given)
    except TypeError:
        raise TypeError(f"seed must be a whole number, not {given!r}.") from None
    if seed < 0:
        raise ValueError(f"seed must be 0 or more, not {seed}.")
    return seed
