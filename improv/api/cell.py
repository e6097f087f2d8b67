"""A cell as Python users have it: it plays, note by note or at once, and says what solos cost it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from improv.api.charts import read_chart
from improv.api.engine import make_cell_of
from improv.api.form import Asked, form_and_config, seed_or_new
from improv.api.take import Take, with_facts
from improv.cell.card import ModelCard
from improv.cell.load import Model, find_model, load_model
from improv.config import DEFAULT_CHART, DEFAULT_MODEL, Config
from improv.controls.table import WORDS, ControlWords
from improv.errors import ImprovError, SteeringError
from improv.grammar.line.labels import parse_players
from improv.music.chart import Chart
from improv.originality.quote import Quote, longer
from improv.performance.arrangement import arrange
from improv.performance.assemble import lineup_of, make_ensemble, make_performance
from improv.performance.ensemble import Ensemble
from improv.performance.passes import Passes
from improv.performance.performance import Performance
from improv.performance.played import PlayedNote
from improv.performance.steering import Steer
from improv.performance.takes import perform, take_of
from improv.performance.tempo_steering import change_tempo
from improv.processes import in_order, side_by_side

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from improv.evaluation.protocol import Scores
    from improv.music.transcription import Transcription


def load(model: str | os.PathLike[str] = DEFAULT_MODEL, *, engine: str = "numpy") -> Cell:
    """The cell of a shipped model, by its name, or of a model folder.

    `engine` is what steps it: "numpy", or "keras", which is slow and needs `[train]`. Raises ModelError where
    there is no such model or it is damaged, MissingError without TensorFlow.

    >>> cell = improv.load("bebop")
    >>> cell
    <Cell 'bebop', 256+128 units, 76 players>
    """
    return Cell(load_model(find_model(os.fspath(model))), engine=engine)


class Cell:
    """A trained cell. Playing does not change it: every take and every stream has a state of its own."""

    def __init__(self, model: Model, *, engine: str = "numpy") -> None:
        """`improv.load` makes one."""
        make_cell = make_cell_of(engine)
        self.model = model
        self._other = make_cell(model.path) if make_cell else None

    @property
    def card(self) -> ModelCard:
        """What the model says of itself: `name`, `licence`, `corpus`, `scores`, ..."""
        return self.model.card

    @property
    def players(self) -> tuple[str, ...]:
        """Whom it can play as; empty where it was not told who plays what.

        >>> [name for name in cell.players if "Coltrane" in name]
        ['John Coltrane']
        """
        return self._labels("players")

    @property
    def styles(self) -> tuple[str, ...]:
        """The styles that it knows.

        >>> "HARDBOP" in cell.styles
        True
        """
        return self._labels("styles")

    def _labels(self, kind: str) -> tuple[str, ...]:
        labels = self.card.extra.get("labels")
        return tuple(map(str, labels.get(kind, ()))) if isinstance(labels, dict) else ()

    def play(
        self,
        chart: str | os.PathLike[str] | bytes | Chart = DEFAULT_CHART,
        *,
        seed: int | None = None,
        progress: Callable[[int], None] | None = None,
        **words: Unpack[Asked],
    ) -> Take:
        """Play over a chart, as fast as it can: the notes that would be played live with the same seed.

        `chart` is what `improv.read_chart` takes. `seed` is a whole number from 0; None draws a new one,
        which the take knows. `words` stand under "What can be asked for"; where they say nothing it is one
        chorus with piano, bass and drums. `progress` is told how much is done, in percent.

        The same chart, seed and words give the same take, byte for byte, and the same as
        `jazz-improv generate`. Raises ChartError and InputFileError for the chart, ModelError for a player or
        a style that the cell does not know, ValueError and TypeError for the words.

        >>> take = cell.play("| Dm7 | G7 | Cmaj7 | % |", choruses=2, seed=7, player="Charlie Parker")
        >>> take.seed, take.cell
        (7, 'bebop')
        """
        form, config = form_and_config(words, choruses=1)
        if not form.choruses:
            raise ValueError("choruses must be from 1 to 10000, not 0; `stream` plays without end.")
        config = replace(config, tunes=(form.tune(read_chart(chart)),), seed=seed_or_new(seed))
        performance, ensemble = self._seated(config)
        length_tick = performance.arrangement.chart.length_tick

        def reach(tick: int) -> None:
            if progress is not None:
                progress(100 * tick // length_tick)

        longest: Quote | None = None

        def heard(notes: Iterable[PlayedNote]) -> Iterator[PlayedNote]:
            nonlocal longest
            for note in notes:
                longest = longer(longest, note.quote)
                yield note

        passes = Passes(performance, config.tunes[0].plan.faster)
        notes = heard(perform(ensemble, length_tick, reach, passes))
        take = take_of(performance, notes, lineup_of(config))
        return with_facts(take, config.seed, self.card.name, longest)

    def takes(
        self,
        chart: str | os.PathLike[str] | bytes | Chart = DEFAULT_CHART,
        count: int = 2,
        *,
        seed: int | None = None,
        workers: int | None = 1,
        progress: Callable[[int], None] | None = None,
        **words: Unpack[Asked],
    ) -> list[Take]:
        """Several takes of a chart, with seeds that follow one another.

        Each is what `play` gives with its seed, byte for byte. `count` is how many there are to be, `seed`
        is the first one's. `workers` are processes; None is one for each core.
        `progress` is told how much is done, in percent. The rest, and what is raised, is as in `play`.

        >>> [take.seed for take in cell.takes("| Dm7 | G7 | Cmaj7 | % |", 3, seed=7)]
        [7, 8, 9]
        """
        if count < 1:
            raise ValueError(f"count must be 1 or more, not {count}.")
        first = seed_or_new(seed)
        asked = _Asked(read_chart(chart), dict(words))
        died = ImprovError(
            "A process that played a take died (out of memory?); ask for fewer at once."
        )
        takes = side_by_side(
            asked.take,
            self,
            range(first, first + count),
            size=lambda seed: 1.0,
            died=died,
            workers=workers if self._other is None else 1,  # TensorFlow does not go into a fork
        )
        told = progress or (lambda percent: None)
        return in_order(takes, lambda done: told(100 * done // count))

    def stream(
        self,
        chart: str | os.PathLike[str] | bytes | Chart = DEFAULT_CHART,
        *,
        seed: int | None = None,
        **words: Unpack[Asked],
    ) -> Stream:
        """The notes one by one, each when it is asked for, and steered in between: see `Stream`.

        Arguments and errors are those of `play`, but the soloist is alone unless a `band` is asked for, and
        plays without end unless `choruses` are. With the same arguments the notes are those of `play`.

        >>> stream = cell.stream("| Dm7 | G7 | Cmaj7 | % |", seed=7)
        >>> next(stream)
        PlayedNote(note_id=1, onset_tick=..., pitch=..., channel=0, player='solo', ...)
        """
        form, config = form_and_config(words, choruses=0, band="")
        config = replace(config, tunes=(form.tune(read_chart(chart)),), seed=seed_or_new(seed))
        return Stream(*self._seated(config), config.seed, alone=not config.band)

    def _seated(self, config: Config) -> tuple[Performance, Ensemble]:
        """The one tune of `config` laid out, and everybody in their chairs."""
        (tune,) = config.tunes
        performance = make_performance(tune, arrange(tune.chart, tune.plan))
        return performance, make_ensemble(config, tune, performance, self.model, cell=self._other)

    def nats(
        self,
        solos: str | os.PathLike[str] | Sequence[Transcription],
        *,
        workers: int | None = 1,
        progress: Callable[[int], None] | None = None,
    ) -> Scores:
        """What the notes of human solos cost the cell, in nats a note: how surprised it is. Lower is better.

        `solos` are those of `improv.read_solos`, or what it reads. Every note but the first of a solo costs
        -ln of the probability that the cell gave to when it comes (rhythm) and to what it is (pitch).
        `Scores` has `nats_per_note`, `rhythm`, `pitch`, `notes` and `solos`: of each its `id` and `costs`, an
        array of shape (notes - 1,). `workers` are processes, as there. `progress` is told how many
        notes were heard.

        Raises what `read_solos` raises, CorpusError where no solo has two notes, ModelError for a cell that
        cannot be asked.

        >>> scores = cell.nats("tune.musicxml")
        >>> scores
        <Scores: 2.0... nats per note (rhythm 0.7..., pitch 1.2...) over 64 notes of 1 solo>
        >>> scores.solos[0].costs.shape
        (64,)
        """
        from improv.api.solos import read_solos
        from improv.evaluation.of_model import predictor_of
        from improv.evaluation.protocol import score

        if isinstance(solos, (str, os.PathLike)):
            solos = read_solos(solos)
        return score(predictor_of(self.model), solos, workers=workers, progress=progress)

    def __repr__(self) -> str:
        units = "+".join(map(str, self.card.units))
        players = f", {len(self.players)} players" if self.players else ""
        return f"<Cell {self.card.name!r}, {units} units{players}>"


@dataclass(frozen=True)
class _Asked:
    """What every take of several has in common."""

    chart: Chart
    words: Mapping[str, Any]

    def take(self, cell: Cell, seed: int) -> Take:
        """The take of this seed."""
        return cell.play(self.chart, seed=seed, **self.words)


class Stream(Iterator[PlayedNote]):
    """Notes by their onsets; the cell is stepped when a note is asked for, a token at a time, from its state.

    A note has `onset_tick`, `end_tick`, `pitch`, `velocity`, `channel` (0-15) and `player` ("solo", "bass",
    ...); the soloist's also `token` (what the cell said, as text), `written` (the note on the grid), and
    `quote` where the line quotes a solo that the cell learned from.

    >>> for note in stream:
    ...     stream.steer(density=note.pitch / 127)
    ...     if note.onset_tick > 4 * 1920:
    ...         break
    """

    def __init__(
        self, performance: Performance, ensemble: Ensemble, seed: int, *, alone: bool
    ) -> None:
        """`Cell.stream` makes one. `alone`: nobody can come before the note that was worked out last."""
        self._performance, self._ensemble, self._alone = performance, ensemble, alone
        self._ready: list[tuple[int, int, PlayedNote]] = []
        self._tick = 0
        self.seed = seed
        """The same seed, chart, cell and words give the same notes again, if it is steered alike."""
        self.chart = performance.arrangement.chart
        """As it is played: all its choruses, or one to be repeated without end."""

    def __next__(self) -> PlayedNote:
        while not self._is_next():
            for note in self._ensemble.step():
                heappush(self._ready, (note.onset_tick, note.note_id, note))
        if not self._ready:
            raise StopIteration
        note = heappop(self._ready)[2]
        self._tick = note.onset_tick
        return note

    def _is_next(self) -> bool:
        """Whether the first note that is ready comes next; True too where there will be none."""
        open_tick = self._ensemble.next_tick()
        if open_tick is None or not self._ready:
            return open_tick is None
        return self._alone or self._ready[0][0] <= open_tick

    def steer(
        self,
        *,
        player: str | Mapping[str, float] | None = None,
        style: str | None = None,
        over_bars: int = 0,
        **controls: Unpack[ControlWords],
    ) -> None:
        """Change who plays and how, from the next note on.

        With a band, from the next note on that is not worked out yet: the band is worked out by bars, the
        soloist as far as it takes to know who comes next. `controls` are those of "What can be asked for";
        `swing=None` makes it automatic again. With `over_bars` the tempo goes there gradually.

        Raises SteeringError for a value out of its range, ModelError for a player or style that the cell does
        not know, TypeError for a control that there is not; nothing is changed then.

        >>> stream.steer(player="John Coltrane", density=0.5)
        """
        steer = steer_of(player, style, over_bars, controls)
        self._ensemble.steer(steer)
        bpm = steer.controls.get("tempo_bpm")
        if bpm is not None:
            change_tempo(self._performance, self._tick, bpm, over_bars)

    def seconds_at(self, tick: int) -> float:
        """When a tick is due, in seconds from the first beat, as the tempo has been and now is.

        >>> stream.seconds_at(480)
        0.428571429
        """
        return self._performance.tempo.ns_at(tick) / 1e9


def steer_of(
    player: str | Mapping[str, float] | None,
    style: str | None,
    over_bars: int,
    controls: Mapping[str, Any],
) -> Steer:
    """The arguments of `Stream.steer` as a Steer. Raises TypeError, SteeringError for no player's name."""
    for name in controls:
        if name not in WORDS:
            raise TypeError(f"There is no {name!r} to change; expected {', '.join(WORDS)}.")
    if isinstance(player, str):
        try:
            player = parse_players(player) if player else {}
        except ValueError as error:
            raise SteeringError(f"{error}.") from None
    values = {
        WORDS[name]: None if value is None else float(value) for name, value in controls.items()
    }
    return Steer(player, style, values, over_bars)
