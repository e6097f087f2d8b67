"""Generate choruses over the charts of human solos, as the daemon would play them without a band.

    solos ── chorus_chart ──> one chorus of each chart ── a voice steps over it ──> Transcriptions

The result is straight and on the grid, before any feel: the form in which human solos are measured too.
Each chart is played several times in one go, so that the state of the cell and what it has heard of
itself carry over from chorus to chorus.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol, TypeVar

from improv.cell.load import Model, load_model
from improv.controls.table import ROWS, Controls
from improv.errors import ChartError, CorpusError, ModelError
from improv.music.chart import Chart
from improv.music.chord import print_chord
from improv.music.note import TICKS_PER_STEP
from improv.music.transcription import Heard, Transcription, chart_of
from improv.processes import side_by_side
from improv.soloist.make import make_voice
from improv.soloist.voice import Step

LONGEST_CHORUS_BARS = 64
LONGEST_ONLY_CHORUS_BARS = 40
"""If a solo has one chorus marked that is longer than this, it may be several that nobody marked."""
USUAL_CHORUS_BARS = 32


class Stepped(Protocol):
    """What a voice must be able to do (improv.soloist.voice.Voice)."""

    @property
    def tick(self) -> int:
        """Where the next token begins."""

    def step(self, controls: Controls, landing: bool = False) -> Step:
        """Play one more token."""


VoiceFactory = Callable[[Chart, tuple[int, ...]], Stepped]
"""(chart, seed) -> a voice at the top of the chart. It is sent to other processes, so it can be pickled."""


@dataclass(frozen=True)
class ModelVoices:
    """Voices of the model in a folder; `options` are arguments of `make_voice` by name, such as `player`."""

    folder: Path
    options: tuple[tuple[str, Any], ...] = ()

    def __call__(self, chart: Chart, seed: tuple[int, ...]) -> Stepped:
        """A voice at the top of `chart`. Raises ModelError if the model cannot be loaded."""
        return make_voice(_model(self.folder), chart, seed, **dict(self.options))


@lru_cache(maxsize=2)
def _model(folder: Path) -> Model:
    return load_model(folder)


def voices_and_controls(
    folder: Path, settings: Mapping[str, Any], controls: Controls | None = None
) -> tuple[ModelVoices, Controls]:
    """Divide settings by name into those of the table of controls and the arguments of `make_voice`.

    Raises ValueError, in one sentence, for a control out of its range.
    """
    turned = {name: value for name, value in settings.items() if name in ROWS}
    told = tuple((name, value) for name, value in settings.items() if name not in ROWS)
    return ModelVoices(Path(folder), told), (controls or Controls()).with_values(**turned)


@dataclass(frozen=True)
class ChorusChart:
    """One chorus of the chart that a solo was played over, and the step of the solo at which it begins."""

    chart: Chart
    start_step: int


def chorus_chart(solo: Transcription) -> ChorusChart:
    """One chorus of a solo's chart: its first of the most usual length, as its sections say.

    If there is only one, it reaches to the end. If a chorus is longer than choruses usually are, its first
    USUAL_CHORUS_BARS bars are taken. Raises ChartError for an unreadable chord.
    """
    chart, shift = chart_of(solo)
    ends = [*(chart.bar_of(top) for top in chart.tops), chart.bars]
    spans = list(pairwise(ends))
    whole = spans[:-1] or spans  # the last may be cut short, or have an ending
    (length, _), *_ = Counter(end - first for first, end in whole).most_common(1)
    first = next(first for first, end in whole if end - first == length)
    if length > (LONGEST_CHORUS_BARS if len(spans) > 1 else LONGEST_ONLY_CHORUS_BARS):
        length = USUAL_CHORUS_BARS
    part = chart.part(first, first + length)
    return ChorusChart(part, chart.bar_tick(first) // TICKS_PER_STEP - shift)


def over_chorus(solo: Transcription, chorus: ChorusChart) -> Transcription:
    """What the human played over that chorus, counted from step 0."""
    start = chorus.start_step
    end = start + chorus.chart.length_tick // TICKS_PER_STEP
    return replace(
        solo,
        chords=_symbols(chorus.chart),
        sections=((0, "", 1),),
        notes=tuple(
            replace(note, onset_step=note.onset_step - start)
            for note in solo.notes
            if start <= note.onset_step < end
        ),
    )


Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Job:
    """One chart (unrolled) to play through; `solo` is what its human played."""

    voices: VoiceFactory
    solo: Transcription
    chart: Chart
    choruses: int
    seed: tuple[int, ...]
    controls: Controls


def generate(
    voices: VoiceFactory,
    solos: Sequence[Transcription],
    *,
    choruses: int = 100,
    seed: int = 0,
    controls: Controls | None = None,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[Transcription]:
    """Play over the chart of each solo at its tempo: one Transcription per solo, at least `choruses` in all.

    All charts are played equally often, each in one go. The same arguments give the same notes, whatever
    the number of `workers` (None: one per core; 1: this process). `progress` is called with the number of
    choruses done so far. Solos whose chords cannot be read are left out. Raises CorpusError if none is
    left, ModelError.
    """
    jobs = jobs_of(voices, solos, choruses=choruses, seed=seed, controls=controls)
    found: dict[int, Transcription] = {}
    for number, played in done(jobs, _as_it_is, workers=workers):
        found[number] = played
        if progress is not None:
            progress(len(found) * jobs[0].choruses)
    return [found[number] for number in range(len(jobs))]


def jobs_of(
    voices: VoiceFactory,
    solos: Sequence[Transcription],
    *,
    choruses: int,
    seed: int,
    controls: Controls | None = None,
) -> list[Job]:
    """What `generate` has to play, one job per chart. Raises CorpusError if no solo has readable chords."""
    charts = readable_charts(solos)
    if not charts:
        raise CorpusError(
            f"There is nothing to play over in {len(solos)} solos: expected one or more with chords"
            " that can be read."
        )
    times = max(1, -(-choruses // len(charts)))
    return [
        Job(
            voices,
            solo,
            chorus.chart.unrolled(times),
            times,
            (seed, number),
            replace(controls or Controls(), tempo_bpm=chorus.chart.tempo_bpm),
        )
        for number, (solo, chorus) in enumerate(charts)
    ]


def done(
    jobs: Sequence[Job],
    ask: Callable[[Transcription], Answer],
    *,
    workers: int | None = None,
) -> Iterator[tuple[int, Answer]]:
    """Play every job; gives (its number, what `ask` returns for what was played), in the order of completion.

    `ask` is called in the process that plays, so that many notes need not be sent or queued to be counted.
    `workers` as in `generate`. Raises ModelError.
    """
    died = ModelError(
        "A process that generated choruses died (out of memory?); close other programs and try again."
    )
    yield from side_by_side(
        _play_and_ask,
        ask,
        jobs,
        size=lambda job: job.chart.length_tick,
        died=died,
        workers=workers,
    )


def _play_and_ask(ask: Callable[[Transcription], Answer], job: Job) -> Answer:
    return ask(play(job))


def _as_it_is(played: Transcription) -> Transcription:
    return played


def readable_charts(
    solos: Sequence[Transcription],
) -> list[tuple[Transcription, ChorusChart]]:
    """Each solo with a chorus of its chart, without those whose chords cannot be read."""
    charts = []
    for solo in solos:
        try:
            charts.append((solo, chorus_chart(solo)))
        except ChartError:
            continue
    return charts


def play(job: Job) -> Transcription:
    """Step one voice through a chart. Raises ModelError if it does not move on."""
    voice = job.voices(job.chart, job.seed)
    end_tick = job.chart.length_tick
    notes: list[Heard] = []
    # No token is shorter than a step, except one that begins a line.
    for _ in range(end_tick // TICKS_PER_STEP + 2):
        if voice.tick >= end_tick:
            break
        note = voice.step(job.controls).note
        if note is None or note.onset_tick >= end_tick:
            continue
        onset = round(note.onset_tick / TICKS_PER_STEP)
        if notes and onset <= notes[-1].onset_step:
            continue
        sounding = max(1, round((note.end_tick - note.onset_tick) / TICKS_PER_STEP))
        notes.append(Heard(onset, sounding, note.pitch))
    else:
        raise ModelError(
            f"The model does not move on over {job.chart.title!r}: expected every token to last."
        )
    length = end_tick // TICKS_PER_STEP // job.choruses
    return replace(
        job.solo,
        id=f"{job.solo.id}, played anew",
        performer="",
        instrument="",
        chords=_symbols(job.chart),
        sections=tuple((turn * length, "", turn + 1) for turn in range(job.choruses)),
        notes=tuple(notes),
    )


def _symbols(chart: Chart) -> tuple[tuple[int, str], ...]:
    return tuple((tick // TICKS_PER_STEP, print_chord(chord)) for tick, chord in chart.changes)
