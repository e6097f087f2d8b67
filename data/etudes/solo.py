"""A whole solo: which phrase when, how long, how high, how loud, and the breath between phrases."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np

from etudes import STEPS_PER_BAR, STEPS_PER_BEAT, STEPS_PER_HALF, rhythm
from etudes.forms import Etude
from etudes.harmony import blues_colour, colour_of
from etudes.melody import Arc, Harmony, Memory, Singer


@dataclass(frozen=True)
class Tone:
    """One note of a solo, in steps from its start."""

    onset: int
    length: int
    pitch: int
    velocity: int


# Style -> kinds of phrase with their weights.
_KINDS = {
    "bebop": {"running": 66, "broken": 13, "motif": 15, "sung": 4, "double": 2},
    "blues": {"running": 40, "blues": 30, "broken": 10, "motif": 17, "sung": 3},
    "modal": {"running": 45, "broken": 16, "motif": 27, "sung": 12},
    "ballad": {"ballad": 58, "sung": 18, "motif": 8, "double": 16},
}
# Kind -> phrase lengths in beats with their weights.
_BEATS = {
    "running": {4: 4, 5: 4, 6: 11, 7: 9, 8: 19, 9: 9, 10: 14, 11: 7, 12: 13, 14: 9, 16: 7},
    "broken": {4: 20, 6: 30, 7: 15, 8: 25, 10: 10},
    "blues": {4: 25, 6: 30, 7: 15, 8: 20, 10: 10},
    "sung": {6: 25, 8: 40, 10: 20, 12: 15},
    "ballad": {4: 15, 6: 30, 7: 15, 8: 25, 10: 15},
    "double": {2: 20, 3: 25, 4: 35, 5: 20},
}
# Place in the bar (steps) where a phrase may start -> weight: mostly upbeats.
_STARTS = {42: 24, 6: 22, 0: 9, 12: 8, 18: 10, 24: 5, 30: 11, 36: 8}
_RESTS = {0.5: 44, 1: 32, 1.5: 10, 2: 9, 3: 3, 4: 2}


class _Soloist:
    def __init__(self, etude: Etude, memory: Memory, rng: np.random.Generator) -> None:
        self.etude = etude
        self.rng = rng
        chords = etude.halves * etude.choruses
        colours = []
        for index, chord in enumerate(chords):
            following = chords[(index + 1) % len(chords)]
            last_half = following != chord
            colours.append(colour_of(chord, following, last_half, etude.style == "modal", rng))
        self.harmony = Harmony(chords, tuple(colours))
        self.blues = Harmony(
            chords,
            tuple(blues_colour(chord, etude.tonic, etude.key.endswith("m")) for chord in chords),
        )
        self.singer = Singer(self.harmony, memory, rng)
        self.memory = memory
        self.end = etude.chorus_steps * etude.choruses
        self.centre = float(rng.integers(63, 70))
        self.last_pitch = self.centre
        self.head: tuple[tuple[int, ...], tuple[int, ...]] | None = None
        self.tones: list[Tone] = []

    def play(self) -> list[Tone]:
        cursor = 0
        if self.rng.random() < 0.6:
            cursor = int(self.rng.choice([6, 12, 18, 24]))
        while True:
            kind = str(rhythm.pick(self.rng, self._kinds()))
            start = self._start(cursor, kind)
            if start > self.end - 2 * STEPS_PER_BEAT:
                break
            onsets, lengths, pitches = (
                self._motif(start) if kind == "motif" else self._line(kind, start)
            )
            if not onsets:
                break
            lengths = self._released(onsets, lengths, pitches)
            self._add(onsets, lengths, pitches)
            self.memory.keep(onsets, pitches)
            self.last_pitch = pitches[-1]
            rest = float(rhythm.pick(self.rng, _RESTS))
            if kind == "double":
                rest = min(rest, 1.5)
            cursor = onsets[-1] + lengths[-1] + round(rest * STEPS_PER_BEAT)
        return self.tones

    def _released(self, onsets: list[int], lengths: list[int], pitches: list[int]) -> list[int]:
        """Let go of a held note where a chord comes in that it does not belong to."""
        released = []
        for onset, length, pitch in zip(onsets, lengths, pitches, strict=True):
            sounding = self.harmony.half(onset)
            for half in range(sounding + 1, self.harmony.half(onset + length - 1) + 1):
                chord, colour = self.harmony.chords[half], self.harmony.colours[half]
                left = half * STEPS_PER_HALF - onset
                if (pitch - chord.root) % 12 not in colour.scale and left >= 6:
                    length = left
                    break
            released.append(length)
        return released

    def _kinds(self) -> dict[str, int]:
        kinds = dict(_KINDS[self.etude.style])
        if self.etude.tempo_bpm > 150:
            kinds.pop("double", None)
        return kinds

    def _start(self, cursor: int, kind: str) -> int:
        """The first note's step: at or soon after `cursor`, mostly on an upbeat."""
        weights: dict[int, float] = {}
        for step in range(cursor + -cursor % 6, cursor + STEPS_PER_BAR, 6):
            weight: float = _STARTS[step % STEPS_PER_BAR]
            if kind in ("motif", "double"):
                weight = 10 if step % STEPS_PER_BAR in (0, 24) else 0.01
            weights[step] = weight * 0.5 ** ((step - cursor) / 6)
        return int(rhythm.pick(self.rng, weights))

    def _arc(self, start: int, beats: float) -> Arc:
        chorus = start / self.etude.chorus_steps
        progress = start / self.end
        # a solo rises through its choruses and comes down at the end
        centre = self.centre + 4.0 * progress + 1.5 * np.sin(2 * np.pi * chorus) - 1.0
        height = min(4 + beats * 0.5, 9) + self.rng.normal(0, 1.5)
        begin = 0.45 * self.last_pitch + 0.55 * centre + self.rng.normal(0, 3)
        shape = self.rng.random()
        if shape < 0.5:  # an arch
            return Arc(
                begin - 2,
                centre + height,
                centre - 3 + self.rng.normal(0, 3),
                self.rng.uniform(0.3, 0.7),
            )
        if shape < 0.8:  # down from the top
            top = max(begin, centre + height * 0.7)
            return Arc(top - 2, top + 1, centre - height * 0.7, self.rng.uniform(0.05, 0.25))
        return Arc(
            min(begin, centre) - 3,
            centre + height,
            centre + height - 3,
            self.rng.uniform(0.75, 0.95),
        )

    def _line(self, kind: str, start: int) -> tuple[list[int], list[int], list[int]]:
        beats = int(rhythm.pick(self.rng, _BEATS[kind]))
        end = start + beats * STEPS_PER_BEAT
        end += int(self.rng.choice([0, 6])) - end % STEPS_PER_BEAT
        end = min(end, self.end - STEPS_PER_BEAT)
        if end <= start + 12:
            return [], [], []
        on_beat = end % STEPS_PER_BEAT == 0
        slow = kind in ("sung", "ballad") or self.etude.tempo_bpm < 100
        if on_beat:
            options, chances = (
                ([12, 24, 36], [0.3, 0.4, 0.3])
                if slow
                else ([6, 12, 18, 24], [0.25, 0.3, 0.25, 0.2])
            )
        else:
            options, chances = (
                ([6, 18, 30], [0.4, 0.4, 0.2]) if slow else ([3, 6, 18], [0.15, 0.6, 0.25])
            )
        last = min(int(self.rng.choice(options, p=chances)), self.end - end)
        figures = "ballad" if kind == "running" and self.etude.style == "ballad" else kind
        singer = self.singer
        if kind == "blues":
            singer = Singer(self.blues, self.memory, self.rng)
        head: list[int] = []
        if kind == "running" and self.head is not None and self.rng.random() < 0.22:
            # take up the beginning of the phrase before, over the chords that sound now
            said, intervals = self.head
            start = start + (said[0] - start) % 24
            begun = [start + step - said[0] for step in said]
            if begun[-1] + 12 < end:
                onsets = begun + [
                    o for o in rhythm.running(self.rng, figures, begun[-1], end) if o > begun[-1]
                ]
                lengths = rhythm.durations(onsets, last, self.rng)
                head = singer.restate(
                    onsets, lengths, intervals, self.last_pitch + self.rng.normal(0, 4)
                )
            self.head = None
        if not head:
            onsets = rhythm.running(self.rng, figures, start, end)
            lengths = rhythm.durations(onsets, last, self.rng)
        pitches = singer.phrase(onsets, lengths, self._arc(start, beats), head)
        if not head and len(onsets) > 7:
            size = int(self.rng.integers(5, 8))
            self.head = (
                tuple(onsets[:size]),
                tuple(b - a for a, b in itertools.pairwise(pitches[:size])),
            )
        return onsets, lengths, pitches

    def _motif(self, start: int) -> tuple[list[int], list[int], list[int]]:
        said = rhythm.motif(self.rng, int(self.rng.choice([2, 2, 3])))
        bluesy = self.etude.style == "blues" and self.rng.random() < 0.5
        singer = Singer(self.blues, self.memory, self.rng) if bluesy else self.singer
        onsets: list[int] = []
        lengths: list[int] = []
        pitches: list[int] = []
        intervals: list[int] = []
        drift = float(self.rng.choice([-2.5, 0.0, 2.5]))
        figure = said[0]
        even = all((b - a) % 6 == 0 for a, b in itertools.pairwise(figure))
        repeated = even and len(figure) <= 5 and self.rng.random() < 0.12
        for again, steps in enumerate(said):
            now = [start + step for step in steps if start + step < self.end - 12]
            if not now or (now[-1] + 24 > self.end):
                break
            long = int(self.rng.choice([6, 12, 18]))
            sounding = rhythm.durations(now, long, self.rng)
            if again == 0 and not repeated:
                sung = singer.phrase(
                    now, sounding, replace(self._arc(now[0], 3), end=self.centre + 1)
                )
            elif again == 0:
                turn = int(self.rng.choice([-3, -2, 2, 3, 5]))
                flat = [0] * (len(now) - 2) + [turn]
                sung = singer.restate(now, sounding, flat, self._arc(now[0], 3).start)
            else:
                sung = singer.restate(
                    now, sounding, intervals[: len(now) - 1], pitches[0] + drift * again
                )
            if again == 0:
                intervals = [b - a for a, b in itertools.pairwise(sung)]
            onsets += now
            lengths += sounding
            pitches += sung
        for index in range(len(onsets) - 1):
            lengths[index] = min(lengths[index], onsets[index + 1] - onsets[index])
        return onsets, lengths, pitches

    def _add(self, onsets: list[int], lengths: list[int], pitches: list[int]) -> None:
        top = max(pitches)
        level = self.rng.normal(0, 4) + (68 if self.etude.style == "ballad" else 76)
        count = len(onsets)
        for index, (onset, length, pitch) in enumerate(zip(onsets, lengths, pitches, strict=True)):
            velocity = level + 0.5 * (pitch - self.centre)
            off_beat = onset % STEPS_PER_BEAT != 0
            turning = 0 < index < count - 1 and pitches[index - 1] < pitch > pitches[index + 1]
            if off_beat and onset % 6 == 0:
                velocity += 6
            if turning:
                velocity += 7
            if pitch == top:
                velocity += 6
            if index == count - 1:
                velocity += 4 if off_beat else -5
            if length < 6:
                velocity -= 4
            if (
                0 < index < count - 1
                and pitches[index - 1] > pitch < pitches[index + 1]
                and off_beat
            ):
                velocity -= 14  # a ghosted note at the bottom of a turn
            velocity += self.rng.normal(0, 3)
            self.tones.append(Tone(onset, length, pitch, int(min(115, max(45, round(velocity))))))


def solo(etude: Etude, memory: Memory, rng: np.random.Generator) -> list[Tone]:
    """Improvise over every chorus of `etude`; one note at a time, in order."""
    return _Soloist(etude, memory, rng).play()
