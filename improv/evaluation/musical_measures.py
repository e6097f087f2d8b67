"""What can be counted in a solo: chord tones, rests, phrases, intervals, and how these are distributed.

    Transcription ── tally(solo, reference) ──> Tally        a numerator and a denominator for each measure
    Tallies       ── spread.figures ──> one number a measure: sum of numerators / sum of denominators

The figure of a set therefore counts all its notes (bars, phrases, excerpts) equally, so that long solos count
for more, as in the protocol; the figure of one solo is that of the set of one. Steps are twelfths of a beat.
MEASURES is the table; docs/musical-measures.md has the definitions in words and the human numbers.

Two things depend on how much is looked at (range, and entropy or distance of what is counted in a few
notes), so they are taken from *excerpts*: every EXCERPT_NOTES successive notes, without the remainder.
Repetition is looked for in longer stretches (improv.evaluation.repetition).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from improv.evaluation.repetition import (
    REPEATED_NOTES,
    STRETCH_NOTES,
    STUCK_NOTES,
    self_repeats,
    stuck,
)
from improv.features.notes import OUTSIDE, TONE, over_chords
from improv.music.note import STEPS_PER_BEAT
from improv.music.transcription import Transcription, ioi_class
from improv.originality.copying import Copying

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

EXCERPT_NOTES = 64
"""About ten bars, as long as the shortest human solos."""
REST_STEP = STEPS_PER_BEAT
"""The silence that counts as a rest and ends a phrase: a beat. Of the thresholds tried, it (with 0.75 and 0.9
of a beat) agrees best with the phrases that the makers of the Weimar Jazz Database marked: F1 0.85."""
SHORT_REST_STEP = STEPS_PER_BEAT // 2
WIDEST_INTERVAL = 24
"""The widest interval of the histogram; wider ones are counted with it."""


class Measure(NamedTuple):
    """A row of the table: `figure * scale` is printed with `decimals` decimals and the unit."""

    key: str
    label: str
    unit: str
    scale: float = 1.0
    decimals: int = 2


MEASURES: tuple[Measure, ...] = (
    Measure("chord_tones", "chord tones", "%", 100, 1),
    Measure("scale_tones", "scale tones", "%", 100, 1),
    Measure("notes_per_bar", "notes a bar", ""),
    Measure("rests", "time between notes that is silent", "%", 100, 1),
    Measure("rests_eighth", "... in gaps of an eighth or more", "%", 100, 1),
    Measure("bars_with_rest", "bars with a rest of a beat or more", "%", 100, 1),
    Measure("phrase_notes", "phrase length", "notes", 1, 1),
    Measure("phrase_beats", "phrase length", "beats", 1, 1),
    Measure("interval", "mean absolute interval", "semitones"),
    Measure("repeated", "repeated pitches", "%", 100, 1),
    Measure("range_excerpt", f"range of {EXCERPT_NOTES} notes", "semitones", 1, 1),
    Measure("range_solo", "range of a solo", "semitones", 1, 1),
    Measure("bigram_entropy", f"entropy of interval bigrams in {EXCERPT_NOTES} notes", "bits"),
    Measure(
        "self_repeats",
        f"{REPEATED_NOTES}-note windows that stood before in {STRETCH_NOTES} notes",
        "%",
        100,
        2,
    ),
    Measure("stuck", f"{STUCK_NOTES}-note windows of one or two pitches", "%", 100, 2),
    Measure("interval_distance", f"{EXCERPT_NOTES} notes from the human intervals", "bits", 1, 3),
    Measure("ioi_distance", "... from the human times between onsets", "bits", 1, 3),
    Measure("position_distance", "... from the human positions in the bar", "bits", 1, 3),
    Measure("degree_distance", "... from the human degrees against the chord", "bits", 1, 3),
    Measure("copied", "8-note windows that stand in the training corpus", "%", 100, 2),
)
"""In the order of the table."""
INDEX = {measure.key: row for row, measure in enumerate(MEASURES)}

HISTOGRAMS = {
    "interval": 2 * WIDEST_INTERVAL + 1,
    "ioi": 61,
    "position": 12 * STEPS_PER_BEAT,
    "degree": 12,
}
"""Name -> bins: semitones from -24, ioi class of the protocol, steps into the bar, degree 0-11."""


@dataclass(frozen=True)
class Lines:
    """A solo as arrays: `onset`, `duration` (steps) and `pitch`, (notes,); `degree` is -1, and `inside` and
    `tone` are False, where there is no chord."""

    solo: Transcription
    onset: Integers
    duration: Integers
    pitch: Integers
    degree: Integers
    tone: NDArray[np.bool_]
    inside: NDArray[np.bool_]

    @property
    def bar_step(self) -> int:
        """Steps of a bar."""
        return self.solo.beats_per_bar * STEPS_PER_BEAT


@dataclass(frozen=True)
class Tally:
    """What was counted in one solo. `counts` (measures, 2): numerators and denominators, 0/0 if a
    measure does not apply; `histograms` over the whole solo; `bars` from the first to the last onset."""

    id: str
    title: str
    performer: str
    counts: Floats
    histograms: dict[str, Floats]
    notes: int
    bars: float
    low: int
    high: int
    longest_copy: int = 0


def lines_of(solo: Transcription) -> Lines:
    """The arrays of a solo.

    A note before the first chord has no chord. Raises ChartError for an unreadable one.
    """
    notes = solo.notes
    onset = np.array([note.onset_step for note in notes], np.int64)
    duration = np.array([note.duration_step for note in notes], np.int64)
    pitch = np.array([note.pitch for note in notes], np.int64)
    degree, role = over_chords(onset, pitch, solo.chords, repr(solo.id))
    tone, inside = role == TONE, role > OUTSIDE
    return Lines(solo, onset, duration, pitch, degree, tone, inside)


# -- histograms


def histograms_of(lines: Lines, first: int = 0, end: int | None = None) -> dict[str, Floats]:
    """Counts by HISTOGRAMS of the notes from `first` up to but not including `end`."""
    onset, pitch = lines.onset[first:end], lines.pitch[first:end]
    degree = lines.degree[first:end]
    steps = np.clip(np.diff(pitch), -WIDEST_INTERVAL, WIDEST_INTERVAL) + WIDEST_INTERVAL
    found = {
        "interval": steps,
        "ioi": _IOI_CLASSES[np.minimum(np.diff(onset), len(_IOI_CLASSES) - 1)],
        "position": onset % lines.bar_step % HISTOGRAMS["position"],
        "degree": degree[degree >= 0],
    }
    return {
        name: np.bincount(values, minlength=HISTOGRAMS[name]).astype(np.float64)
        for name, values in found.items()
    }


_IOI_CLASSES: Integers = np.array([0, *(ioi_class(steps) for steps in range(1, 400))], np.int64)
"""Classes by steps; the last is for all longer times."""


def divergence(first: Floats, second: Floats) -> float:
    """The Jensen-Shannon divergence of two histograms (bins,) in bits: 0 if alike, 1 if disjoint.

    NaN if one of them is empty. Lin, Divergence measures based on the Shannon entropy (1991).
    """
    if not first.sum() or not second.sum():
        return float("nan")
    p, q = first / first.sum(), second / second.sum()
    return max(0.0, entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2)


def entropy(weights: Floats) -> float:
    """The entropy of a distribution given by its weights, in bits."""
    shares = weights[weights > 0] / weights.sum()
    return float(-(shares * np.log2(shares)).sum())


class Reference:
    """The histograms of human solos, without those over one tune.

    A solo is compared with all others: those over its own tune share its chords, and it may be among them.
    """

    def __init__(self, tallies: Iterable[Tally]) -> None:
        """Add up the histograms of these solos; a solo that occurs twice under one id counts once."""
        self._all = {name: np.zeros(bins) for name, bins in HISTOGRAMS.items()}
        self._by_title: dict[str, dict[str, Floats]] = {}
        for tally in {tally.id: tally for tally in tallies}.values():
            here = self._by_title.setdefault(
                tally.title, {name: np.zeros(bins) for name, bins in HISTOGRAMS.items()}
            )
            for name, counts in tally.histograms.items():
                self._all[name] += counts
                here[name] += counts

    def without(self, title: str) -> dict[str, Floats]:
        """Histograms of all solos except those over the tune of this title."""
        left_out = self._by_title.get(title, {})
        return {
            name: counts - left_out[name] if name in left_out else counts
            for name, counts in self._all.items()
        }


# -- counting


def tally(
    solo: Transcription,
    reference: Reference | None = None,
    copied: Copying | None = None,
) -> Tally:
    """Count everything in one solo; distances only with a `reference`, copies only if `copied` has them."""
    lines = lines_of(solo)
    title = solo.title or solo.id  # which solos without a title share a tune is not known
    found = _count(lines)
    if copied is not None:
        found["copied"] = (copied.copied, copied.windows)
    counts = np.zeros((len(MEASURES), 2))
    for key, pair in found.items():
        counts[INDEX[key]] = pair
    notes = len(lines.onset)
    counted = Tally(
        id=solo.id,
        title=title,
        performer=solo.performer,
        counts=counts,
        histograms=histograms_of(lines),
        notes=notes,
        bars=float(lines.onset[-1] - lines.onset[0]) / lines.bar_step if notes else 0.0,
        low=int(lines.pitch.min()) if notes else 0,
        high=int(lines.pitch.max()) if notes else 0,
        longest_copy=copied.longest if copied else 0,
    )
    return counted if reference is None else with_distances(counted, solo, reference)


def with_distances(counted: Tally, solo: Transcription, reference: Reference) -> Tally:
    """The tally of a solo with how far its excerpts are from the human ones."""
    counts = counted.counts.copy()
    human = reference.without(counted.title)
    for name, pair in _distances(lines_of(solo), human).items():
        counts[INDEX[f"{name}_distance"]] = pair
    return replace(counted, counts=counts)


def excerpts(lines: Lines, notes: int = EXCERPT_NOTES) -> list[tuple[int, int]]:
    """(first, end) of every `notes` successive notes."""
    return [(at, at + notes) for at in range(0, len(lines.onset) - notes + 1, notes)]


def _count(lines: Lines) -> dict[str, tuple[float, float]]:
    """Measure -> numerator and denominator, for measures that need only the solo."""
    notes = len(lines.onset)
    if notes < 2:
        return {}
    span = float(lines.onset[-1] - lines.onset[0])
    ends = np.minimum(lines.onset + lines.duration, np.append(lines.onset[1:], np.inf))
    gaps = np.maximum(lines.onset[1:] - ends[:-1], 0)
    steps = np.abs(np.diff(lines.pitch))
    with_chord = float((lines.degree >= 0).sum())
    phrases = 1.0 + float((gaps >= REST_STEP).sum())
    silence = float(gaps[gaps >= REST_STEP].sum())
    parts = excerpts(lines)
    return {
        "chord_tones": (float(lines.tone.sum()), with_chord),
        "scale_tones": (float(lines.inside.sum()), with_chord),
        "notes_per_bar": (float(notes), span / lines.bar_step),
        "rests": (float(gaps.sum()), span),
        "rests_eighth": (float(gaps[gaps >= SHORT_REST_STEP].sum()), span),
        "bars_with_rest": _bars_with_rest(lines, ends),
        "phrase_notes": (float(notes), phrases),
        "phrase_beats": (
            (float(ends[-1]) - float(lines.onset[0]) - silence) / STEPS_PER_BEAT,
            phrases,
        ),
        "interval": (float(steps.sum()), float(notes - 1)),
        "repeated": (float((steps == 0).sum()), float(notes - 1)),
        "range_excerpt": (
            float(sum(np.ptp(lines.pitch[first:end]) for first, end in parts)),
            float(len(parts)),
        ),
        "range_solo": (float(np.ptp(lines.pitch)), 1.0),
        "bigram_entropy": (
            sum(_bigram_entropy(lines.pitch[first:end]) for first, end in parts),
            float(len(parts)),
        ),
        "self_repeats": self_repeats(lines.pitch, lines.onset),
        "stuck": stuck(lines.pitch),
    }


def _bars_with_rest(lines: Lines, ends: Floats) -> tuple[float, float]:
    """(bars in which nothing sounds for at least a beat, bars), from the first note's bar to the last's.

    A silence over the bar line counts in each bar by the part that lies in it.
    """
    bar = lines.bar_step
    first, last = int(lines.onset[0]) // bar, int(lines.onset[-1]) // bar
    rest = np.zeros(last - first + 1, bool)
    for end, onset in zip(ends[:-1], lines.onset[1:], strict=True):
        if onset - end < REST_STEP:
            continue
        for number in range(int(end) // bar, int(onset) // bar + 1):
            inside = min(onset, (number + 1) * bar) - max(end, number * bar)
            if inside >= REST_STEP:
                rest[number - first] = True
    return float(rest.sum()), float(len(rest))


def _bigram_entropy(pitch: Integers) -> float:
    steps = np.diff(pitch)
    pairs = Counter(zip(steps[:-1].tolist(), steps[1:].tolist(), strict=True))
    return entropy(np.array(list(pairs.values()), np.float64))


def _distances(lines: Lines, human: Mapping[str, Floats]) -> dict[str, tuple[float, float]]:
    """Histogram -> sum over the excerpts of their divergence from the human one, and how many they are."""
    found = {name: [0.0, 0.0] for name in HISTOGRAMS}
    for first, end in excerpts(lines):
        for name, counts in histograms_of(lines, first, end).items():
            distance = divergence(counts, human[name])
            if not np.isnan(distance):
                found[name][0] += distance
                found[name][1] += 1.0
    return {name: (total, count) for name, (total, count) in found.items()}
