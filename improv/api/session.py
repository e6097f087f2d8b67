"""Playing in time, out of a MIDI port, while Python goes on."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from improv.api.cell import steer_of
from improv.api.charts import read_chart
from improv.api.form import Asked, form_and_config, seed_or_new
from improv.api.take import Take, with_facts
from improv.clock import MonotonicClock
from improv.config import DEFAULT_CHART, DEFAULT_MODEL, Config
from improv.controls.table import Controls, ControlWords
from improv.errors import SenderError
from improv.live import daemon
from improv.live.inbox import Inbox
from improv.midi.events import Stop
from improv.music.chart import Chart
from improv.partner.turns import parse_mode
from improv.performance.steering import Answer, steered
from improv.soloist.casting import role_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from improv.live.daemon import Opening, Summary


def play(
    chart: str | os.PathLike[str] | bytes | Chart = DEFAULT_CHART,
    *,
    model: str | os.PathLike[str] = DEFAULT_MODEL,
    port: str | None = None,
    backend: str = "auto",
    seed: int | None = None,
    record: str | os.PathLike[str] | None = None,
    log: str | os.PathLike[str] | None = None,
    input: str | None = None,
    mode: str = "",
    say: Callable[[str], None] | None = None,
    **words: Unpack[Asked],
) -> Session:
    """Begin to play in time, out of a MIDI port, as `jazz-improv` does; comes back when the port is open.

    `port` is any clear part of an output's name; where there is none of that name, and with None, a virtual
    port is made. `backend` "none" is no port at all: then `record`, or session.mid, is left at the end. `log`
    is a file for `jazz-improv replay`. A partner is heard on `input`, any clear part of an input's name, and
    `mode` says how you share the time, as it is typed: "trade 4" with an input, else "solo". `say` is told
    what the terminal would show, a line at a time, in another thread. `chart`, `seed` and `words` are those
    of `Cell.play`, but it plays without end unless
    `choruses` are asked for.

    Raises what `Cell.play` raises, PortError, SenderError, and SteeringError for what is no mode.

    >>> session = improv.play("| Dm7 | G7 |", backend="none", choruses=1, count_in=0, tempo=400)
    >>> session.steer(density=0.5)
    >>> session.wait().why
    'finished'
    """
    form, config = form_and_config(words, choruses=0)
    config = replace(
        config,
        tunes=(form.tune(read_chart(chart)),),
        model=os.fspath(model),
        seed=seed_or_new(seed),
        port=port,
        backend=backend,
        record=None if record is None else Path(record),
        log=None if log is None else Path(log),
        input=input,
        mode=str(parse_mode(mode or ("trade 4" if input is not None else "solo"))),
    )
    return Session(config, say or (lambda line: None))


class Session:
    """A performance that is going on, in a thread of its own; every way out of it ends in silence.

    As a context (`with improv.play(...) as session:`) it is stopped at the end. So it is when Python ends.
    """

    def __init__(self, config: Config, say: Callable[[str], None]) -> None:
        """`improv.play` makes one. Raises what opening it raises."""
        self.seed = config.seed
        """The same seed, chart, model and words give the same notes again."""
        self._config, self._say = config, say
        self._inbox = Inbox()
        self._settled = threading.Event()
        self._opening: Opening | None = None
        self._summary: Summary | None = None
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="jazz-improv", daemon=True)
        atexit.register(self.stop)
        self._thread.start()
        self._settled.wait()
        if self._opening is None:
            self.wait()

    def _run(self) -> None:
        try:
            self._summary = daemon.play(
                self._config,
                MonotonicClock(),
                self._inbox,
                opened=self._opened,
                answer=self._answered,
            )
        except BaseException as error:
            self._failed = error
        finally:
            atexit.unregister(self.stop)
            self._settled.set()

    def _opened(self, opening: Opening) -> None:
        self._opening = opening
        for line in opening.warnings:
            self._say(line)
        self._settled.set()

    def _answered(self, answer: Answer) -> None:
        self._say(answer.text)

    @property
    def port(self) -> str:
        """The name of the port that is open."""
        return self._opening.port.name if self._opening is not None else ""

    @property
    def _cell(self) -> str:
        return self._opening.model.card.name if self._opening is not None else ""

    @property
    def playing(self) -> bool:
        """Whether it still plays."""
        return self._thread.is_alive()

    def steer(
        self,
        *,
        player: str | Mapping[str, float] | None = None,
        style: str | None = None,
        over_bars: int = 0,
        mode: str = "",
        **controls: Unpack[ControlWords],
    ) -> None:
        """Change who plays and how, from the next note on that is not planned yet, a beat ahead at the most.

        `mode` is one of `improv.play`, from the next block of bars on. Other arguments and errors are those
        of `Stream.steer`. Nothing happens where it has ended.
        """
        steer = steer_of(player, style, over_bars, controls)
        if mode:
            steer = replace(steer, mode=str(parse_mode(mode)))
        steered(Controls(), steer.controls, Controls().swing)
        if self._opening is not None and (steer.player or steer.style):
            role_of(
                self._opening.model,
                self._config.tunes[0].chart,
                steer.player or "",
                steer.style or "",
            )
        self._inbox.put(steer)

    def __repr__(self) -> str:
        tune = self._config.tunes[0].chart.title
        return f"<Session of {tune!r}, seed {self.seed}, {'playing' if self.playing else 'ended'}>"

    def stop(self) -> None:
        """Stop now, and wait until all is silent and written."""
        self._inbox.put(Stop("stopped"))
        self._thread.join()

    def wait(self) -> Summary:
        """Wait until it ends; how it went.

        The summary has `why` it ended ("finished", "stopped"), `bars` and `steps` played, `seconds`,
        `counters` of what was sent and was late, and `record`, the file that was left. Ctrl-C stops it.
        Raises SenderError where the process died that sends, OutputFileError.
        """
        try:
            self._thread.join()
        except KeyboardInterrupt:
            self.stop()
            raise
        if self._summary is None:
            raise self._failed or SenderError("It ended without saying why.")
        return self._summary

    @property
    def take(self) -> Take | None:
        """What was heard, once it has ended: where it was recorded, else None."""
        take = None if self._summary is None else self._summary.take
        return None if take is None else with_facts(take, self.seed, self._cell)

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.stop()
