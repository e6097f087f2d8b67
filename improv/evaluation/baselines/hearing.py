"""What a listener with a good memory for detail notices: a row of whole numbers before each guess.

A `Hearing` is led through a solo by the protocol's own calls, so that no row can hold what has not been heard
yet. `RHYTHM` names the columns of a row before an ioi is guessed, `PITCH` those before a pitch is.
"""

from __future__ import annotations

import bisect
import math
import zlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from improv.music.chord import Chord, parse_chord_or_nc
from improv.music.note import STEPS_PER_BEAT
from improv.music.pitch import parse_pc_name
from improv.music.spelling import read_key
from improv.music.transcription import Transcription, ioi_class

NONE = 99
"""Where there is nothing to notice: an interval before the first, a root of no chord."""

RHYTHM = (
    *("r1", "r2", "r3", "r4", "r5", "r6"),  # ioi classes, the last first
    *(
        "pos",
        "posb",
        "beat",
        "bar4",
    ),  # of the note last heard: steps into the bar, into the beat, ...
    *("i1", "i2", "i3", "reg"),  # intervals, the last first; the last pitch in thirds
    *("tempo", "tch", "qual", "phn", "pht", "art", "du", "sect", "style", "who"),
    *("p1", "deg", "nmot", "nqual"),  # deg: of the last pitch above the root it was played on
)
PITCH = (
    *("i1", "i2", "i3", "i4", "i5", "i6", "p1", "p2", "p3"),
    *("r0", "r1", "r2", "pos", "posb", "beat", "bar4"),  # r0: the ioi that leads here; pos: here
    *("root", "qual", "d1", "d2", "d3", "nmot", "nqual", "tch", "pmot"),
    *("key", "mode", "k1", "croot", "phn", "art", "top", "low", "tempo", "style", "who"),
)
RHYTHM_AT = {name: index for index, name in enumerate(RHYTHM)}
PITCH_AT = {name: index for index, name in enumerate(PITCH)}

_OTHERS = {"alt": 10, "sus": 11, "hdim": 12, "dim": 13, "aug": 14}
_CHANGE_BINS = (0, 3, 6, 9, 12, 18, 24, 36, 48, 72, 96, 144, 192)
_LENGTH_BINS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 36, 48, 72, 96)
_PHRASE_GAP, _PHRASE_IOI = 9, STEPS_PER_BEAT


def _quality(chord: Chord | None) -> int:
    """A class of chords that are played alike: major, with 6, with 7, and so on."""
    if chord is None:
        return 0
    tones = set(chord.tones)
    if chord.quality == "maj":
        return 2 if 11 in tones else 3 if 9 in tones else 1
    if chord.quality == "min":
        return 5 if 11 in tones else 6 if 10 in tones else 7 if 9 in tones else 4
    if chord.quality == "dom":
        return 9 if 1 in tones else 8
    return _OTHERS.get(chord.quality, 15)


@lru_cache(maxsize=4096)
def _read(symbol: str) -> tuple[int, int]:
    """(root or NONE, quality) of a chord symbol."""
    chord = parse_chord_or_nc(symbol) if symbol.strip() else None
    return (chord.root_pc if chord else NONE), _quality(chord)


def _word(text: str) -> int:
    return zlib.crc32(text.encode()) % 100_000


class Hearing:
    """Follows a solo and gives rows of what there is to notice."""

    def begin(self, solo: Transcription) -> None:
        """Begin a solo; raises ChartError where one of its chords cannot be read."""
        self._bar_steps = solo.beats_per_bar * STEPS_PER_BEAT
        changes: list[tuple[int, tuple[int, int]]] = []
        for step, symbol in solo.chords:
            chord = _read(symbol)
            if not changes or changes[-1][1] != chord:
                changes.append((step, chord))
        self._changes = changes
        self._starts = [step for step, _ in changes]
        self._section_starts: list[int] = []
        self._chorus_starts: list[int] = []
        before: tuple[str, int] | None = None
        for step, label, chorus in solo.sections:
            if (label, chorus) != before:
                self._section_starts.append(step)
            if before is None or chorus != before[1]:
                self._chorus_starts.append(step)
            before = (label, chorus)
        tonic, _, mode = solo.key.partition("-")
        self._key = parse_pc_name(tonic) if read_key(tonic) else NONE
        self._mode = 0 if mode.startswith("maj") else 1 if mode.startswith(("min", "dor")) else 2
        self._tempo = int(min(9, max(0, math.log2(solo.tempo_bpm / 60) * 4)))
        self._style, self._who = _word(solo.style), _word(solo.performer)
        self._pitches: list[int] = []
        self._intervals: list[int] = []
        self._iois: list[int] = []
        self._onset = self._phrase_step = 0
        self._phrase_notes = self._articulation = self._length = 0
        self._top = self._low = 0

    def heard(self, onset_step: int, pitch: int) -> None:
        """A note has begun."""
        if self._pitches:
            ioi = onset_step - self._onset
            self._intervals.append(pitch - self._pitches[-1])
            self._iois.append(ioi_class(ioi))
            if ioi >= _PHRASE_IOI and ioi - self._length >= _PHRASE_GAP:
                self._phrase_notes, self._phrase_step = 0, onset_step
                self._top = self._low = pitch
            else:
                self._phrase_notes += 1
        else:
            self._phrase_step, self._top, self._low = onset_step, pitch, pitch
        self._top, self._low = max(self._top, pitch), min(self._low, pitch)
        self._pitches.append(pitch)
        self._onset = onset_step

    def ended(self, duration_step: int, onset_step: int) -> None:
        """The note last heard is over, now that the next begins at `onset_step`."""
        ioi = max(1, onset_step - self._onset)
        self._articulation = min(7, 8 * duration_step // ioi)
        self._length = duration_step

    @property
    def last_ioi_class(self) -> int:
        """The class of the ioi before the note last heard."""
        return self._iois[-1]

    def _back(self, values: list[int], number: int) -> list[int]:
        """The last so many, the last first, NONE where there are not as many."""
        found = values[: -number - 1 : -1]
        return found + [NONE] * (number - len(found))

    def _chord_at(self, step: int) -> tuple[tuple[int, int], tuple[int, int], int, int]:
        """(root, quality) now and next, root before, and steps to the change."""
        index = bisect.bisect_right(self._starts, step) - 1
        now = self._changes[index][1] if index >= 0 else (NONE, 0)
        before = self._changes[index - 1][1][0] if index >= 1 else NONE
        if index + 1 < len(self._changes):
            start, following = self._changes[index + 1]
            return now, following, before, start - step
        return now, (NONE, 0), before, 999

    def rhythm_row(self) -> list[int]:
        """The columns RHYTHM: before the ioi after the note last heard is guessed."""
        step, bar = self._onset, self._bar_steps
        pos = step % bar
        (root, quality), (next_root, next_quality), _, until = self._chord_at(step)
        base = self._base(root)
        last = self._pitches[-1]
        section = bisect.bisect_right(self._section_starts, step) - 1
        in_section = (
            min(15, (step - self._section_starts[section]) // bar) if section >= 0 else NONE
        )
        return [
            *self._back(self._iois, 6),
            *(pos, pos % STEPS_PER_BEAT, pos // STEPS_PER_BEAT, step // bar % 4),
            *self._back(self._intervals, 3),
            last // 3,
            self._tempo,
            bisect.bisect_left(_CHANGE_BINS, until),
            quality,
            min(self._phrase_notes, 31),
            bisect.bisect_left(_LENGTH_BINS, step - self._phrase_step),
            self._articulation,
            min(self._length, 24),
            in_section,
            self._style,
            self._who,
            last,
            (last - base) % 12,
            (next_root - base) % 12 if next_root != NONE else 12,
            next_quality,
        ]

    def _base(self, root: int) -> int:
        """Where degrees count from; without a chord the key's tonic, or C."""
        if root != NONE:
            return root
        return self._key if self._key != NONE else 0

    def pitch_row(self, onset_step: int) -> list[int]:
        """The columns PITCH: before the pitch of the note at `onset_step` is guessed."""
        bar = self._bar_steps
        pos = onset_step % bar
        (root, quality), (next_root, next_quality), root_before, until = self._chord_at(onset_step)
        tonic = self._base(NONE)
        base = self._base(root)
        pitches = self._back(self._pitches, 3)
        ioi = onset_step - self._onset
        silent = ioi >= _PHRASE_IOI and ioi - self._length >= _PHRASE_GAP
        last = self._pitches[-1]
        return [
            *self._back(self._intervals, 6),
            *pitches,
            ioi_class(ioi),
            *self._back(self._iois, 2),
            *(pos, pos % STEPS_PER_BEAT, pos // STEPS_PER_BEAT, onset_step // bar % 4),
            base,
            quality,
            *((pitch - base) % 12 if pitch != NONE else NONE for pitch in pitches),
            (next_root - base) % 12 if next_root != NONE else 12,
            next_quality,
            bisect.bisect_left(_CHANGE_BINS, until),
            (root_before - base) % 12 if root_before != NONE else 12,
            self._key,
            self._mode,
            (last - tonic) % 12,
            (base - tonic) % 12,
            0 if silent else min(self._phrase_notes + 1, 8),
            self._articulation if not silent else 8,
            min(self._top - last, 15),
            min(last - self._low, 15),
            self._tempo,
            self._style,
            self._who,
        ]


def rows_of(
    solos: Sequence[Transcription],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Rows of all notes but the first of each solo, with what came then, and where solos begin.

    (rhythm (n, RHYTHM + 1), pitch (n, PITCH + 1), spans (solos, 2)): the last column of a row is the ioi
    class or the pitch that came; `spans` are first and last + 1 row of each solo.
    """
    hearing = Hearing()
    rhythm: list[list[int]] = []
    pitch: list[list[int]] = []
    spans: list[tuple[int, int]] = []
    for solo in solos:
        first = len(pitch)
        hearing.begin(solo)
        for index, note in enumerate(solo.notes):
            if index:
                before = solo.notes[index - 1]
                ioi = note.onset_step - before.onset_step
                rhythm.append([*hearing.rhythm_row(), ioi_class(ioi)])
                hearing.ended(min(before.duration_step, ioi), note.onset_step)
                pitch.append([*hearing.pitch_row(note.onset_step), note.pitch])
            hearing.heard(note.onset_step, note.pitch)
        spans.append((first, len(pitch)))
    return (
        np.array(rhythm, np.int32).reshape(-1, len(RHYTHM) + 1),
        np.array(pitch, np.int32).reshape(-1, len(PITCH) + 1),
        np.array(spans, np.int32).reshape(-1, 2),
    )
