"""A transcription: a solo as the corpora hold it, on a grid of twelve steps a beat, with its chords.

This is the form in which solos are kept in files (one JSON object per line, `improv.corpus.events`), learned
from and measured on.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log2

from improv.music.chart import Chart
from improv.music.chord import Chord, parse_chord_or_nc
from improv.music.meter import Meter
from improv.music.note import STEPS_PER_BEAT, TICKS_PER_STEP
from improv.music.spelling import read_key

EXACT_IOI_STEPS, LAST_IOI_CLASS = 4 * STEPS_PER_BEAT, 60


def ioi_class(steps: int) -> int:
    """The class 1..60 of a time between onsets in steps (at least 1).

    1..48 (four beats) stand for themselves; above, min(48 + ceil(4 log2(steps / 48)), 60): four classes per
    octave, the last open. Soloists are measured in these classes (docs/evaluation.md). Raises
    ValueError below 1.
    """
    if steps < 1:
        raise ValueError(f"An ioi of {steps} steps has no class: expected at least 1.")
    if steps <= EXACT_IOI_STEPS:
        return int(steps)
    return min(EXACT_IOI_STEPS + ceil(4 * log2(steps / EXACT_IOI_STEPS)), LAST_IOI_CLASS)


@dataclass(frozen=True, slots=True)
class Heard:
    """One transcribed note. Steps count from the first bar line that is annotated (earlier: below 0)."""

    onset_step: int
    duration_step: int
    """At least 1; it may reach beyond the next note's onset, because the grid rounds."""
    pitch: int
    loudness_db: float | None = None
    """On no absolute scale: compare it only within one solo."""


@dataclass(frozen=True)
class Transcription:
    """A monophonic solo with what is known about it; texts are empty where something is not known."""

    id: str
    title: str
    performer: str
    instrument: str
    style: str
    rhythmfeel: str
    tempo_bpm: float
    key: str
    """As the Weimar database spells it, "Bb-maj"."""
    beats_per_bar: int
    """Quarter notes in a bar."""
    chords: tuple[tuple[int, str], ...]
    """(step, symbol), as written; "NC": no chord. Known in advance for the whole solo."""
    sections: tuple[tuple[int, str, int], ...]
    """(step, label, chorus), where labels are known."""
    notes: tuple[Heard, ...]
    """By onset, each strictly later than the one before."""


def chart_of(transcription: Transcription) -> tuple[Chart, int]:
    """The chart that a transcription was played over, with all its choruses, and where step 0 lies on it.

    (chart, shift): step s of the transcription is step s + shift of the chart, at
    (s + shift) * TICKS_PER_STEP ticks. `shift` is a whole number of bars, 0 unless the music begins before
    step 0. Raises ChartError if a chord cannot be read.
    """
    meter = Meter(transcription.beats_per_bar, 4)
    bar_steps = transcription.beats_per_bar * STEPS_PER_BEAT
    notes, chords, sections = transcription.notes, transcription.chords, transcription.sections
    starts = [0, *(n.onset_step for n in notes[:1])]
    starts += [step for step, _ in chords[:1]]
    starts += [step for step, _, _ in sections[:1]]
    shift = -(min(starts) // bar_steps) * bar_steps
    ends = [1, *(n.onset_step + n.duration_step for n in notes[-1:])]
    ends += [step + STEPS_PER_BEAT for step, _ in chords[-1:]]
    ends += [step + STEPS_PER_BEAT for step, _, _ in sections[-1:]]
    bars = -(-(max(ends) + shift) // bar_steps)
    changes: list[tuple[int, Chord | None]] = []
    for step, symbol in chords:
        where = f"chord at step {step} of {transcription.id!r}"
        chord = parse_chord_or_nc(symbol, where) if symbol.strip() else None
        if changes and (changes[-1][1] == chord or changes[-1][0] == step + shift):
            continue
        changes.append((step + shift, chord))
    if not changes or changes[0][0] > 0:
        changes.insert(0, (0, None))
    labels: list[tuple[int, str]] = []
    tops: list[int] = []
    before: tuple[str, int] | None = None
    for step, label, chorus in sections:
        if (label, chorus) != before:
            labels.append(((step + shift) * TICKS_PER_STEP, label))
        if chorus > 0 and (before is None or before[1] != chorus):
            top = (step + shift) // bar_steps * bar_steps * TICKS_PER_STEP
            if not tops or top > tops[-1]:
                tops.append(top)
        before = (label, chorus)
    return (
        Chart(
            title=transcription.title,
            meter=meter,
            tempo_bpm=transcription.tempo_bpm,
            changes=tuple((step * TICKS_PER_STEP, chord) for step, chord in changes),
            length_tick=bars * bar_steps * TICKS_PER_STEP,
            key=_key_name(transcription.key),
            sections=tuple(labels),
            tops=tuple(tops) or (0,),
        ),
        shift,
    )


def _key_name(text: str) -> str:
    """ "Bb-maj" as charts write it, "Bb"; "D-dor" becomes "D dorian"; what is not a key becomes ""."""
    tonic, _, mode = text.partition("-")
    names = {"maj": "", "min": "m", "dor": " dorian", "mix": " mixolydian", "": ""}
    name = tonic + names.get(mode, "")
    return name if mode in names and read_key(name) else ""
