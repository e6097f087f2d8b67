"""How `--help` is laid out: commands before options, both in groups, 80 columns, nothing cut off.

click's own formatter does the wrapping. A library for this costs more at every start than the whole of click:
cloup 25 ms and click-extra 60 ms, where click itself takes 21; rich-click 8 ms, and rich where help is shown.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any, ClassVar

import click

from improv.controls.table import ROWS

Groups = Mapping[str, Sequence[str]]
"""Heading -> names of commands, or of an option's parameter, in the order they are shown in."""

COMMANDS: Groups = {
    "Play": ("page", "echo", "report", "controls", "replay", "models"),
    "Charts": ("chart",),
    "Files": ("generate", "trace"),
    "Train": ("train", "evaluate", "corpus"),
    "Stage": ("doctor", "ports", "panic", "status", "config"),
}

OPTIONS: Groups = {
    heading: tuple(names.split())
    for heading, names in {
        "The tune": "chart setlist strict key key_cycle feel choruses loop faster count_in intro ending arc",
        "The soloist and the band": "model player style max_quote mode seed takes engine faithful "
        "channel program band no_band volumes",
        "Controls": " ".join(ROWS),
        "Ports and time": "port synth backend input input_channel input_latency_ms thru clock clock_in "
        "clock_lost clock_out link_transport latency_ms latency_by_velocity clock_latency_ms osc osc_to",
        "Files": "record log out soundfont",
        "The page": "page page_port page_host page_cert",
    }.items()
}
"""Groups for the commands that play; what is in none of them stands under REST."""

REST = "The program"

_WIDEST = 24
"""Names of this many characters stand beside their text."""
_INDENT = 20
"""Of the text, where no name does."""


class Command(click.Command):
    """A command whose options, where it has many, are shown in groups."""

    groups: ClassVar[Groups] = {}

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, a group at a time."""
        write_options(self, self.groups, ctx, formatter)


class Group(click.Group):
    """A command with sub-commands, which are shown before its options."""

    groups: ClassVar[Groups] = {}
    command_groups: ClassVar[Groups] = {}

    command_class = Command

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, then the options, a group at a time."""
        left = dict.fromkeys(self.list_commands(ctx))
        for heading, names in [*self.command_groups.items(), ("Commands", tuple(left))]:
            rows = [name for name in names if name in left and left.pop(name, "") is None]
            _write(formatter, heading, [(name, summary(self.commands[name])) for name in rows])
        write_options(self, self.groups, ctx, formatter)


Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def option(
    flag: str, text: str, kind: Any = None, *, name: str = "", default: Any = None, **more: Any
) -> Decorator:
    """An option: the flag and what stands behind it ("--port NAME"), its help, its type.

    One with nothing behind it and of no type is a flag. A default is shown where it is a value; where it is
    none, the help says what holds then: "[default: the chart's]". `more` is as click has it.
    """
    flag, _, metavar = flag.partition(" ")
    is_flag = not metavar and kind is None
    if (
        default is not None
        or "/" in flag
        or not (is_flag or more.keys() & {"multiple", "required"})
    ):
        more["default"] = default
    shown = default not in (None, "") and not isinstance(default, bool)
    more = {"is_flag": is_flag or None, "show_default": shown or None} | more
    names = (flag, name) if name else (flag,)
    return click.option(*names, type=kind, metavar=metavar or None, help=text, **more)


def all_of(*options: Decorator) -> Decorator:
    """Several options as one."""
    return lambda function: reduce(lambda done, one: one(done), reversed(options), function)


def write_options(
    command: click.Command, groups: Groups, ctx: click.Context, formatter: click.HelpFormatter
) -> None:
    """Write the options of a command under the headings of `groups`, the others after them."""
    left = {
        str(option.name): option
        for option in command.get_params(ctx)
        if isinstance(option, click.Option) and not option.hidden
    }
    for heading, names in groups.items():
        found = [left.pop(name) for name in names if name in left]
        _write(formatter, heading, [_row(option, ctx) for option in found])
    _write(
        formatter,
        REST if groups else "Options",
        [_row(option, ctx) for option in left.values()],
    )


def summary(command: click.Command) -> str:
    """The first sentence of a command's help."""
    text = " ".join((command.help or "").split("\n\n")[0].split())
    return text.partition(". ")[0].rstrip(".")


def default_text(option: click.Option) -> str:
    """What an option's help says of its default where that is no value: "the chart's"."""
    _, found, rest = (option.help or "").rpartition("[default: ")
    return rest.rstrip().rstrip("]") if found else ""


def _row(option: click.Option, ctx: click.Context) -> tuple[str, str]:
    """The names of an option, and its help: one sentence or more, then default and range in brackets."""
    names, _ = option.get_help_record(ctx) or ("", "")
    text, _, _ = (option.help or "").partition("[default: ")
    kind = option.type
    if isinstance(kind, click.Choice) and option.metavar:
        text = f"{text.rstrip()} One of {', '.join(map(str, kind.choices))}."
    facts = []
    if default := default_text(option):
        facts.append(f"default: {default}")
    elif option.show_default and isinstance(option.default, (str, int, float)):
        shown = option.default if isinstance(option.default, str) else f"{option.default:g}"
        facts.append(f"default: {shown}")
    if isinstance(kind, click.IntRange | click.FloatRange) and (kind.min, kind.max) != (0, None):
        facts.append(range_text(kind))
    if option.required:
        facts.append("required")
    return names, f"{text.rstrip()} [{'; '.join(facts)}]".lstrip() if facts else text.rstrip()


def range_text(kind: click.IntRange | click.FloatRange) -> str:
    """ "0 to 3", or "6 or more"."""
    low, high = (None if end is None else f"{end:,g}" for end in (kind.min, kind.max))
    if low is None or high is None:
        return f"{low} or more" if high is None else f"{high} or less"
    return f"{low} to {high}"


def _write(formatter: click.HelpFormatter, heading: str, rows: Sequence[tuple[str, str]]) -> None:
    """A heading and its rows, in two columns; names too long for theirs stand on a line of their own."""
    if not rows:
        return
    fitting = [len(names) for names, _ in rows if len(names) <= _WIDEST]
    column = 2 + max(fitting, default=_INDENT) + 2
    with formatter.section(heading):
        for names, text in rows:
            lines = textwrap.wrap(text, formatter.width - column, break_on_hyphens=False) or [""]
            if len(names) > _WIDEST:
                formatter.write(f"  {names}\n")
                names = ""
            for line in lines:
                formatter.write(f"  {names}".ljust(column) + line + "\n")
                names = ""
