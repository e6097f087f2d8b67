"""Habits: what people whom the cell learned from did after the same last notes, counted.

    solos ── Habits.learned ──> habits.npz beside the cell ── LineHabits ──> scores, leaned

The cell has read all of it, but says common turns too softly: while it listens it is cheaper by 0.017 nats a
note with these counts beside it (docs/training-log.md). Each is one chain of contexts, from none to four
things heard last:

    wait    place in the beat, then the waits before, the last first
    pitch   as an interval, after the intervals before, the last first

Scores are mixed as logarithms: those of the cell count a little less, and those of the chain the more, the
longer a context it knows. Contexts that came less than LEAST times are not kept: they say little, and solos
could be read back from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from improv.errors import CorpusError, ModelError
from improv.files import arrays_of, until_changed, write_arrays
from improv.grammar.line.ngrams import Contexts, Ngrams
from improv.grammar.line.table import PITCHES, WAITS, wait_class
from improv.music.note import STEPS_PER_BEAT
from improv.music.transcription import Transcription

FILE_NAME = "habits.npz"
_EXPECTED = "expected the counts that training writes"
LEAST = 3
DEPTH = 4
"""How many things heard last a context holds at the most."""
_NONE = 99
_MOST_BYTES = 16 << 20
_FLOOR = 1e-9
_INTERVALS = 2 * PITCHES - 1
_WAIT, _PITCH = 0, 1
_SIZES = (WAITS, _INTERVALS)
# For the cell's scores, and for those of the chain by how many of its contexts are known; found on `valid`.
_OF_CELL = (0.84, 0.85)
_OF_CHAIN: tuple[tuple[float, ...], ...] = (
    (0.0, 0.0, 0.5, 0.5, 0.22, 0.13),
    (0.0, 0.0, 0.07, 0.0, 0.07, 0.145),
)

Floats = NDArray[np.float32]
Line = Sequence[tuple[int, int]]
"""(step of the onset from a bar line, pitch) of each note of a solo."""


def _contexts() -> Contexts:
    return Contexts([tuple(range(depth)) for depth in range(DEPTH + 1)])


def _rows(line: Line) -> tuple[list[list[int]], list[list[int]]]:
    """What is looked at before each wait, and before each pitch; what came is the last column."""
    waits, pitches = [], []
    heard = _Heard()
    for at, (onset, pitch) in enumerate(line):
        if at:
            wait = wait_class(max(1, onset - line[at - 1][0]))
            waits.append([*heard.before_wait(line[at - 1][0]), wait])
            heard.wait(wait)
            pitches.append([*heard.before_pitch(), pitch - line[at - 1][1] + PITCHES - 1])
        heard.pitch(pitch)
    return waits, pitches


class _Heard:
    """The last notes of a line, as contexts see them."""

    def __init__(self) -> None:
        self.waits: tuple[int, ...] = (_NONE,) * DEPTH
        self.intervals: tuple[int, ...] = (_NONE,) * DEPTH
        self.last: int | None = None

    def wait(self, wait: int) -> None:
        self.waits = (wait, *self.waits[: DEPTH - 1])

    def pitch(self, pitch: int) -> None:
        if self.last is not None:
            self.intervals = (pitch - self.last, *self.intervals[: DEPTH - 1])
        self.last = pitch

    def before_wait(self, step: int) -> tuple[int, ...]:
        return (step % STEPS_PER_BEAT, *self.waits[: DEPTH - 1])

    def before_pitch(self) -> tuple[int, ...]:
        return self.intervals


@dataclass(frozen=True)
class Habits:
    """The counts of both chains."""

    chains: tuple[Ngrams, Ngrams]
    """Of waits, of pitches."""

    @classmethod
    def learned(cls, lines: Iterable[Line]) -> Habits | None:
        """Count; None where nothing comes LEAST times."""
        waits: list[list[int]] = []
        pitches: list[list[int]] = []
        for line in lines:
            found = _rows(line)
            waits += found[_WAIT]
            pitches += found[_PITCH]
        contexts, chains = _contexts(), []
        for rows in (waits, pitches):
            if not rows:
                return None
            table = np.array(rows, np.int32)
            symbols = np.repeat(table[:, -1:], DEPTH + 1, axis=1)
            ngrams = Ngrams.learned(contexts.keys(table[:, :-1]), symbols).at_least(LEAST)
            if not len(ngrams.keys):
                return None
            chains.append(ngrams)
        return cls((chains[0], chains[1]))

    def save(self, path: Path) -> None:
        """Write them, a quarter of a megabyte; the same counts give the same bytes."""
        arrays = {
            f"{name}_{each.name}": getattr(chain, each.name)
            for name, chain in zip(("wait", "pitch"), self.chains, strict=True)
            for each in fields(chain)
        }
        write_arrays(path, arrays)


def write_habits(solos: Iterable[Transcription], folder: Path) -> None:
    """Learn those of these solos and put them beside a cell. Raises CorpusError where there are none."""
    lines = ([(note.onset_step, note.pitch) for note in solo.notes] for solo in solos)
    habits = Habits.learned(lines)
    if habits is None:
        raise CorpusError(f"Nothing comes {LEAST} times in these solos: expected more of them.")
    habits.save(folder / FILE_NAME)


@until_changed
def _read(path: Path) -> Habits:
    arrays = arrays_of(path, _MOST_BYTES, ModelError, expected=_EXPECTED)
    try:
        chains = [
            Ngrams(**{each.name: arrays[f"{name}_{each.name}"] for each in fields(Ngrams)})
            for name in ("wait", "pitch")
        ]
        for chain, most in zip(chains, _SIZES, strict=True):
            chain.check(most)
    except (ValueError, KeyError) as error:
        why = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise ModelError(f"Cannot read {str(path)!r}: {why}; {_EXPECTED}.") from error
    return Habits((chains[0], chains[1]))


def load_habits(folder: Path) -> Habits | None:
    """The habits in a model folder; None if it has none. Raises ModelError where they are damaged."""
    return _read(folder / FILE_NAME)


class LineHabits:
    """Follows one line, and leans the scores of its next part towards what people did there."""

    def __init__(self, habits: Habits, share: float = 1.0) -> None:
        """`share`: how far, from 0 (not at all) to 1 (as found best for people's lines)."""
        self._chains = habits.chains
        self._contexts = _contexts()
        self._heard = _Heard()
        self._of_cell = [1 - share * (1 - weight) for weight in _OF_CELL]
        self._of_chain = [[share * weight for weight in weights] for weights in _OF_CHAIN]

    def save(self) -> tuple[tuple[int, ...], tuple[int, ...], int | None]:
        """Where it is, for `restore`."""
        return self._heard.waits, self._heard.intervals, self._heard.last

    def restore(self, saved: tuple[tuple[int, ...], tuple[int, ...], int | None]) -> None:
        """Be where it was."""
        self._heard.waits, self._heard.intervals, self._heard.last = saved

    def say_pitch(self, pitch: int) -> None:
        """The pitch of a note."""
        self._heard.pitch(pitch)

    def say_wait(self, wait: int) -> None:
        """The class of the wait after it."""
        if self._heard.last is not None:
            self._heard.wait(wait)

    def waits(self, scores: Floats, step: int) -> Floats:
        """(61,) scores of the wait from `step`, counted from a bar line."""
        logs, weight = self._logs(_WAIT, self._heard.before_wait(step))
        return self._mixed(scores, _WAIT, logs, weight)

    def pitches(self, scores: Floats) -> Floats:
        """(128,) scores of the next pitch."""
        if self._heard.last is None:
            return scores
        logs, weight = self._logs(_PITCH, self._heard.before_pitch())
        first = PITCHES - 1 - self._heard.last
        return self._mixed(scores, _PITCH, logs[first : first + PITCHES], weight)

    def _logs(self, chain: int, row: Sequence[int]) -> tuple[NDArray[np.float64], float]:
        """Logarithms of what the chain expects, and how much they count."""
        ngrams = self._chains[chain]
        places = ngrams.find(self._contexts.keys(np.array([row], np.int32)))
        known = int((places >= 0).sum())
        likely = ngrams.distributions(places, _SIZES[chain])[0]
        return np.log(likely + _FLOOR), self._of_chain[chain][known]

    def _mixed(
        self, scores: Floats, chain: int, logs: NDArray[np.float64], weight: float
    ) -> Floats:
        mixed: Floats = scores * np.float32(self._of_cell[chain])
        mixed += (weight * logs).astype(np.float32)
        return mixed
