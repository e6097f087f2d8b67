"""What is shown while a cell is trained: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from improv.cli.options import complain
from improv.clock import MonotonicClock
from improv.printable import printable, shown
from improv.training.line.watching import Watcher

if TYPE_CHECKING:
    from improv.corpus.reading import Dropped
    from improv.course.build import Progress
    from improv.training.line.fit import Score

_SHOWN_LEFT_OUT = 20


def left_out(sentences: Sequence[str]) -> None:
    """Name what was left out; if that is a lot, only the first."""
    for sentence in sentences[:_SHOWN_LEFT_OUT]:
        complain(f"left out: {sentence}")
    if len(sentences) > _SHOWN_LEFT_OUT:
        complain(f"left out: {len(sentences) - _SHOWN_LEFT_OUT} more (--json lists them all).")


class Bar:
    """One line on stderr that is rewritten in place; if stderr is not a terminal, single lines."""

    def __init__(self) -> None:
        self._stream = sys.stderr
        self.live = self._stream.isatty() and os.environ.get("TERM") != "dumb"

    def show(self, text: str, share: float | None = None) -> None:
        """Show a text, after a bar that is filled to `share`. Does nothing without a terminal."""
        if not self.live:
            return
        columns = shutil.get_terminal_size().columns
        bar = ""
        if share is not None and (width := min(40, columns - len(text) - 4)) >= 10:
            filled = round(width * min(max(share, 0.0), 1.0))
            bar = f"{'█' * filled}{'░' * (width - filled)}  "
        self._stream.write(f"\r\x1b[K{(bar + printable(text))[: columns - 1]}")
        self._stream.flush()

    def line(self, text: str) -> None:
        """A line that stays."""
        self.clear()
        self._stream.write(f"{shown(text)}\n")
        self._stream.flush()

    def clear(self) -> None:
        """Take the bar away."""
        if self.live:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


@contextmanager
def epochs_shown(unit: str) -> Iterator[Callable[[Progress], None]]:
    """A bar with epoch, loss and time left; on anything but a terminal, a line each tenth of the way."""
    bar, clock = Bar(), MonotonicClock()
    began_ns = shown_tenth = -1
    bar.show("Reading the solos and starting TensorFlow ...")

    def show(progress: Progress) -> None:
        nonlocal began_ns, shown_tenth
        done = progress.share
        if began_ns < 0:
            began_ns, left = clock.now_ns(), "-:--"  # nothing to extrapolate from yet
        else:
            left = _minutes((clock.now_ns() - began_ns) / 1e9 * (1 - done) / done)
        text = f"epoch {progress.epoch}/{progress.epochs}  {progress.train_nats:.3f} {unit}  {left} left"
        if bar.live:
            bar.show(text, done)
        elif int(done * 10) > shown_tenth:
            shown_tenth = int(done * 10)
            bar.line(text)

    try:
        yield show
    finally:
        bar.clear()


class TrainingBar(Watcher):
    """Shows reading and encoding, then steps, loss, held-out nats and time left.

    Every evaluation leaves a line.
    """

    def __init__(self) -> None:
        self._bar, self._clock = Bar(), MonotonicClock()
        self._stage, self._length = "", 0
        self._markov, self._steps = 0.0, 1
        self._began: tuple[int, int] | None = None
        self._best: tuple[float, int] | None = None
        self._loss: float | None = None
        self.kept_step = 0
        """The last step at which a checkpoint was written."""

    def __enter__(self) -> TrainingBar:
        return self

    def __exit__(self, *_: Any) -> None:
        self._bar.clear()

    def stage(self, name: str, length: int) -> None:
        """Something else begins."""
        self._stage, self._length = name, length
        self._bar.show(f"{name} ...")

    def reach(self, done: int) -> None:
        """Show how much of the stage is done."""
        if self._length:
            self._bar.show(f"{self._stage} ...", done / self._length)

    def leave_out(self, dropped: Sequence[Dropped]) -> None:
        """Name what was left out."""
        self._bar.clear()
        left_out([each.sentence for each in dropped])

    def say(self, sentence: str) -> None:
        """Print a sentence that stays."""
        self._bar.clear()
        complain(sentence)

    def lines(self, markov: float, steps: int) -> None:
        """Print the score to beat."""
        self._markov, self._steps = markov, steps
        self._bar.line(
            f"the score to beat, by Markov chains on the same solos: {markov:.3f} nats a note"
        )

    def step(self, step: int, loss: float, score: Score | None) -> None:
        """Show a step; an evaluation leaves a line."""
        now_ns = self._clock.now_ns()
        if self._began is None:
            if step > 1:
                self._bar.line(f"continuing from step {step - 1}, where the run was interrupted")
                self.kept_step = step - 1
            self._began = (step, now_ns)
        first, began_ns = self._began
        left = "-:--"
        if step > first:
            left = _minutes((now_ns - began_ns) / 1e9 * (self._steps - step) / (step - first))
        if loss == loss:  # step 0 has none
            self._loss = loss if self._loss is None else 0.9 * self._loss + 0.1 * loss
        text = f"step {step}/{self._steps}"
        if self._loss is not None:
            text += f"  loss {self._loss:.3f}"
        if score is not None:
            self.kept_step = step
            if self._best is None or score.nats < self._best[0]:
                self._best = (score.nats, step)
            text += f"  held out {score.nats:.3f}"
        if self._best is not None:
            text += f"  best {self._best[0]:.3f} at {self._best[1]}"
        text += f"  Markov {self._markov:.3f}  at most {left} left"
        if score is not None:
            self._bar.line(text)
        else:
            self._bar.show(text, step / self._steps)


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
