"""Any score that music21 reads, as MusicXML: ABC, Humdrum, MEI, Capella, NoteWorthy, MuseData.

    read_scores   a file  ->  its tunes as MusicXML, for training: this imports music21
    ask_scores    the same from a process of its own, while playing: music21 is never imported there

music21 reads notes well, and chord symbols badly ("Bb7" becomes a B chord, "C-7" one on C flat): the texts of
chords are taken from the file itself (`charts.score_texts`) and put where they stand. What a tune then is
with its repeats, the readers of MusicXML say: `charts.musicxml` the chart, `corpus.musicxml` the solo.

    python -m improv.charts.score NAME <FILE      what `ask_scores` starts: it answers in JSON
"""

from __future__ import annotations

import importlib.util
import io
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from improv.charts.score_formats import ScoreFormat, score_format, score_names
from improv.charts.score_texts import ScoreError
from improv.charts.score_tree import musicxml_of, title_of
from improv.errors import ImprovError, InputFileError, MissingError

_LIMIT_S = 120
"""How long music21 may take for one file: a symphony takes half a minute."""
_LONGEST_REASON = 160
_ERRORS = {error.__name__: error for error in (InputFileError, MissingError)}


@dataclass(frozen=True, slots=True)
class Score:
    """One tune of a file: its title (empty if it has none), and the tune, or an error."""

    title: str
    musicxml: str
    error: str = ""


def ask_scores(path: Path, content: bytes) -> list[Score]:
    """The tunes in the content of a file, read in another process. Raises InputFileError, MissingError."""
    command = [sys.executable, "-m", "improv.charts.score", str(path)]
    try:
        done = subprocess.run(
            command, input=content, capture_output=True, timeout=_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise InputFileError(
            f"Cannot read {str(path)!r}: music21 has not read it in {_LIMIT_S} s; expected a lead sheet."
        ) from None
    try:
        kind, said = json.loads(done.stdout)
    except ValueError:
        raise InputFileError(
            f"Cannot read {str(path)!r}: reading it crashes the process."
        ) from None
    if kind != "scores":
        raise _ERRORS.get(kind, InputFileError)(said)
    return [Score(**score) for score in said]


def read_scores(path: Path, content: bytes) -> list[Score]:
    """The tunes in the content of a file, in order; one that cannot be read has an error.

    Raises InputFileError where there is none, MissingError where music21 is not installed.
    """
    where = repr(str(path))
    row = score_format(path, content)
    if row is None:
        raise InputFileError(f"Cannot read {where}: expected one of {score_names()}.")
    need_music21(str(path))
    scores: list[Score] = []
    with _quiet():
        with _as_sentence(where, row):
            tunes = row.read(content)
        for number, tune in enumerate(tunes, start=1):
            try:
                with _as_sentence(where, row):
                    found = tune()
                    scores.append(Score(title_of(found.stream), musicxml_of(found)))
            except InputFileError as error:
                said = (
                    str(error)
                    if len(tunes) == 1
                    else f"{str(error).rstrip('.')}, in tune {number}."
                )
                scores.append(Score("", "", said))
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
    except Exception as error:  # it raises anything for a file it does not expect
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_REASON].rstrip(".:")
        raise InputFileError(
            f"Cannot read {where}: music21 cannot read it as {row.name} ({reason})."
        ) from error


def main() -> None:
    """Say what is in a file, on stdout, as `ask_scores` reads it."""
    out = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    content = sys.stdin.buffer.read()
    try:
        answer: list[Any] = [
            "scores",
            [asdict(score) for score in read_scores(Path(sys.argv[1]), content)],
        ]
    except ImprovError as error:
        answer = [type(error).__name__, str(error)]
    with os.fdopen(out, "w", encoding="utf-8") as file:
        json.dump(answer, file)


if __name__ == "__main__":
    main()
