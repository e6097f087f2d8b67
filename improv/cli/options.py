"""Options that several commands share, and how text leaves the program."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click

from improv.cli.folding import columns, folded
from improv.cli.help import Decorator, all_of, option
from improv.cli.numbers import Number, Whole
from improv.config import DEFAULT_CHART, DEFAULT_MODEL
from improv.controls.table import ROWS, flag_of
from improv.errors import ChartError
from improv.printable import printable, shown

PROGRAM = "jazz-improv"
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"
_NOT_ASCII = re.compile(r"[^\n -~]")
_OURS = re.compile(rf"({re.escape(_BOLD)}|{re.escape(_PLAIN)})")

PATH = click.Path(path_type=Path)


def say(text: object, *, end: str = "\n", err: bool = False, fold: bool = True) -> None:
    """Write to the terminal, without what it might obey: much of what is said was written by strangers.

    Lines that are too long for the terminal are broken between words, unless `fold` is False.
    """
    safe = shown(str(text))
    click.echo((folded(safe, columns(err)) if fold else safe) + end, nl=False, err=err)


def complain(text: str) -> None:
    """One line on stderr, if that can be written to; nothing that a file brought in is obeyed there."""
    from improv.cli.logs import lead_in

    with suppress(OSError):
        say(f"{lead_in()}{printable(text)}", err=True)


def obeys_codes() -> bool:
    """Whether a terminal may be sent codes: not where it is `dumb` or the user wants none (NO_COLOR)."""
    return os.environ.get("TERM") != "dumb" and not os.environ.get("NO_COLOR")


def emphasise(text: str) -> str:
    """Bold, where that is wanted; codes are left out anyway of what does not go to a terminal."""
    return f"{_BOLD}{text}{_PLAIN}" if obeys_codes() else text


def harmless(text: str) -> str:
    """The text as `say` writes it, but with what was emphasised."""
    return "".join(part if part in (_BOLD, _PLAIN) else shown(part) for part in _OURS.split(text))


def print_json(value: object) -> None:
    """Print for a program to read."""
    say(json_text(value, indent=2), fold=False)


def json_text(value: object, indent: int | None = None) -> str:
    """JSON in which what a terminal might obey is written as an escape of JSON's own."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _NOT_ASCII.sub(_escaped_unless_shown, text)


def _escaped_unless_shown(found: re.Match[str]) -> str:
    return found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1]


def use_one_thread() -> None:
    """Keep NumPy to one thread: matrices this small are slower on two. Before its first import."""
    for library in ("OPENBLAS", "OMP"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")


@contextmanager
def progress_bar(length: int, label: str, shown: bool = True) -> Iterator[Callable[[int], None]]:
    """A bar on stderr (only where that is a terminal); call what it gives with how far it is now."""
    seen = shown and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    stream = sys.stderr if seen else io.StringIO()
    with click.progressbar(length=length, label=label, file=stream) as bar:
        done = 0

        def reach(now: int) -> None:
            nonlocal done
            bar.update(now - done)
            done = now

        yield reach


class EndWithStatus(Exception):  # noqa: N818 (not an error: it has been said)
    """End with this status; what there is to say has been said."""

    def __init__(self, status: int) -> None:
        self.status = status


class Read(click.ParamType):
    """Text that `read` makes something of; where it cannot, it raises ValueError, the end of a sentence."""

    name = "text"

    def __init__(self, read: Callable[[str], object], *, keeps_text: bool = False) -> None:
        """`keeps_text`: the value is the text itself, once it is known that it can be read."""
        self._read, self._keeps_text = read, keeps_text

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """What was read; what is no text was read already."""
        if not isinstance(value, str) or (self._keeps_text and not value):
            return value
        try:
            read = self._read(value)
        except ValueError as error:
            self.fail(f"{str(error).rstrip('.')}.", param, ctx)
        return value if self._keeps_text else read


def read_host(text: str) -> object:
    """A place in the network, of this machine unless a host is named."""
    from improv.osc import endpoint

    return endpoint.read_host(text)


def control_number(name: str) -> Number:
    """What a control may be set to."""
    row = ROWS[name]
    unit = "" if row.unit == "ratio" else row.unit
    return Number(row.low, row.high, unit=unit, such_as=row.example, automatic=row.automatic)


def _control(name: str) -> Decorator:
    row = ROWS[name]
    metavar = f"{'auto|' * row.automatic}{row.unit.upper() or 'NUMBER'}"
    text = f"{row.help[0].upper()}{row.help[1:]}. [default: {row.default_text}]"
    return option(f"--{flag_of(name)} {metavar}", text, control_number(name), name=name)


control_options = all_of(*map(_control, ROWS))
"""One option for each row of the table of controls."""

strict_option = option(
    "--strict", "Refuse a chart of which anything cannot be read or obeyed, instead of saying so."
)
_MOST_WARNINGS = 5


def heed(warnings: Sequence[str], strict: bool, say: Callable[[str], None] = complain) -> None:
    """Say what of a chart was read or written otherwise; ChartError with the first where that is `strict`."""
    if warnings and strict:
        raise ChartError(f"{warnings[0].rstrip('.')}: refused, as --strict asks.")
    for text in warnings[:_MOST_WARNINGS]:
        say(text)
    if len(warnings) > _MOST_WARNINGS:
        say(
            f"{len(warnings) - _MOST_WARNINGS} more remarks of this kind; `chart show` has them all."
        )


CHART_FILES = (
    "text, iReal Pro, MusicXML, MIDI; with the extra [train] also ABC, Humdrum, MEI, Capella, NoteWorthy, "
    "MuseData, RomanText"
)
"""The formats of charts as --help names them, written out so that --help loads no table of readers."""

chart_option = option(
    "--chart NAME|FILE|TEXT|LINK",
    f"A built-in chart, a file ({CHART_FILES}; 'jazz.html#Blue Bossa' picks one tune), "
    "an irealb:// link, bars as text ('| Dm7 | G7 | Cmaj7 | % |'), or - for standard input. "
    f"[default: {DEFAULT_CHART}]",
)
key_option = option(
    "--key KEY|+N|-N",
    "Play in this key (Eb, Cm), or this many semitones higher or lower. [default: the chart's]",
    default="",
)
model_option = option(
    "--model NAME|DIR",
    "A cell that comes with the program, or a model folder.",
    default=DEFAULT_MODEL,
)
seed_option = option(
    "--seed N",
    "The same seed gives the same solo. [default: a new one each time]",
    Whole(0, such_as=7),
)
engine_option = option(
    "--engine",
    "What computes the cell; keras needs the extra [train].",
    click.Choice(["numpy", "keras"]),
    default="numpy",
)

player_option = option(
    "--player NAME[:SHARE],...",
    "Play like somebody the cell learned from ('Charlie Parker'), or like a mixture of players "
    "('Charlie Parker:0.7,John Coltrane:0.3'). [default: nobody in particular]",
    default="",
)
style_option = option(
    "--style NAME",
    "Play in a style the cell learned, such as swing, bebop or hardbop; `jazz-improv models NAME` lists "
    "them. [default: none in particular]",
    default="",
)
max_quote_option = option(
    "--max-quote N",
    "Play at most N notes in a row that also stand in a solo the cell learned from, in any key. "
    "[default: no limit]",
    Whole(6, such_as=12),
)


json_option = option("--json", "Print JSON for a program to read.", name="as_json")


def backend_option(backends: Sequence[str]) -> Decorator:
    """--backend, for a command that can use these MIDI systems."""
    return option("--backend NAME", "The MIDI system.", click.Choice(backends), default="auto")
