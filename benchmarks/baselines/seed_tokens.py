"""The seed's grammar as a listener: its tokens, its dice paid for, on solos it was not made for.

A token `K,D,<U,L>` says of a note its kind (chord tone, scale tone, approach, other), the time until the
next note and a range of seven semitones around the step from the note before. What it leaves open is paid:

    pitch    P = sum over tokens of P(token) / (how many pitches of its kind lie in its range).
             The dice are the ones of the live decoder (improv.course.place).
    rhythm   P(D), given the pitch that sounds, by the same sum. D is a multiple of a quarter or a third of
             a beat up to four beats; an ioi that is none is the nearest D, and P(D) is shared out among
             the ioi classes that it stands for as often as they came in train. Rests are no tokens: the
             time to the next note is all that is said of them.

The stream knows no bar, except that the first note of a bar has no range, as the seed writes it: it is a note
of its kind within a fifth of the last one. A hundredth is kept for what cannot be said, evenly. Tokens seen
fewer than five times in train are said with the nearest one that was seen more often.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from improv.cell.step import LstmCell, State
from improv.course.interval import range_text
from improv.course.pitch import spell
from improv.course.place import ANY_HARMONY, Harmony
from improv.course.token import SeedToken, parse_token
from improv.evaluation.protocol import IOI_CLASSES, PITCHES, Probabilities
from improv.music.chart import Chart
from improv.music.note import STEPS_PER_BEAT, TICKS_PER_STEP
from improv.music.transcription import Transcription, chart_of, ioi_class

KINDS = "CSAX"
LENGTHS = tuple(
    steps
    for steps in range(3, 4 * STEPS_PER_BEAT + 1)
    if steps % (STEPS_PER_BEAT // 4) == 0 or steps % (STEPS_PER_BEAT // 3) == 0
)
"""Steps that D can say."""

FEWEST = 5
UNSAID = 0.01
_FREE_REACH = 7


def nearest_length(steps: int) -> int:
    """The D, in steps, that an ioi is said with; of two the shorter."""
    return min(LENGTHS, key=lambda length: (abs(length - steps), length))


def length_text(steps: int) -> str:
    """D as the seed writes it."""
    return f"{float(Fraction(steps, STEPS_PER_BEAT)):.3f}"


class Talk:
    """Says a solo in seed tokens, note by note; a note's token is known when the next one begins."""

    def __init__(self, solo: Transcription) -> None:
        """Raises ChartError where a chord cannot be read."""
        chart, shift = chart_of(solo)
        self._chart: Chart = chart
        self._shift = shift
        self._bar_steps = solo.beats_per_bar * STEPS_PER_BEAT
        self._harmony = ANY_HARMONY
        self._harmonies: dict[object, Harmony] = {}

    def harmony(self, onset_step: int) -> Harmony:
        """What sounds at a step; where the chart is silent the last chord still rings."""
        chord = self._chart.chord_at((onset_step + self._shift) * TICKS_PER_STEP)
        if chord is not None:
            if chord not in self._harmonies:
                self._harmonies[chord] = Harmony.of_chord(chord)
            self._harmony = self._harmonies[chord]
        return self._harmony

    def is_first_of_bar(self, onset_step: int, before_step: int | None) -> bool:
        """Whether no note came before in this bar."""
        return (
            before_step is None or onset_step // self._bar_steps != before_step // self._bar_steps
        )

    def kind(self, harmony: Harmony, pitch: int) -> str:
        """The kind of a pitch, in its strict sense."""
        return next(kind for kind in KINDS if pitch % 12 in harmony.choices(kind)[0])

    def token(
        self, onset_step: int, pitch: int, before: tuple[int, int] | None, ioi_step: int
    ) -> str:
        """The token of a note; `before` is (onset, pitch) of the note before."""
        kind = self.kind(self.harmony(onset_step), pitch)
        text = f"{kind},{length_text(nearest_length(ioi_step))}"
        if before is None or self.is_first_of_bar(onset_step, before[0]):
            return text
        return f"{text},{range_text(spell(before[1]), spell(pitch))}"


def tokens_of(solo: Transcription) -> list[str]:
    """The tokens of all notes but the last, whose time to the next is not known."""
    talk = Talk(solo)
    said = []
    before: tuple[int, int] | None = None
    for note, after in zip(solo.notes[:-1], solo.notes[1:], strict=True):
        ioi = after.onset_step - note.onset_step
        said.append(talk.token(note.onset_step, note.pitch, before, ioi))
        before = (note.onset_step, note.pitch)
    return said


class SeedVocabulary:
    """The tokens a cell knows, and what else was learned from train."""

    def __init__(self, tokens: Sequence[str], shares: NDArray[np.float64]) -> None:
        """`shares` (lengths, 61): P(ioi class | D)."""
        self.tokens, self.shares = tuple(tokens), shares
        self._read = [parse_token(text) for text in tokens]
        self._ids = {text: at for at, text in enumerate(self.tokens)}

    @classmethod
    def learned(cls, solos: Sequence[Transcription]) -> SeedVocabulary:
        """From train: tokens that came five times, and how iois are shared out."""
        counts = Counter(token for solo in solos for token in tokens_of(solo))
        tokens = tuple(sorted(token for token, count in counts.items() if count >= FEWEST))
        shares = np.zeros((len(LENGTHS), IOI_CLASSES))
        for number, length in enumerate(LENGTHS):
            shares[number, length] = 1.0
        for solo in solos:
            for note, after in zip(solo.notes[:-1], solo.notes[1:], strict=True):
                ioi = after.onset_step - note.onset_step
                shares[LENGTHS.index(nearest_length(ioi)), ioi_class(ioi)] += 1
        return cls(tokens, shares / shares.sum(axis=1, keepdims=True))

    def ids(self, texts: Iterable[str]) -> list[int]:
        """The tokens' numbers; one that is not known is said with the nearest that is."""
        for text in texts:
            if text not in self._ids:
                self._ids[text] = self._nearest(parse_token(text))
        return [self._ids[text] for text in texts]

    def _nearest(self, meant: SeedToken) -> int:
        """The known token nearest in range, kind and length, in this order."""

        def distance(known: SeedToken) -> tuple[bool, int, bool, float]:
            one, other = known.reach, meant.reach
            apart = abs(sum(one) - sum(other)) if one is not None and other is not None else 0
            return (
                (one is None) != (other is None),
                apart,
                known.kind != meant.kind,
                abs(float(known.exact_length - meant.exact_length)),
            )

        return min(range(len(self._read)), key=lambda at: distance(self._read[at]))


class SeedPredictor:
    """A cell over seed tokens as a listener (improv.evaluation.protocol.Predictor)."""

    def __init__(self, cell: LstmCell, vocabulary: SeedVocabulary) -> None:
        self._cell, self._vocabulary = cell, vocabulary
        read = [parse_token(text) for text in vocabulary.tokens]
        self._length = np.array(
            [LENGTHS.index(round(token.exact_length * STEPS_PER_BEAT)) for token in read]
        )
        says = [(token.kind, token.reach and tuple(sorted(token.reach))) for token in read]
        groups = sorted(set(says), key=repr)
        self._group = np.array([groups.index(each) for each in says])
        self._kind = np.array([KINDS.index(kind) for kind, _ in groups])
        # One row a group: which steps from the last pitch, -127 to 127, its range holds.
        steps = np.arange(1 - PITCHES, PITCHES)
        self._window = np.zeros((len(groups), len(steps)), bool)
        for number, (_, reach) in enumerate(groups):
            low, high = (-_FREE_REACH, _FREE_REACH) if reach is None else reach
            self._window[number] = (steps >= low) & (steps <= high)
            if reach is None or low + high != 0:  # dice never repeat a note unless asked to
                self._window[number, PITCHES - 1] = False

    def begin(self, solo: Transcription) -> None:
        """Begin a solo; the cell starts from nothing."""
        self._talk = Talk(solo)
        self._state: State = self._cell.initial_state()
        self._before: tuple[int, int] | None = None
        self._last: tuple[int, int] | None = None
        self._weights = self._step([])

    def _step(self, inputs: list[int]) -> NDArray[np.float64]:
        logits, self._state = self._cell.step(inputs, self._state)
        powers = np.exp(logits.astype(np.float64) - float(logits.max()))
        weights: NDArray[np.float64] = powers / powers.sum()
        return weights

    def heard(self, onset_step: int, pitch: int) -> None:
        """Take the note in; its token is not complete before the next begins."""
        self._before, self._last = self._last, (onset_step, pitch)

    def ended(self, duration_step: int, loudness_db: float | None) -> None:
        """Nothing: the seed's live tokens do not say how long a note sounds."""

    def rhythm(self) -> Probabilities:
        """(61,) P(ioi class), given the pitch that sounds."""
        onset, pitch = self._last or (0, 0)
        weights = self._weights
        if self._before is not None:
            allowed = self._allowed(onset, self._before[1])
            share = allowed[:, pitch] / np.maximum(allowed.sum(axis=1), 1)
            fitting = weights * share[self._group]
            if fitting.sum() > 1e-9:
                weights = fitting / fitting.sum()
        lengths = np.bincount(self._length, weights, minlength=len(LENGTHS))
        answer: Probabilities = lengths @ self._vocabulary.shares
        answer *= (1 - UNSAID) / answer.sum()
        answer[1:] += UNSAID / (IOI_CLASSES - 1)
        return answer

    def pitch(self, onset_step: int) -> Probabilities:
        """(128,) P(pitch), now that the token before is complete."""
        onset, pitch = self._last or (0, 0)
        token = self._talk.token(onset, pitch, self._before, onset_step - onset)
        self._weights = self._step(self._vocabulary.ids([token]))
        groups = np.bincount(self._group, self._weights, minlength=len(self._kind))
        allowed = self._allowed(onset_step, pitch)
        sizes = allowed.sum(axis=1)
        answer: Probabilities = (groups / np.maximum(sizes, 1)) @ allowed
        total = answer.sum()
        if total > 0:
            answer *= (1 - UNSAID) / total
        answer += (1 - answer.sum()) / PITCHES
        return answer

    def _allowed(self, onset_step: int, before: int) -> NDArray[np.bool_]:
        """(groups, 128) which pitches each kind of token allows at a step, after the pitch before."""
        harmony = self._talk.harmony(onset_step)
        classes = np.zeros((len(KINDS), 12), bool)
        for number, kind in enumerate(KINDS):
            classes[number, list(harmony.choices(kind)[0])] = True
        of_kind = np.tile(classes, (1, PITCHES // 12 + 1))[:, :PITCHES]
        window = self._window[:, PITCHES - 1 - before : 2 * PITCHES - 1 - before]
        return of_kind[self._kind] & window
