"""Filosax: what five saxophonists improvised over the same backing tracks (Foster & Dixon, ISMIR 2021).

    Participant 1/01/annotations.json    {"notes": [{...}]}: where each is in the score, how it sounded
    Backing/01/annotations.jams          JAMS: title, chords in Harte's syntax and segments, in seconds

    bar_num, s_rhythmic_position (24 a quarter)   ->  onset on the grid, halves to the even step
    a_duration and the note's tempo               ->  duration on the grid, as it sounded
    chord and segment at a second of the score    ->  the nearest beat, between the bars that notes tell of

Of a piece only what is improvised is read (`bar_type` 2), each stretch of it as one solo: the head is no
solo, and the written solo is another player's. A grace note on the step of its main note is left out.
The form is that which the dataset's README and the loader of mirdata describe (docs/corpus.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from improv import files
from improv.corpus.checks import key_of
from improv.corpus.reading import NOT_IMPROVISED, Reading
from improv.errors import InputFileError
from improv.music.note import STEPS_PER_BEAT
from improv.music.pitch import FLAT_NAMES, parse_pc_name
from improv.music.transcription import Heard, Transcription

LICENCE = (
    "Filosax (D. Foster and S. Dixon, ISMIR 2021): non-commercial research by those who have signed for it; "
    "nothing that enables its reproduction may be given to others"
)
_IMPROVISED, _IMPROVISED_SEGMENT = 2, "improvised solo"
_MOST_BYTES = 256 << 20  # curves with a value a millisecond are most of it
_MOST_BARS, _BEYOND_BARS = 10_000, 64
_MARK = b'"a_start_time"'
# Semitones of the degrees that Harte's basses are written as.
_DEGREES = {"1": 0, "2": 2, "3": 4, "4": 5, "5": 7, "6": 9, "7": 11, "9": 2, "11": 5, "13": 9}

_Note = dict[str, Any]


def is_filosax(head: bytes) -> bool:
    """Whether a JSON file that begins so holds notes of Filosax."""
    return head.lstrip()[:1] == b"{" and _MARK in head


def chords_beside(path: Path) -> Path:
    """Where the chords and segments of a participant's notes are."""
    return path.parent.parent.parent / "Backing" / path.parent.name / "annotations.jams"


def read_filosax(path: Path) -> Reading:
    """The improvised solos of one participant over one piece.

    Raises InputFileError where a file is missing or is not in this form.
    """
    path = path.resolve()
    beside = chords_beside(path)
    rows, jams = _loaded(path), _loaded(beside)
    try:
        notes = sorted(
            rows["notes"], key=lambda n: (n["bar_num"], _step(n), bool(n.get("is_grace")))
        )
        if any(not 0 <= n["bar_num"] <= _MOST_BARS for n in notes):
            raise ValueError(f"bars from 0 to {_MOST_BARS} were expected")
        return _solos(notes, jams)
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise InputFileError(
            f"Cannot read {str(path)!r} with {str(beside)!r} as Filosax: {type(error).__name__} ({error})."
        ) from error


def _loaded(path: Path) -> Any:
    expected = "expected the folders 'Participant 1', ... and 'Backing' of Filosax side by side"
    return files.json_of(path, _MOST_BYTES, expected=expected)


def _solos(notes: Sequence[_Note], jams: Any) -> Reading:
    seconds, bars, quarters = _bar_lines(notes)

    def beat(second: float) -> int:
        """The beat, from that of bar 0 on, which is nearest to a second of the score."""
        return round(float(np.interp(second, seconds, bars)) * quarters)

    data = {each["namespace"]: each["data"] for each in jams["annotations"]}
    chords = [(beat(row["time"]), _symbol(row["value"])) for row in data["chord"]]
    starts = [
        beat(row["time"]) // quarters
        for row in data.get("segment_open", ())
        if row["value"] == _IMPROVISED_SEGMENT
    ]
    title = str(jams["file_metadata"]["title"])
    reading = Reading()
    for improvised, stretch in groupby(notes, lambda n: bool(n["bar_type"] == _IMPROVISED)):
        played = list(stretch)
        if not improvised:
            reading.notes[NOT_IMPROVISED] += len(played)
            continue
        first = played[0]["bar_num"]
        first = max((bar for bar in starts if bar <= first), default=first)
        musician = str(played[0]["musician"])
        solo = Transcription(
            id=f"{title} ({musician})",
            title=title,
            performer=musician,
            instrument="ts",
            style="",
            rhythmfeel="SWING",
            tempo_bpm=round(median(n["tempo"] for n in played), 1),
            key="",
            beats_per_bar=quarters,
            chords=_within(chords, first * quarters, (played[-1]["bar_num"] + 1) * quarters),
            sections=(),
            notes=tuple(
                Heard(
                    (n["bar_num"] - first) * quarters * STEPS_PER_BEAT + _step(n),
                    max(1, round(STEPS_PER_BEAT * n["a_duration"] * n["tempo"] / 60)),
                    n["midi_pitch"],
                    round(float(n["loudness_max_val"]), 1),
                )
                for n in played
            ),
        )
        key, _ = key_of(solo, "")
        reading.solos.append(replace(solo, key=key))
    return reading


def _step(note: _Note) -> int:
    """The step of the bar that a note begins on."""
    return round(STEPS_PER_BEAT * note["s_rhythmic_position"] / note["crochet_num"])


def _bar_lines(notes: Sequence[_Note]) -> tuple[list[float], list[float], int]:
    """(seconds of bar lines, their bars, quarters a bar), as the notes tell; a bar beyond at either end."""
    lines: dict[int, tuple[float, float]] = {}  # bar -> (second, seconds of a quarter)
    for note in notes:
        quarter_s = 60 / note["tempo"]
        ago_s = note["s_rhythmic_position"] / note["crochet_num"] * quarter_s
        lines.setdefault(note["bar_num"], (note["s_start_time"] - ago_s, quarter_s))
    quarters = round(
        median(
            (after[0] - before[0]) / (bar - bar_before) / before[1]
            for (bar_before, before), (bar, after) in pairwise(lines.items())
        )
    )
    known = list(lines.items())
    for at, bars in ((0, -_BEYOND_BARS), (-1, _BEYOND_BARS)):  # chords before and after all notes
        bar, (second, quarter_s) = known[at]
        lines[bar + bars] = (second + bars * quarters * quarter_s, quarter_s)
    rows = sorted((bar, second) for bar, (second, _) in lines.items())
    return [second for _, second in rows], [float(bar) for bar, _ in rows], quarters


def _within(chords: Sequence[tuple[int, str]], start: int, end: int) -> tuple[tuple[int, str], ...]:
    """The changes of the beats from start to end, in steps, beginning with the chord of the first."""
    found: list[tuple[int, str]] = []
    for beat, symbol in chords:
        step = STEPS_PER_BEAT * max(0, beat - start)
        if beat >= end or (found and found[-1][1] == symbol):
            continue
        if found and found[-1][0] == step:
            found.pop()
        found.append((step, symbol))
    return tuple(found)


def _symbol(harte: str) -> str:
    """A chord in Harte's syntax (ISMIR 2005) as charts write it: "C:7(b9)/3" is C7(b9)/E."""
    if harte in ("N", "X"):
        return "NC"
    chord, _, degree = harte.partition("/")
    symbol = chord.replace(":", "")
    if degree in ("", "1"):
        return symbol
    bass = parse_pc_name(chord.partition(":")[0].partition("(")[0]) + _DEGREES[degree.lstrip("b#")]
    return f"{symbol}/{FLAT_NAMES[(bass + degree.count('#') - degree.count('b')) % 12]}"
