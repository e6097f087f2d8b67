"""A blind test: excerpts of lines by people and by a machine, played alike, for somebody to tell apart.

    solos ──> a line by its human, or what the machine plays over the same chart ──> eight bars of it
          ──> one soloist, one feel, one band ──> Excerpt      answers ──> Score

Nothing but the line is to tell: charts are drawn alike for both, and the written notes of both are played by
the same instruments with the same feel, loudness and band. Articulation on the grid of transcriptions has
ways of its own, so a note that stops less than a beat before the next is led up to it in both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import comb, sqrt
from typing import Any, cast

import numpy as np

from improv.band.count_in import count_in
from improv.band.roster import make_musician
from improv.config import Plan, Tune
from improv.controls.table import Controls
from improv.errors import CorpusError
from improv.evaluation.choruses import Job, ModelPlayers, Playing, as_it_is, done, readable_charts
from improv.feel.model import load_feel
from improv.feel.play import Feeling
from improv.music.chart import Chart
from improv.music.feel import DEFAULT_FEEL, FEELS
from improv.music.note import STEPS_PER_BEAT, TICKS_PER_STEP, Note
from improv.music.take import Take
from improv.music.transcription import Transcription, chart_of
from improv.performance.arrangement import arrange, with_rest
from improv.performance.assemble import lineup_of, make_performance
from improv.performance.ensemble import Ensemble
from improv.performance.performance import Performance
from improv.performance.played import PlayedNote
from improv.performance.takes import Lineup, take_of
from improv.processes import in_order
from improv.soloist.soloist import Soloist
from improv.soloist.voice import Step

BARS = 8
FEWEST_NOTES = 8
_VELOCITY = 78
_FEWEST_BARS = 24
"""So many the machine plays, in whole choruses, for eight of them to be taken."""
_Z = 1.96


class WrittenLine:
    """A voice that plays a line that is known."""

    def __init__(self, notes: Sequence[Note], end_tick: int, start_tick: int = 0) -> None:
        """`notes` by onset; it ends at `end_tick`."""
        self._notes, self._end_tick, self.tick = list(notes)[::-1], end_tick, start_tick

    def step(self, controls: Controls, landing: bool = False) -> Step:
        """The next note, or the silence before it."""
        tick, note = self.tick, None
        if self._notes and self._notes[-1].onset_tick == tick:
            note = self._notes.pop()
        self.tick = self._notes[-1].onset_tick if self._notes else self._end_tick
        return Step(cast(Any, ""), tick, self.tick, note)

    def set_tempo(self, bpm: float) -> None:
        """It does not mind."""

    def reseed(self, seed: Sequence[int]) -> None:
        """There is nothing to draw."""


@dataclass(frozen=True)
class Excerpt:
    """Eight bars to be judged, and what is told afterwards: who played them, and over which tune."""

    is_person: bool
    who: str
    title: str
    performance: Performance
    notes: tuple[PlayedNote, ...]
    lineup: Lineup

    @property
    def take(self) -> Take:
        """For files; it says nothing of whose it is."""
        return take_of(self.performance, self.notes, self.lineup)


def excerpts(
    how: Playing,
    solos: Sequence[Transcription],
    count: int,
    *,
    seed: int = 0,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[Excerpt]:
    """So many excerpts, one half (of an odd number the smaller) by people, in an order drawn from the seed.

    Tunes come again only where there are fewer than `count`. `workers` as in `generate`; `progress` is called
    with the number of charts that the machine has played over. Raises CorpusError where no solo has eight
    notes in eight bars over chords that can be read, ModelError.
    """
    rng = np.random.default_rng(seed)
    charts = [row for row in readable_charts(solos) if _places(row[0])]
    if not charts:
        raise CorpusError(
            f"There is nothing to listen to in {len(solos)} solos: expected one or more with"
            f" {FEWEST_NOTES} notes in {BARS} bars, over chords that can be read."
        )
    order = rng.permutation(len(charts)).tolist()
    seen: Counter[str] = Counter()
    turn: dict[int, int] = {}
    for at in order:  # each tune once before one comes again
        name = charts[at][0].title or charts[at][0].id
        turn[at] = seen[name]
        seen[name] += 1
    order.sort(key=turn.__getitem__)
    chosen = [order[number % len(order)] for number in range(count)]
    people = rng.permutation(np.arange(count) < count // 2).tolist()
    jobs = []
    for number, (at, is_person) in enumerate(zip(chosen, people, strict=True)):
        solo, chorus = charts[at]
        if not is_person:
            choruses = -(-_FEWEST_BARS // chorus.chart.bars)
            jobs.append(Job(how.of_choruses(choruses, seed), solo, chorus.chart, number))
    lines = in_order(done(jobs, as_it_is, workers=workers), progress)
    played = {job.number: line for job, line in zip(jobs, lines, strict=True)}
    found = []
    for number, at in enumerate(chosen):
        human = charts[at][0]
        line = played.get(number, human)
        places = _places(line) or [0]
        bar = places[int(rng.integers(len(places)))]
        found.append(_excerpt(how, line, human, bar, (seed, number)))
    return found


def _places(line: Transcription) -> list[int]:
    """The bars of its chart at which an excerpt may begin."""
    chart, shift = chart_of(line)
    if not line.notes:
        return []
    onsets = np.array([(note.onset_step + shift) * TICKS_PER_STEP for note in line.notes])
    first, last = chart.bar_of(int(onsets[0])), chart.bar_of(int(onsets[-1]))
    found = []
    for bar in range(first, max(first, last + 1 - BARS) + 1, BARS):
        start, end = chart.bar_tick(bar), chart.bar_tick(bar + BARS)
        if bar + BARS <= chart.bars and ((onsets >= start) & (onsets < end)).sum() >= FEWEST_NOTES:
            found.append(bar)
    return found


def _notes(line: Transcription, shift: int, start_tick: int, end_tick: int) -> list[Note]:
    """The written notes between two ticks, counted from the first, none longer than to the next."""
    notes = []
    ends = [note.onset_step for note in line.notes[1:]] + [10**9]
    for note, following in zip(line.notes, ends, strict=True):
        tick = (note.onset_step + shift) * TICKS_PER_STEP
        if start_tick <= tick < end_tick:
            steps = following - note.onset_step
            if steps - note.duration_step >= STEPS_PER_BEAT:
                steps = note.duration_step
            length = min(steps * TICKS_PER_STEP, end_tick - tick)
            notes.append(Note(tick - start_tick, length, note.pitch, _VELOCITY))
    return notes


def _excerpt(
    how: Playing, line: Transcription, human: Transcription, bar: int, seed: tuple[int, int]
) -> Excerpt:
    chart, shift = chart_of(line)
    feels = [name for name, feel in FEELS.items() if feel.rhythmfeel == human.rhythmfeel]
    part = replace(_untitled(chart.part(bar, bar + BARS)), feel=feels[0] if feels else DEFAULT_FEEL)
    notes = _notes(line, shift, chart.bar_tick(bar), chart.bar_tick(bar + BARS))
    tune = Tune(part, Plan(choruses=1, count_in_bars=1))
    arrangement = with_rest(arrange(part, tune.plan))
    performance = make_performance(tune, arrangement)
    start_tick = arrangement.solo_tick
    moved = [replace(note, onset_tick=note.onset_tick + start_tick) for note in notes]
    config = how.config
    (soloist,) = config.soloists[:1]
    feel = load_feel(how.players.folder) if isinstance(how.players, ModelPlayers) else None
    ensemble = Ensemble(
        arrangement,
        [
            Soloist(
                replace(soloist, player="", style="", controls={}),
                WrittenLine(moved, arrangement.chart.length_tick, start_tick),
                arrangement.chart,
                feeling=None if feel is None else Feeling(feel, np.random.default_rng(seed)),
            )
        ],
        performance.controls,
        band=[(make_musician(each.instrument), each.channel) for each in config.band],
        count_in=count_in(part.meter, 1),
        drum_channel=config.drum_channel,
        seed=seed,
    )
    played = ensemble.advance(arrangement.chart.length_tick)
    is_person = line is human
    return Excerpt(
        is_person,
        human.performer or "a person" if is_person else "the machine",
        human.title or human.id,
        performance,
        tuple(played),
        lineup_of(config),
    )


def _untitled(chart: Chart) -> Chart:
    """The bars and chords alone: of people's charts more is known than of those that the machine played."""
    return replace(chart, title="", composer="", remarks=(), sections=(), tops=(0,))


@dataclass(frozen=True)
class Score:
    """What somebody took each excerpt for (None: not answered), beside what it was."""

    truths: tuple[bool, ...]
    answers: tuple[bool | None, ...]

    @property
    def asked(self) -> int:
        """How many were answered."""
        return sum(answer is not None for answer in self.answers)

    @property
    def right(self) -> int:
        """How many of those rightly."""
        return sum(a == truth for a, truth in zip(self.answers, self.truths, strict=True))

    def taken_for_people(self, *, people: bool) -> tuple[int, int]:
        """(how many were taken for people's, of how many answered) of those by people, or by the machine."""
        given = [
            answer
            for answer, truth in zip(self.answers, self.truths, strict=True)
            if truth == people and answer is not None
        ]
        return sum(map(bool, given)), len(given)

    def as_json(self) -> dict[str, Any]:
        """Counts, the share of right answers and its interval."""
        low, high = interval(self.right, self.asked)
        return {
            "asked": self.asked,
            "right": self.right,
            "share": self.right / self.asked if self.asked else None,
            "interval": [low, high],
            "better_than_guessing_from": surprising(self.asked),
            "people_taken_for_people": list(self.taken_for_people(people=True)),
            "machine_taken_for_people": list(self.taken_for_people(people=False)),
        }

    def text(self) -> str:
        """The same in sentences."""
        if not self.asked:
            return "Nothing was answered."
        low, high = interval(self.right, self.asked)
        said = (
            f"{self.right} of {self.asked} right: {self.right / self.asked:.0%} (95 %: {low:.0%}-{high:.0%})."
            f" Who guesses gets {self.asked / 2:g}"
        )
        least = surprising(self.asked)
        said += (
            f", and {least} or more only once in twenty tests."
            if least
            else " on average; more are needed to tell more."
        )
        for people, whose in ((True, "by people"), (False, "by the machine")):
            taken, of = self.taken_for_people(people=people)
            if of:
                said += f" Of {of} {whose} you took {taken} for people's."
        return said


def interval(right: int, asked: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927); (0, 1) where nothing was asked."""
    if not asked:
        return 0.0, 1.0
    share, spread = right / asked, _Z * _Z / asked
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * sqrt(share * (1 - share) / asked + spread / (4 * asked)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def surprising(asked: int) -> int | None:
    """The number of right answers that who guesses reaches once in twenty tests at most; None: none is."""
    tail, found = 0, None
    for right in range(asked, -1, -1):
        tail += comb(asked, right)
        if tail * 20 > 2**asked:
            break
        found = right
    return found
