"""Make what readers give fit to learn from, or leave it out; every change and loss is counted.

notes     in order, one a step (the first of several counts), durations of 1 at least, pitches that an
          instrument has
chords    in order, one a step; a symbol that cannot be read is NC; with more than half of them unread the
          solo is left out
solos     at least 8 notes and a chord symbol, if only NC; one that is another, note for note, is left out
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from improv.corpus.reading import (
    DUPLICATE,
    NO_CHORDS,
    OUT_OF_RANGE,
    SAME_STEP,
    TOO_SHORT,
    LeftOutError,
    Reading,
)
from improv.errors import ChartError
from improv.music.chord import parse_chord_or_nc
from improv.music.transcription import Heard, Transcription

FEWEST_NOTES = 8
LOWEST_PITCH, HIGHEST_PITCH = 21, 108
"""The keys of a piano; no melody instrument goes beyond."""


def clean(reading: Reading) -> Reading:
    """The same reading with its solos made fit, and without those that cannot be."""
    cleaned = Reading(
        dropped=list(reading.dropped),
        notes=reading.notes.copy(),
        remarks=list(reading.remarks),
    )
    for solo in reading.solos:
        with cleaned.leaving_out(solo.id):
            chords, notes = _chords(solo, cleaned), _notes(solo, cleaned)
            if len(notes) < FEWEST_NOTES:
                raise LeftOutError(
                    TOO_SHORT,
                    f"{solo.id}: it has {len(notes)} notes; at least {FEWEST_NOTES} were expected.",
                )
            cleaned.solos.append(replace(solo, chords=chords, notes=notes))
    return cleaned


class Duplicates:
    """Remembers the solos it is shown, and leaves out those that are an earlier one again."""

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}
        self._names: set[str] = set()

    def left_out(self, reading: Reading) -> Reading:
        """The reading without duplicates; a solo that is only called like another gets another name."""
        result = Reading(dropped=reading.dropped, notes=reading.notes, remarks=reading.remarks)
        for solo in reading.solos:
            content = content_hash(solo)
            if content in self._seen:
                result.drop(
                    solo.id,
                    DUPLICATE,
                    f"{solo.id}: it is {self._seen[content]} again, note for note.",
                )
                continue
            name, number = solo.id, 1
            while name in self._names:
                number += 1
                name = f"{solo.id} ({number})"
            self._seen[content] = name
            self._names.add(name)
            result.solos.append(solo if name == solo.id else replace(solo, id=name))
        return result


def content_hash(solo: Transcription) -> str:
    """A hash of what is played: pitches and the steps between them, whatever the solo is called."""
    first = solo.notes[0].onset_step if solo.notes else 0
    played = ";".join(f"{note.onset_step - first},{note.pitch}" for note in solo.notes)
    return hashlib.sha256(played.encode()).hexdigest()


def _notes(solo: Transcription, reading: Reading) -> tuple[Heard, ...]:
    notes = solo.notes
    steps = [note.onset_step for note in notes]
    if steps != sorted(steps):
        reading.remark(solo.id, "its notes were out of order")
        notes = tuple(sorted(notes, key=lambda note: note.onset_step))
    kept: list[Heard] = []
    stretched = 0
    for note in notes:
        if not LOWEST_PITCH <= note.pitch <= HIGHEST_PITCH:
            reading.notes[OUT_OF_RANGE] += 1
        elif kept and kept[-1].onset_step == note.onset_step:
            reading.notes[SAME_STEP] += 1
        elif note.duration_step < 1:
            stretched += 1
            kept.append(replace(note, duration_step=1))
        else:
            kept.append(note)
    if stretched:
        reading.remark(solo.id, f"notes without a duration were given one step: {stretched}")
    return tuple(kept)


def _chords(solo: Transcription, reading: Reading) -> tuple[tuple[int, str], ...]:
    """The chords that can be used. Raises LeftOutError where there are none."""
    if not solo.chords:
        raise LeftOutError(NO_CHORDS, f"{solo.id}: it has no chords.")
    unread = [symbol for _, symbol in solo.chords if not _is_chord(symbol)]
    shown = ", ".join(repr(symbol[:20]) for symbol in _first(unread, 3))
    if 2 * len(unread) > len(solo.chords):
        raise LeftOutError(
            NO_CHORDS,
            f"{solo.id}: {len(unread)} of its {len(solo.chords)} chord symbols cannot be read ({shown}).",
        )
    if unread:
        reading.remark(
            solo.id, f"chord symbols that cannot be read are NC now: {len(unread)} ({shown})"
        )
    placed: dict[int, str] = {}
    for step, symbol in sorted(solo.chords, key=lambda chord: chord[0]):
        placed[step] = symbol if _is_chord(symbol) else "NC"
    chords = tuple(placed.items())
    if chords != solo.chords and not unread:
        reading.remark(solo.id, "its chords were out of order or two at one place")
    return chords


def _first(values: Iterable[str], count: int) -> list[str]:
    return list(dict.fromkeys(values))[:count]


@lru_cache(maxsize=4096)
def _is_chord(symbol: str) -> bool:
    try:
        parse_chord_or_nc(symbol)
    except ChartError:
        return False
    return True
