"""How a soloist is measured: what each note costs a model that hears the solo as it is played.

    solos ── score(predictor) ──> Scores (a cost a note, in nats)  ── compare(a, b) ──> difference, 95 %

For every note of a solo but its first, in order, given the notes before it and all the chords:

    cost = -ln P(ioi class) - ln P(pitch | ioi)

ioi is the time from the onset before, in steps of a twelfth of a beat, put into 60 classes (`ioi_class`);
pitch is the exact MIDI number. The model is led through the solo by the calls of `Predictor`, in an order in
which it cannot be told what it is to predict:

    begin(solo without its notes)
    heard(onset, pitch)                   the first note: not scored
    for each later note:
        rhythm()                          P(ioi class)                          <- scored
        ended(duration, loudness)         of the note before, as far as it sounded until this one began
        pitch(onset)                      P(pitch), now that the onset is known <- scored
        heard(onset, pitch)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from improv.errors import CorpusError, ModelError
from improv.music.transcription import LAST_IOI_CLASS, Transcription, ioi_class
from improv.processes import side_by_side

Probabilities = NDArray[np.float64]

IOI_CLASSES = LAST_IOI_CLASS + 1
"""Length of a rhythm distribution: classes 1..60, and index 0, which is never used."""
PITCHES = 128
"""Length of a pitch distribution: the MIDI numbers."""
TOLERANCE = 1e-6
"""How far from 1 a distribution may sum."""


class Predictor(Protocol):
    """A listener that says what it expects next; see the module for the order of the calls.

    One predictor is led through many solos, one after another, possibly in a process of its own
    (so it can be pickled). `begin` forgets the solo before: what is expected depends on nothing but the
    solo in progress. Distributions are float64 and may be changed by whoever gets them.
    """

    def begin(self, solo: Transcription) -> None:
        """Begin a solo, of which all but the notes is told: `solo.notes` is empty."""

    def rhythm(self) -> Probabilities:
        """(61,) probabilities of the class of the next ioi; index 0 has none."""

    def ended(self, duration_step: int, loudness_db: float | None) -> None:
        """The note last heard is over: how long it sounded, at most until the next began, and how loud.

        Comes when the next note begins and not before: a length known earlier would give away the rest.
        """

    def pitch(self, onset_step: int) -> Probabilities:
        """(128,) probabilities of the pitch of the note that begins now."""

    def heard(self, onset_step: int, pitch: int) -> None:
        """This note has begun."""


@dataclass(frozen=True)
class SoloScores:
    """What the notes of one solo cost, from its second on, in nats: two arrays (notes - 1,) float64."""

    id: str
    rhythm: NDArray[np.float64]
    pitch: NDArray[np.float64]

    @property
    def costs(self) -> NDArray[np.float64]:
        """Rhythm and pitch together."""
        return self.rhythm + self.pitch


@dataclass(frozen=True, repr=False)
class Scores:
    """The costs of many solos; means are over all their notes alike."""

    solos: tuple[SoloScores, ...]

    @property
    def notes(self) -> int:
        """How many notes were scored."""
        return sum(len(solo.rhythm) for solo in self.solos)

    @property
    def rhythm(self) -> float:
        """Nats a note for when it comes."""
        return float(sum(solo.rhythm.sum() for solo in self.solos)) / self.notes

    @property
    def pitch(self) -> float:
        """Nats a note for what it is."""
        return float(sum(solo.pitch.sum() for solo in self.solos)) / self.notes

    @property
    def nats_per_note(self) -> float:
        """The number a soloist is measured by."""
        return self.rhythm + self.pitch

    def __repr__(self) -> str:
        return f"<Scores: {self}>"

    def __str__(self) -> str:
        """As `jazz-improv evaluate` says it."""
        solos = "1 solo" if len(self.solos) == 1 else f"{len(self.solos)} solos"
        return (
            f"{self.nats_per_note:.3f} nats per note (rhythm {self.rhythm:.3f}, pitch {self.pitch:.3f}) "
            f"over {self.notes:,} notes of {solos}"
        )


@dataclass(frozen=True)
class Gain:
    """How much cheaper the first of two models is, in nats a note (below 0: dearer), and between what
    95 % of the differences lie when the solos are drawn again from themselves."""

    difference: float
    low: float
    high: float


def score_solo(predictor: Predictor, solo: Transcription) -> SoloScores:
    """Lead `predictor` through `solo`.

    Raises ModelError, naming the note, for what is no distribution and for a note said to be impossible.
    """
    notes = solo.notes
    rhythm = np.zeros(max(len(notes) - 1, 0))
    pitch = np.zeros_like(rhythm)
    predictor.begin(replace(solo, notes=()))
    if notes:
        predictor.heard(notes[0].onset_step, notes[0].pitch)
    for index in range(1, len(notes)):
        before, note = notes[index - 1], notes[index]
        ioi = note.onset_step - before.onset_step
        where = f"of note {index + 1} of {solo.id!r}"
        rhythm[index - 1] = _cost(
            predictor.rhythm(), ioi_class(ioi), IOI_CLASSES, f"ioi ({ioi} steps) {where}"
        )
        predictor.ended(min(before.duration_step, ioi), before.loudness_db)
        pitch[index - 1] = _cost(
            predictor.pitch(note.onset_step), note.pitch, PITCHES, f"pitch ({note.pitch}) {where}"
        )
        predictor.heard(note.onset_step, note.pitch)
    return SoloScores(solo.id, rhythm, pitch)


def _cost(probabilities: Probabilities, actual: int, size: int, what: str) -> float:
    """-ln P(actual), once the distribution has been checked."""
    given = np.asarray(probabilities, np.float64)
    if given.shape != (size,):
        raise ModelError(
            f"The model answers with probabilities of shape {given.shape} for the {what}: expected"
            f" ({size},)."
        )
    total = float(given.sum())
    if not abs(total - 1) <= TOLERANCE or not (given >= 0).all():
        raise ModelError(
            f"The model's probabilities for the {what} are no distribution (sum {total:.9g}, least"
            f" {float(given.min()):.3g}): expected none below 0 and a sum of 1."
        )
    if size == IOI_CLASSES and given[0] > 0:
        raise ModelError(
            f"The model gives class 0, which does not exist, a probability of {given[0]:.3g} for the"
            f" {what}: expected 0."
        )
    likely = float(given[actual])
    if likely <= 0:
        raise ModelError(
            f"The model gives the {what} the probability 0, an infinite cost: expected every note to"
            " be possible."
        )
    return -math.log(likely)


def score(
    predictor: Predictor,
    solos: Sequence[Transcription],
    *,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Scores:
    """Lead `predictor` through all solos; the scores in their order, whatever the order of the work.

    `workers`: processes (None: one a core; 1: this one). `progress` is called with the number of notes
    done so far. Raises CorpusError where there is no note to score, ModelError as `score_solo` does.
    """
    if not any(len(solo.notes) > 1 for solo in solos):
        raise CorpusError(
            f"There is nothing to score in {len(solos)} solos: expected at least one of two notes or"
            " more."
        )
    found: list[SoloScores | None] = [None] * len(solos)
    done = 0
    died = ModelError(
        "A process that scored solos died (out of memory?); try again with fewer programs running."
    )
    for index, result in side_by_side(
        score_solo, predictor, solos, size=lambda solo: len(solo.notes), died=died, workers=workers
    ):
        found[index] = result
        done += len(result.rhythm)
        if progress is not None:
            progress(done)
    return Scores(tuple(result for result in found if result is not None))


def compare(
    first: Scores, second: Scores, rng: np.random.Generator, resamples: int = 10_000
) -> Gain:
    """Compare two models note by note on the same solos: a paired bootstrap over solos.

    Solos, not notes, are drawn again, because the notes of one solo are easy or hard together. Raises
    ValueError where the two were not measured on the same solos.
    """
    sizes = [[(solo.id, len(solo.rhythm)) for solo in scores.solos] for scores in (first, second)]
    if sizes[0] != sizes[1]:
        raise ValueError("Two models are compared on the same solos in the same order.")
    gains = np.array(
        [
            float((theirs.costs - ours.costs).sum())
            for ours, theirs in zip(first.solos, second.solos, strict=True)
        ]
    )
    notes = np.array([size for _, size in sizes[0]], np.float64)
    drawn = rng.integers(0, len(gains), (resamples, len(gains)))
    weight = notes[drawn].sum(axis=1)
    means = gains[drawn].sum(axis=1)[weight > 0] / weight[weight > 0]
    low, high = np.percentile(means, [2.5, 97.5])
    return Gain(float(gains.sum() / notes.sum()), float(low), float(high))


def other_meters(solos: Iterable[Transcription]) -> int:
    """How many solos are not in 4/4, the meter of the published figures."""
    return sum(solo.beats_per_bar != 4 for solo in solos)
