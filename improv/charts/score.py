"""Any score that music21 reads, as MusicXML: ABC, Humdrum, MEI, Capella, NoteWorthy, MuseData.

    read_scores   a file  ->  its tunes as MusicXML: this imports music21, and is given no limits
    ask_scores    the same from a process of its own, which may take so much time and memory and no more:
                  whatever the file is, and whoever asks while playing never imports music21

music21 reads notes well, and chord symbols badly ("Bb7" becomes a B chord, "C-7" one on C flat): the texts of
chords are taken from the file itself (`charts.score_texts`) and put where they stand. What a tune then is
with its repeats, the readers of MusicXML say: `charts.musicxml` the chart, `corpus.musicxml` the solo.

    python -m improv.charts.score      what `ask_scores` starts: for a line of JSON {"name", "bytes"} and
                                       so many bytes it answers with a line of JSON, until its input ends
"""

from __future__ import annotations

import atexit
import importlib.util
import io
import json
import os
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from improv.charts.musicxml_file import ScoreError
from improv.charts.score_formats import ScoreFormat, score_format, score_names
from improv.charts.score_tree import musicxml_of, title_of
from improv.errors import ImprovError, InputFileError, MissingError

MOST_BYTES = 16 * 1024 * 1024
"""Of a file: the largest books of tunes have a tenth of it."""
_TUNE_S = 10
"""Of the processor's time for a tune: a lead sheet takes a tenth of a second, a long quartet movement 3 s."""
_FILE_S, _BYTES_A_S = 60, 4000
"""By the clock for a file, and a second more for so many bytes: a book of tunes takes a fifth of it."""
_MOST_HELD_BYTES = 256 * 1024 * 1024
"""Of memory for the process that reads: music21 itself takes 50 MB, that movement and it 100."""
_MOST_LEFT_OUT = 2
"""Of the tunes of a file that end the process that reads them; a file with more of them is refused."""
_END_S = 2
_MOST_ANSWER_BYTES = 64 * 1024 * 1024
"""Of the MusicXML of a file: a book of 600 tunes gives 6 MB."""
_COMMAND = [sys.executable, "-m", "improv.charts.score"]
_LONGEST_REASON = 160
_ERRORS = {error.__name__: error for error in (InputFileError, MissingError)}


@dataclass(frozen=True, slots=True)
class Score:
    """One tune of a file: its title (empty if it has none), and the tune, or an error."""

    title: str
    musicxml: str
    error: str = ""


def ask_scores(path: Path, content: bytes, *, keep: bool = False) -> list[Score]:
    """The tunes in the content of a file, read in another process. Raises InputFileError, MissingError.

    A tune that ends that process (it takes too long, too much memory) is left out, if there are others and
    few such. `keep`: for who has many files. The process is asked again, and ends with this one.
    """
    where = repr(str(path))
    if len(content) > MOST_BYTES:
        raise InputFileError(
            f"Cannot read {where}: it has over {MOST_BYTES >> 20} MB, more than any book of tunes."
        )
    need_music21(str(path))
    reader, answer = None, None
    if keep and len(content) <= _SMALL_BYTES:
        with suppress(IndexError):
            reader = _kept.pop()
            answer = reader.ask(path, content)
    # One that has read much has less memory left: what ends it there may do in a new one.
    if reader is None or (answer is None and not reader.late):
        reader = _Reader()
        answer = reader.ask(path, content)
    left_out: dict[int, str] = {}
    while answer is None and reader.tune and len(left_out) < _MOST_LEFT_OUT and reader.tunes > 1:
        left_out[reader.tune] = reader.why
        reader = _Reader()
        answer = reader.ask(path, content, left_out)
    if answer is None:
        raise InputFileError(f"Cannot read {where}: {reader.why}.")
    if keep:
        _kept.append(reader)
    else:
        reader.end()
    kind, said = answer
    if kind != "scores":
        raise _ERRORS.get(kind, InputFileError)(said)
    return [Score(**score) for score in said]


class _Reader:
    """A process that reads one file after the other, within limits."""

    late = False
    """Whether it ended because a file took too long."""
    full = False
    """Whether a file took too much memory."""
    tune = tunes = 0
    """Which tune of the file it was at, from 1, and of how many; 0: it read none yet."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # each thread of it holds memory
        )
        self._into: Any = self._process.stdin
        self._out: Any = self._process.stdout

    def ask(
        self, path: Path, content: bytes, left_out: Mapping[int, str] | None = None
    ) -> list[Any] | None:
        """What it says of a file; None, and it has ended, where it says nothing. `left_out`: tunes that it
        is not to read, and why."""
        self.tune = self.tunes = 0
        patience = threading.Timer(_FILE_S + len(content) / _BYTES_A_S, self._stop)
        patience.start()
        answer: list[Any] | None = None
        try:
            with suppress(OSError, ValueError):  # it has ended
                asked = {"name": str(path), "bytes": len(content), "left_out": left_out or {}}
                self._into.write(json.dumps(asked).encode() + b"\n")
                self._into.write(content)
                self._into.flush()
                while (said := json.loads(self._out.readline()))[0] == "tune":
                    self.tune, self.tunes = said[1:]
                answer = said
                self.full = answer == ["MemoryError", ""]
                answer = None if self.full else answer
        finally:
            patience.cancel()
            if answer is None:
                self.end()
        return answer

    def _stop(self) -> None:
        self.late = True
        self._process.kill()

    def end(self) -> None:
        """End it, whatever it does."""
        for pipe in (self._into, self._out):
            with suppress(OSError):
                pipe.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.late |= self._process.returncode == -getattr(signal, "SIGPROF", 0) != 0

    @property
    def why(self) -> str:
        """Why it gave no answer."""
        if self.late:
            return f"music21 takes over {_TUNE_S} s to read it; expected a lead sheet"
        if self.full:
            return (
                f"music21 takes over {_MOST_HELD_BYTES >> 20} MB to read it; expected a lead sheet"
            )
        return "reading it crashes the process"


_kept: list[_Reader] = []
"""Those that read nothing now."""
_SMALL_BYTES = 1 << 16
"""To start a process for more than that takes no time beside reading it."""


@atexit.register
def _end_kept() -> None:
    while _kept:
        _kept.pop().end()


def read_scores(
    path: Path,
    content: bytes,
    begin: Callable[[int, int], object] = lambda tune, tunes: None,
    left_out: Mapping[int, str] | None = None,
) -> list[Score]:
    """The tunes in the content of a file, in order; one that cannot be read has an error.

    `begin` is called before the file is looked into (0, 0) and before each tune is read (its number from 1,
    how many there are). `left_out`: tunes that are not to be read, by number, and why. Raises InputFileError
    where there is none, MissingError where music21 is not installed.
    """
    where = repr(str(path))
    row = score_format(path, content)
    if row is None:
        raise InputFileError(f"Cannot read {where}: expected one of {score_names()}.")
    need_music21(str(path))
    scores: list[Score] = []
    left = _MOST_ANSWER_BYTES
    begin(0, 0)
    with _quiet():
        with _as_sentence(where, row):
            tunes = row.read(content)
        for number, tune in enumerate(tunes, start=1):
            begin(number, len(tunes))
            try:
                with _as_sentence(where, row):
                    if left_out and number in left_out:
                        raise ScoreError(left_out[number])
                    found = tune()
                    scores.append(Score(title_of(found.stream), musicxml_of(found)))
                    left -= len(scores[-1].musicxml)
            except InputFileError as error:
                said = (
                    str(error)
                    if len(tunes) == 1
                    else f"{str(error).rstrip('.')}, in tune {number}."
                )
                scores.append(Score("", "", said))
            if left < 0:
                raise InputFileError(
                    f"Cannot read {where}: as MusicXML it has over {_MOST_ANSWER_BYTES >> 20} MB."
                )
    if all(score.error for score in scores):
        raise InputFileError(
            scores[0].error if scores else f"Cannot read {where}: there is no tune in it."
        )
    return scores


def need_music21(what: str) -> None:
    """Raise MissingError, in one sentence, where music21 is not installed to read `what`."""
    if importlib.util.find_spec("music21") is None:
        raise MissingError(
            f"Cannot read {what!r}: that needs music21, `pip install 'jazz-improv[train]'`."
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Nothing of what music21 prints and warns of."""
    with (
        redirect_stdout(io.StringIO()),
        redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _as_sentence(where: str, row: ScoreFormat) -> Iterator[None]:
    """Whatever music21 raises is said in a sentence."""
    try:
        yield
    except ImprovError:
        raise
    except ScoreError as error:
        raise InputFileError(f"Cannot read {where}: {error}.") from None
    except MemoryError:
        raise
    except Exception as error:  # it raises anything for a file it does not expect
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_REASON].rstrip(".:")
        raise InputFileError(
            f"Cannot read {where}: music21 cannot read it as {row.name} ({reason})."
        ) from error


def main() -> None:
    """Say what is in each file, on stdout, as `ask_scores` asks for it."""
    out = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asks is interrupted, and its end is ours
    _take_no_more_than(_MOST_HELD_BYTES)
    with suppress(ImportError):
        importlib.import_module("music21")  # takes a while, and is no tune's fault
    asked = sys.stdin.buffer
    with os.fdopen(out, "w", encoding="utf-8") as file:
        while line := asked.readline():
            what = json.loads(line)
            answer: list[Any]
            left_out = {int(number): why for number, why in what["left_out"].items()}

            def begin(tune: int, tunes: int) -> None:
                if tune:
                    file.write(json.dumps(["tune", tune, tunes]) + "\n")
                    file.flush()
                _limit_processor(_TUNE_S)

            try:
                content = asked.read(what["bytes"])
                scores = read_scores(Path(what["name"]), content, begin, left_out)
                answer = ["scores", [asdict(score) for score in scores]]
            except ImprovError as error:
                answer = [type(error).__name__, str(error)]
            except MemoryError:
                answer = ["MemoryError", ""]
            _limit_processor(0)
            json.dump(answer, file)
            file.write("\n")
            file.flush()


def _limit_processor(seconds: float) -> None:
    """End this process after so much of the processor's time; 0: never."""
    if hasattr(signal, "setitimer"):  # elsewhere only the clock is looked at
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _take_no_more_than(most_bytes: int) -> None:
    """Let this process hold no more memory than that, where the system can see to it."""
    try:
        import resource  # there is no such module on Windows

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (most_bytes, hard))
    except (ImportError, OSError, ValueError):
        pass


if __name__ == "__main__":
    main()
