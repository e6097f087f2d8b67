"""How a tune ends: the chord it comes to rest on, and the bars that are played once more before it.

... | Gm7 | C7  | F    | F    |  last chorus     the tag goes back to the four bars that lead home, and
    | Am7 | D7  | Gm7  | C7   |  tag             the last chord stands where they arrive, not behind bars
    | F6                      |  last chord      in which the tune is at home already
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from improv.music.chart import Chart
from improv.music.chord import Chord, parse_chord
from improv.music.transpose import tonic

TAG_BARS = 4
_RESTLESS = ("dim", "hdim", "aug", "sus")
_CADENCE_BARS = 8
"""How close to the end a dominant must be to make the chord it leads to the tonic."""


def _tonic_name(key: str) -> str:
    return key[: 2 if key[1:2] in ("b", "#", "♭", "♯") else 1]


def _is_minor(key: str) -> bool:
    rest = key[1:].lstrip("b#♭♯ ").lower()
    return rest.startswith(("m", "-", "dor", "aeol", "phryg")) and not rest.startswith(
        ("maj", "mixo")
    )


def last_chord(last: Chart) -> Chord | None:
    """The chord on which the tune rests; None where it has none.

    - the last chord, if it is built on the tonic, or if a dominant leads to it: a rag ends in the key of
      its trio, whatever its header says;
    - else (the tune ends with a turnaround) the chord on the tonic that the tune has most of, in its mode;
    - else the tonic itself where the key is known, else the first chord.

    A dominant on the tonic is home in a blues, where the tune has no other chord there; elsewhere it leads
    away from home.
    """
    chords = [chord for _, chord in last.changes if chord is not None]
    if not chords:
        return None
    home, minor = tonic(last), _is_minor(last.key) if last.key else None
    final = chords[-1]
    if _rests(final) and final.quality != "dom":
        if final.root_pc == home or _is_led_to(last, final):
            return final
    at_home = [c for c in chords if c.root_pc == home and _rests(c)]
    at_home = [c for c in at_home if minor is None or minor == (3 in c.tones)]
    settled = [c for c in at_home if c.quality != "dom"]
    if len(settled) * 2 < len(at_home):  # a blues
        settled = at_home
    if final in settled:
        return final
    if settled:
        return Counter(settled).most_common(1)[0][0]
    if last.key:
        return parse_chord(f"{_tonic_name(last.key)}{'m6' if minor else '6'}")
    return chords[0]


def _rests(chord: Chord) -> bool:
    """Whether a tune can rest on it: root in the bass, perfect fifth."""
    return chord.bass_pc == chord.root_pc and 7 in chord.tones and chord.quality not in _RESTLESS


def _is_led_to(last: Chart, final: Chord) -> bool:
    """Whether its dominant goes to this chord in the last bars."""
    from_tick = last.bar_tick(max(0, last.bars - _CADENCE_BARS))
    row = [chord for tick, chord in last.changes if tick >= from_tick and chord is not None]
    return any(
        one.quality == "dom" and two == final and (one.root_pc - two.root_pc) % 12 == 7
        for one, two in pairwise(row)
    )


def tag_bars(last: Chart, final: Chord | None) -> tuple[int, int]:
    """(first bar, bar after the last) of the tag: the four bars that lead to the last chord.

    Bars at the end that hold nothing but the last chord are left out, up to three of them: there the tune
    has arrived. Where nothing else is played, a vamp, they are what is repeated.
    """
    end = last.bars
    root = final.root_pc if final is not None else None
    while last.bars - end < TAG_BARS - 1 and _is_all(last, end - 1, root):
        end -= 1
    if _is_all(last, end - 1, root):
        end = last.bars
    return end - TAG_BARS, end


def _is_all(chart: Chart, bar: int, root: int | None) -> bool:
    """Whether a bar holds nothing but chords on this root."""
    chords = [chord for _, chord in chart.changes_in_bar(bar)]
    return all(chord is not None and chord.root_pc == root for chord in chords)
