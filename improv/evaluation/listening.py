"""How well a soloist hears: replies to what people played, beside replies to somebody else's call.

    solos ── calls_of ──> Call: four bars of a solo ── reply(call) ──> four bars over the next of its chart
                                                   ── reply(another's call) ──> the *ghost*

What chance and the chart alone bring about is in the ghost as well: a reply over the same four bars, made to
what another player played. So figures are those of replies, less those of ghosts where that is said.

Pick-up: call and reply share a run of three intervals with the same rhythm, in four classes of steps. It is
measured among people too: between a player's four bars and the next four, and others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from improv.cell.load import load_model
from improv.config import Config
from improv.errors import CorpusError, ModelError
from improv.evaluation.line_predictor import LinePredictor, line_predictor
from improv.evaluation.protocol import score_solo
from improv.evaluation.table import lines_of
from improv.features.notes import OUTSIDE, TONE, over_chords
from improv.feel.loudness import MEAN_VELOCITY, as_velocity, decibels_of, louder
from improv.music.note import STEPS_PER_BEAT, TICKS_PER_STEP
from improv.music.transcription import Heard, Transcription, chart_of
from improv.partner.heard import HeardNote
from improv.partner.phrase_end import PAUSE_STEPS, end_steps
from improv.performance.arrangement import arrange
from improv.performance.assemble import make_ensemble, make_performance
from improv.performance.form import Form
from improv.processes import in_order, side_by_side

TRADED_BARS = 4
FEWEST_NOTES = 8
"""Of a window that counts as a call."""
RUN = 3
RHYTHM_STEPS = (4, 8, 14)
"""Upper ends of the classes of the time between onsets in which rhythms are compared."""
WRONG_SHARE = 0.2
SLIP_MS = 60.0
Notes = tuple[Heard, ...]


@dataclass(frozen=True)
class Call:
    """Four bars of a solo, from `bar` of its chart on; `ghost` is another player's, moved to these bars."""

    solo: Transcription
    bar: int
    notes: Notes
    ghost: Notes
    after: Notes
    """What the same player played in the next four bars."""
    before: Notes
    """What it played in its last turn, had it traded: from eight bars before on."""
    number: int


# -- what call and reply have in common


def moves_of(notes: Sequence[Heard]) -> list[tuple[int, int]]:
    """(interval, class of the time between onsets) from each note to the next."""
    return [
        (
            after.pitch - note.pitch,
            sum(after.onset_step - note.onset_step > steps for steps in RHYTHM_STEPS),
        )
        for note, after in pairwise(notes)
    ]


def runs_of(notes: Sequence[Heard]) -> set[tuple[tuple[int, int], ...]]:
    """All runs of RUN moves."""
    moves = moves_of(notes)
    return {tuple(moves[at : at + RUN]) for at in range(len(moves) - RUN + 1)}


def is_picked_up(call: Sequence[Heard], reply: Sequence[Heard]) -> bool:
    """Whether something of the call is in the reply."""
    return not runs_of(call).isdisjoint(runs_of(reply))


def is_copied_whole(call: Sequence[Heard], reply: Sequence[Heard]) -> bool:
    """Whether the whole call is in the reply, moved or not."""
    whole, moves = moves_of(call), moves_of(reply)
    return any(moves[at : at + len(whole)] == whole for at in range(len(moves) - len(whole) + 1))


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float:
    """Spearman's; equal values share their mean rank. NaN where one of them does not vary."""
    ranks = []
    for values in (first, second):
        _, at, count = np.unique(values, return_inverse=True, return_counts=True)
        ranks.append((np.cumsum(count) - (count - 1) / 2)[at])
    if any(np.ptp(each) == 0 for each in ranks):
        return float("nan")
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


# -- the calls


def windows_of(solo: Transcription) -> dict[int, Notes]:
    """The notes of every four bars of its chart, by the first bar; steps are those of the chart, and
    loudness is that against the solo's mean."""
    _, shift = chart_of(solo)
    length = TRADED_BARS * solo.beats_per_bar * STEPS_PER_BEAT
    found: dict[int, list[Heard]] = {}
    said = [note.loudness_db for note in solo.notes if note.loudness_db is not None]
    mean_db = sum(said) / max(1, len(said))
    for note in solo.notes:
        step, db = note.onset_step + shift, note.loudness_db
        here = replace(note, onset_step=step, loudness_db=0.0 if db is None else db - mean_db)
        found.setdefault(step // length * TRADED_BARS, []).append(here)
    return {bar: tuple(notes) for bar, notes in found.items()}


def calls_of(solos: Sequence[Transcription], rng: np.random.Generator) -> list[Call]:
    """All calls of the solos with what came after them, and another's for each.

    Raises CorpusError where there are no two players over different tunes in one meter.
    """
    windows = {id(solo): windows_of(solo) for solo in solos}
    pairs = [
        (solo, bar)
        for solo in solos
        for bar, notes in sorted(windows[id(solo)].items())
        if len(notes) >= FEWEST_NOTES
        and len(windows[id(solo)].get(bar + TRADED_BARS, ())) >= FEWEST_NOTES
    ]
    calls = []
    for number, (solo, bar) in enumerate(pairs):
        others = [
            (other, at)
            for other, at in pairs
            if other.performer != solo.performer
            and other.title != solo.title
            and other.beats_per_bar == solo.beats_per_bar
        ]
        if not others:
            raise CorpusError(
                f"There is nobody to compare {solo.performer!r} with: expected solos of two players or more."
            )
        other, at = others[int(rng.integers(len(others)))]
        by = (bar - at) * solo.beats_per_bar * STEPS_PER_BEAT
        own = windows[id(solo)]
        calls.append(
            Call(
                solo,
                bar,
                own[bar],
                tuple(replace(n, onset_step=n.onset_step + by) for n in windows[id(other)][at]),
                own[bar + TRADED_BARS],
                own.get(bar - 2 * TRADED_BARS, ()),
                number,
            )
        )
    return calls


def with_wrong_notes(notes: Notes, rng: np.random.Generator) -> Notes:
    """Of five notes one is a semitone or two beside."""
    wrong, by = rng.random(len(notes)) < WRONG_SHARE, rng.choice((-2, -1, 1, 2), len(notes))
    return tuple(
        replace(note, pitch=max(0, min(127, note.pitch + int(step)))) if is_wrong else note
        for note, is_wrong, step in zip(notes, wrong, by, strict=True)
    )


def with_slips(notes: Notes, tempo_bpm: float, rng: np.random.Generator) -> Notes:
    """Each note up to SLIP_MS early or late, as it is then written."""
    a_step_ms = 60_000 / tempo_bpm / STEPS_PER_BEAT
    found: list[Heard] = []
    for note, by in zip(notes, rng.uniform(-SLIP_MS, SLIP_MS, len(notes)), strict=True):
        step = note.onset_step + round(by / a_step_ms)
        least = found[-1].onset_step + 1 if found else 0
        found.append(replace(note, onset_step=max(least, step)))
    return tuple(found)


# -- the machine's part


@dataclass(frozen=True)
class Setting:
    """How it is asked: `spoiled` is "wrong" or "slips"; `before`: a trade came before, spoiled or not;
    `alone`: it hears nobody and plays a solo."""

    name: str
    controls: Mapping[str, float] = field(default_factory=dict)
    spoiled: str = ""
    before: bool = False
    alone: bool = False


SETTINGS: tuple[Setting, ...] = (
    Setting("answer 0", {"answer": 0.0}),
    Setting("as it comes"),
    Setting("answer 1", {"answer": 1.0}),
    Setting("follow -1", {"follow": -1.0}),
    Setting("follow 0", {"follow": 0.0}),
    Setting("follow 1", {"follow": 1.0}),
    Setting("a call with wrong notes", spoiled="wrong"),
    Setting("a call with slips", spoiled="slips"),
    Setting("a trade later", before=True),
    Setting("a trade after wrong notes", spoiled="wrong", before=True),
    Setting("a trade after slips", spoiled="slips", before=True),
)


@dataclass(frozen=True)
class Trader:
    """Plays the replies; it is sent to other processes."""

    folder: Path
    settings: tuple[Setting, ...] = SETTINGS
    seed: int = 0

    def __call__(self, setting: Setting, call: Call) -> tuple[Notes, Notes, Notes]:
        """The reply to the call, that to the ghost's, and the call as it was played; steps of the chart."""
        rng = np.random.default_rng((self.seed, call.number))
        reply, played = self._reply(setting, call, call.notes, rng)
        return reply, self._reply(setting, call, call.ghost, rng)[0], played

    def reply(self, setting: Setting, call: Call) -> Notes:
        """To the call alone."""
        rng = np.random.default_rng((self.seed, call.number))
        return self._reply(setting, call, call.notes, rng)[0]

    def _reply(
        self, setting: Setting, call: Call, notes: Notes, rng: np.random.Generator
    ) -> tuple[Notes, Notes]:
        def spoil(notes: Notes) -> Notes:
            if setting.spoiled == "wrong":
                return with_wrong_notes(notes, rng)
            if setting.spoiled == "slips":
                return with_slips(notes, call.solo.tempo_bpm, rng)
            return notes

        last = notes if setting.before else spoil(notes)
        heard = (*spoil(call.before), *last) if setting.before else last
        heard = () if setting.alone else heard
        chart, _ = chart_and_shift(call.solo)
        blocks = call.bar // TRADED_BARS
        form = Form(1, count_in=0, ending="none", arc="steady", has_band=False)
        tune = replace(form, controls={"polite": 0.0, **setting.controls}).tune(chart)
        mode = f"trade {TRADED_BARS}" + (" first me" if blocks % 2 else "")
        mode = "solo" if setting.alone else mode
        config = Config((tune,), seed=self.seed * 100_003 + call.number, mode=mode)
        start_bar = call.bar - 2 * TRADED_BARS * setting.before
        arrangement = arrange(tune.chart, tune.plan)
        performance = make_performance(tune, arrangement, start_tick=chart.bar_tick(start_bar))
        ensemble = make_ensemble(config, tune, performance, _model(self.folder))
        played = []
        for note in heard:
            onset_tick = note.onset_step * TICKS_PER_STEP
            played += ensemble.advance(onset_tick - 1)
            end_tick = onset_tick + note.duration_step * TICKS_PER_STEP
            velocity = as_velocity(louder(MEAN_VELOCITY, note.loudness_db or 0.0))
            ensemble.hear(HeardNote(onset_tick, end_tick, note.pitch, velocity, onset_tick))
        begin_tick = chart.bar_tick(call.bar + TRADED_BARS)
        end_tick = chart.bar_tick(call.bar + 2 * TRADED_BARS)
        played += ensemble.advance(end_tick + chart.meter.ticks_per_bar)
        written = (note.written for note in played if note.written is not None)
        reply = tuple(
            Heard(
                note.onset_tick // TICKS_PER_STEP,
                max(1, note.duration_tick // TICKS_PER_STEP),
                note.pitch,
                decibels_of(note.velocity),
            )
            for note in written
            if begin_tick <= note.onset_tick < end_tick
        )
        return reply, last


_model = lru_cache(maxsize=2)(load_model)
chart_and_shift = lru_cache(maxsize=8)(chart_of)


def _done(trader: Trader, job: tuple[Setting, Call]) -> tuple[Notes, Notes, Notes]:
    return trader(*job)


# -- what comes of it


@dataclass(frozen=True)
class Row:
    """The replies of one setting: shares 0-1; correlations with the call, of the ghosts too; NaN: none."""

    name: str
    calls: int
    pick_up: float
    meant: float
    """The same of the call as it was meant, without wrong notes and slips."""
    ghost: float
    whole: float
    chord_tones: float
    scale_tones: float
    density: tuple[float, float]
    register: tuple[float, float]
    loudness: tuple[float, float]
    touch: tuple[float, float]
    """Of the share of the time to the next note for which notes sound."""

    def cells(self) -> list[str]:
        """As text."""
        shares = (
            self.pick_up,
            self.meant,
            self.ghost,
            self.whole,
            self.chord_tones,
            self.scale_tones,
        )
        found = (self.density, self.register, self.loudness, self.touch)
        pairs = (f"{own - ghost:+.2f} ({own:.2f})" for own, ghost in found)
        return [self.name, *(f"{100 * share:.1f}" for share in shares), *pairs]


def row_of(
    name: str,
    calls: Sequence[Call],
    replies: Sequence[Notes],
    ghosts: Sequence[Notes],
    played: Sequence[Notes],
) -> Row:
    """What the replies to these calls, and the ghosts', have to do with them; `played`: what was heard."""
    pairs, others = list(zip(calls, replies, strict=True)), list(zip(calls, ghosts, strict=True))

    def share(asked: Callable[[Notes, Notes], bool], of: Sequence[tuple[Call, Notes]]) -> float:
        return float(np.mean([asked(call.notes, reply) for call, reply in of]))

    def like(measure: Callable[[Notes], float]) -> tuple[float, float]:
        found = []
        for rows in (pairs, others):
            there = [(call.notes, reply) for call, reply in rows if reply]
            found.append(
                rank_correlation(
                    [measure(notes) for notes, _ in there], [measure(reply) for _, reply in there]
                )
            )
        return found[0], found[1]

    tone, inside = _tones(pairs)
    return Row(
        name,
        len(calls),
        float(np.mean(list(map(is_picked_up, played, replies)))),
        share(is_picked_up, pairs),
        share(is_picked_up, others),
        share(is_copied_whole, pairs),
        tone,
        inside,
        like(lambda notes: float(len(notes))),
        like(lambda notes: float(np.mean([note.pitch for note in notes]))),
        like(lambda notes: float(np.mean([note.loudness_db or 0.0 for note in notes]))),
        like(_touch),
    )


def _touch(notes: Notes) -> float:
    """Mean share of the time to the next note for which notes sound; of one note 1."""
    shares = [
        min(1.0, note.duration_step / max(1, after.onset_step - note.onset_step))
        for note, after in pairwise(notes)
    ]
    return float(np.mean(shares or [1.0]))


def _tones(pairs: Sequence[tuple[Call, Notes]]) -> tuple[float, float]:
    """(share of chord tones, of scale tones)."""
    roles = []
    for call, reply in pairs:
        _, shift = chart_and_shift(call.solo)
        onset = np.array([note.onset_step - shift for note in reply], np.int64)
        pitch = np.array([note.pitch for note in reply], np.int64)
        roles.append(over_chords(onset, pitch, call.solo.chords, call.solo.id)[1])
    role = np.concatenate(roles)
    role = role[role >= 0]
    return float((role == TONE).mean()), float((role > OUTSIDE).mean())


def among_people(calls: Sequence[Call], rng: np.random.Generator) -> dict[str, float]:
    """Pick-up between a player's four bars and: the next four, the same solo further away, another solo of
    that player, another player."""
    by_solo: dict[str, list[Call]] = {}
    for call in calls:
        by_solo.setdefault(call.solo.id, []).append(call)
    others = [(one[0].solo, one) for one in by_solo.values()]
    found: dict[str, list[bool]] = {
        "another player": [is_picked_up(c.notes, c.ghost) for c in calls]
    }
    for call in calls:
        far = [c for c in by_solo[call.solo.id] if abs(c.bar - call.bar) > 2 * TRADED_BARS]
        same = [
            c
            for solo, one in others
            if solo.performer == call.solo.performer and solo.id != call.solo.id
            for c in one
        ]
        found.setdefault("the next four bars", []).append(is_picked_up(call.notes, call.after))
        for name, these in (("the same solo further away", far), ("another solo", same)):
            if these:
                other = these[int(rng.integers(len(these)))]
                found.setdefault(name, []).append(is_picked_up(call.notes, other.notes))
    return {name: float(np.mean(each)) for name, each in found.items()}


def _hearing(predictor: LinePredictor, call: Call) -> tuple[float, int]:
    """(nats that the next four bars are cheaper for who heard the four before than for who heard another's,
    their notes)."""
    _, shift = chart_and_shift(call.solo)
    costs = []
    for notes in (call.notes, call.ghost):
        line = [replace(n, onset_step=n.onset_step - shift) for n in (*notes, *call.after)]
        scores = score_solo(predictor, replace(call.solo, notes=tuple(line)))
        costs.append(float(scores.costs[len(notes) :].sum()))
    return costs[1] - costs[0], len(call.after) - 1


@dataclass(frozen=True)
class Ends:
    """The ends of phrases that are taken for such, over human solos."""

    said: int
    false: int
    delays_beats: tuple[float, ...]
    """From where the last note ended, for each true end."""


def _ends(predictor: LinePredictor, solo: Transcription) -> Ends:
    predictor.begin(replace(solo, notes=()))
    notes, said, false, delays = solo.notes, 0, 0, []
    for note, after in pairwise(notes):
        predictor.heard(note.onset_step, note.pitch)
        wait = after.onset_step - note.onset_step
        length = min(note.duration_step, wait)
        with np.errstate(divide="ignore"):
            steps = end_steps(np.log(predictor.rhythm()), length)
        is_end = wait - length >= PAUSE_STEPS
        said, false = said + (wait > steps), false + (wait > steps and not is_end)
        if is_end:
            delays.append((steps - length) / STEPS_PER_BEAT)
        predictor.ended(length, note.loudness_db)
        predictor.pitch(after.onset_step)
    return Ends(said, false, tuple(delays))


@dataclass(frozen=True)
class Report:
    """What hearing comes to."""

    people: Mapping[str, float]
    human: Row
    """What the players themselves played next, as a reply."""
    rows: tuple[Row, ...]
    hearing_nats: float
    """A note, by which people's next four bars are cheaper for who has heard the four before."""
    false_ends: float
    delay_beats: tuple[float, float]
    """Median, and what 95 in 100 are below."""

    def text(self, width: int | None = None) -> str:
        """A table, and sentences."""
        head = ["", "pick-up", "meant", "ghost", "whole", "chord", "scale", "density", "register"]
        head += ["loudness", "touch"]
        people = ", ".join(f"{name} {100 * share:.1f}" for name, share in self.people.items())
        return "\n".join(
            [
                *lines_of([head, *(row.cells() for row in (self.human, *self.rows))], width),
                "",
                f"{self.human.calls} calls of {TRADED_BARS} bars. Pick-up, whole copies and tones in %;"
                " rank correlation of reply and call less the ghost's (and as it is).",
                f"Pick-up among people, %: {people}.",
                f"Hearing is worth {self.hearing_nats:.3f} nats a note of people's next four bars.",
                f"False ends of phrases: {100 * self.false_ends:.1f} %; true ones are noticed "
                f"{self.delay_beats[0]:.2f} beats after the last note, 95 in 100 within "
                f"{self.delay_beats[1]:.2f}.",
            ]
        )

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        found = asdict(self)
        for row in (found["human"], *found["rows"]):
            for name in ("density", "register", "loudness", "touch"):
                row[name] = [None if np.isnan(value) else value for value in row[name]]
        return found


def report(
    folder: Path,
    solos: Sequence[Transcription],
    *,
    calls: int = 200,
    seed: int = 0,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
    settings: Sequence[Setting] = SETTINGS,
) -> Report:
    """Measure a model on `calls` of these solos, or on all where there are fewer; `progress`: percent.

    Raises CorpusError where there is too little to compare, ModelError.
    """
    rng = np.random.default_rng(seed)
    every = calls_of(solos, rng)
    people = among_people(every, np.random.default_rng(seed))
    chosen = sorted(rng.choice(len(every), min(calls, len(every)), replace=False).tolist())
    some = [every[at] for at in chosen]
    died = ModelError("A process that played replies died (out of memory?).")
    jobs = [(setting, call) for setting in settings for call in some]
    trader = Trader(folder, tuple(settings), seed)

    def reach(done: int) -> None:
        if progress is not None:
            progress(90 * done // len(jobs))

    found = in_order(
        side_by_side(
            _done, trader, jobs, size=lambda job: len(job[1].notes), died=died, workers=workers
        ),
        reach,
    )
    rows = []
    for at, setting in enumerate(settings):
        replies = found[at * len(some) :][: len(some)]
        rows.append(row_of(setting.name, some, *map(list, zip(*replies, strict=True))))
    predictor = line_predictor(_model(folder))
    gains = in_order(
        side_by_side(
            _hearing, predictor, some, size=lambda call: len(call.notes), died=died, workers=workers
        )
    )
    ends = in_order(
        side_by_side(
            _ends, predictor, solos, size=lambda solo: len(solo.notes), died=died, workers=workers
        )
    )
    if progress is not None:
        progress(100)
    delays = [delay for each in ends for delay in each.delays_beats] or [float("nan")]
    return Report(
        people,
        row_of(
            "people's next four bars",
            some,
            [call.after for call in some],
            [call.ghost for call in some],
            [call.notes for call in some],
        ),
        tuple(rows),
        sum(gain for gain, _ in gains) / max(1, sum(notes for _, notes in gains)),
        sum(each.false for each in ends) / max(1, sum(each.said for each in ends)),
        (float(np.median(delays)), float(np.percentile(delays, 95))),
    )
