"""Generate choruses over the charts of human solos, through the very same code as `generate` and live.

    solos ── chorus_chart ──> one chorus of each chart ── an ensemble plays it ──> Transcriptions

The charts are the tunes of one set: what is measured of the first is, note for note, what `generate` writes
of it with the same seed and dials. Count-in, intro and ending are left out of what is measured, and so are
band and feel: the soloist's notes are taken as written, straight and on the grid, the form in which human
solos are measured too. Each chart is played several times in one go, so that the state of the cell and what
it has heard of itself carry over from chorus to chorus.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from improv.cell.load import Model, load_model
from improv.config import Config, SoloistConfig, Tune
from improv.controls.table import ROWS, Controls
from improv.errors import ChartError, CorpusError, ModelError
from improv.music.chart import Chart
from improv.music.chord import print_chord
from improv.music.note import TICKS_PER_STEP, Note
from improv.music.transcription import Heard, Transcription, chart_of
from improv.performance.arrangement import arrange
from improv.performance.assemble import make_ensemble, make_performance
from improv.performance.ensemble import Ensemble
from improv.performance.form import DEFAULT_BAND, Form, band_of
from improv.performance.performance import Performance
from improv.processes import in_order, side_by_side
from improv.soloist.line_voice import Sampling

LONGEST_CHORUS_BARS = 64
LONGEST_ONLY_CHORUS_BARS = 40
"""If a solo has one chorus marked that is longer than this, it may be several that nobody marked."""
USUAL_CHORUS_BARS = 32


EnsembleFactory = Callable[[Config, Tune, Performance], Ensemble]
"""Who plays a tune. It is sent to other processes, so it can be pickled."""


@dataclass(frozen=True)
class ModelPlayers:
    """The soloist with the model in a folder, and the band; `sampling` replaces settings of the model."""

    folder: Path
    sampling: tuple[tuple[str, float], ...] = ()

    def __call__(self, config: Config, tune: Tune, performance: Performance) -> Ensemble:
        """Everybody who plays it. Raises ModelError if the model cannot be loaded."""
        return make_ensemble(config, tune, performance, _model(self.folder, self.sampling))


@lru_cache(maxsize=2)
def _model(folder: Path, sampling: tuple[tuple[str, float], ...]) -> Model:
    model = load_model(folder)
    if not sampling:
        return model
    own = model.card.extra.get("sampling")
    drawn = {**(own if isinstance(own, dict) else {}), **dict(sampling)}
    card = replace(model.card, extra={**model.card.extra, "sampling": drawn})
    return replace(model, card=card)


@dataclass(frozen=True)
class Playing:
    """How a set is played: who plays, the form of every tune, and a Config without tunes."""

    players: EnsembleFactory
    form: Form
    config: Config

    def of_choruses(self, choruses: int, seed: int) -> Playing:
        """The same, so many times through each chart."""
        return replace(
            self,
            form=replace(self.form, choruses=choruses),
            config=replace(self.config, seed=seed),
        )


def playing(folder: Path, settings: Mapping[str, Any] | None = None) -> Playing:
    """How `generate` plays the model in a folder, but for `settings`.

    These are, by name, controls, fields of `SoloistConfig` such as "player", "arc", or settings of the
    model's own `Sampling`. Raises ValueError, in one sentence, for a control out of its range or a setting
    that there is not.
    """
    rest = dict(settings or {})
    controls = {name: rest.pop(name) for name in ROWS if name in rest}
    Controls().with_values(**controls)
    soloist = {
        each.name: rest.pop(each.name) for each in fields(SoloistConfig) if each.name in rest
    }
    form = Form(choruses=1, controls=controls, **{n: rest.pop(n) for n in ("arc",) if n in rest})
    Sampling().with_values(rest)
    config = Config((), soloists=(SoloistConfig(**soloist),), band=band_of(DEFAULT_BAND, 1))
    return Playing(ModelPlayers(Path(folder), tuple(rest.items())), form, config)


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
    """One chart to play through, a tune of the set; `solo` is what its human played."""

    playing: Playing
    solo: Transcription
    chart: Chart
    number: int
    """Of the tune in the set, from 0."""

    @property
    def choruses(self) -> int:
        """How many times through the chart."""
        return self.playing.form.choruses


def generate(
    how: Playing,
    solos: Sequence[Transcription],
    *,
    choruses: int = 100,
    seed: int = 0,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[Transcription]:
    """Play over the chart of each solo at its tempo: one Transcription per solo, at least `choruses` in all.

    All charts are played equally often, each in one go. The same arguments give the same notes, whatever
    the number of `workers` (None: one per core; 1: this process). `progress` is called with the number of
    choruses done so far. Solos whose chords cannot be read are left out. Raises CorpusError if none is
    left, ModelError.
    """
    jobs = jobs_of(how, solos, choruses=choruses, seed=seed)
    told = progress or (lambda choruses: None)
    return in_order(
        done(jobs, as_it_is, workers=workers), lambda charts: told(charts * jobs[0].choruses)
    )


def jobs_of(how: Playing, solos: Sequence[Transcription], *, choruses: int, seed: int) -> list[Job]:
    """What `generate` has to play, one job per chart. Raises CorpusError if no solo has readable chords."""
    charts = readable_charts(solos)
    if not charts:
        raise CorpusError(
            f"There is nothing to play over in {len(solos)} solos: expected one or more with chords"
            " that can be read."
        )
    each = how.of_choruses(max(1, -(-choruses // len(charts))), seed)
    return [Job(each, solo, chorus.chart, number) for number, (solo, chorus) in enumerate(charts)]


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
        size=lambda job: job.chart.length_tick * job.choruses,
        died=died,
        workers=workers,
    )


def _play_and_ask(ask: Callable[[Transcription], Answer], job: Job) -> Answer:
    return ask(play(job))


def as_it_is(played: Transcription) -> Transcription:
    """What to ask of `done` for the notes themselves."""
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
    """What the soloist plays in the choruses. Raises ModelError if it does not move on."""
    tune = job.playing.form.tune(job.chart)
    arrangement = arrange(tune.chart, tune.plan)
    performance = make_performance(tune, arrangement, number=job.number)
    ensemble = job.playing.players(job.playing.config, tune, performance)
    start_tick, length_tick = arrangement.solo_tick, job.chart.length_tick
    end_tick = start_tick + job.choruses * length_tick
    notes: list[Heard] = []
    for note in _written(ensemble, arrangement.chart):
        if not start_tick <= note.onset_tick < end_tick:
            continue
        onset = round((note.onset_tick - start_tick) / TICKS_PER_STEP)
        if notes and onset <= notes[-1].onset_step:
            continue
        sounding = max(1, round(note.duration_tick / TICKS_PER_STEP))
        notes.append(Heard(onset, sounding, note.pitch))
    whole = arrangement.chart.part(
        arrangement.chart.bar_of(start_tick), arrangement.chart.bar_of(end_tick)
    )
    return replace(
        job.solo,
        id=f"{job.solo.id}, played anew",
        performer="",
        instrument="",
        chords=_symbols(whole),
        sections=tuple(
            (turn * length_tick // TICKS_PER_STEP, "", turn + 1) for turn in range(job.choruses)
        ),
        notes=tuple(notes),
    )


def _written(ensemble: Ensemble, chart: Chart) -> list[Note]:
    """The soloist's notes as on paper, to the end of all."""
    notes: list[Note] = []
    # No token is shorter than a step, except one that begins a line; the band goes by bars.
    for _ in range(chart.length_tick // TICKS_PER_STEP + chart.bars + 2):
        if ensemble.next_tick() is None:
            return sorted(notes, key=lambda note: note.onset_tick)
        notes += [each.written for each in ensemble.step() if each.written is not None]
    raise ModelError(
        f"The model makes no progress over {chart.title!r}: expected every token to take time."
    )


def _symbols(chart: Chart) -> tuple[tuple[int, str], ...]:
    return tuple((tick // TICKS_PER_STEP, print_chord(chord)) for tick, chord in chart.changes)
