"""Options that are not given come from the environment, then from the config file, then from the default.

Nothing here lists the options: what the file and the environment may hold is read off the commands.

    tempo = 160                JAZZ_IMPROV_TEMPO=160               jazz-improv --tempo 160
    [generate]  seed = 7       JAZZ_IMPROV_GENERATE_SEED=7         jazz-improv generate --seed 7
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from improv import settings
from improv.cli.help import COMMANDS, OPTIONS, Command, Group
from improv.cli.numbers import Number, Whole
from improv.errors import SettingsError
from improv.midi.bindings import Binding, read_bindings

TABLES = ("generate", "train", "evaluate")
"""Commands that have a table in the file. The others need no settings, and work when the file is broken."""

BINDINGS = "bindings"
"""The table of what knobs, keys and pedals do."""
AS_PLAYING = ("echo",)
"""Commands with the settings of playing."""

_ARGUMENTS, _ASKED = "improv.arguments", "improv.config"

_CONTRADICT = (("chart", "setlist"), ("band", "no_band"), ("port", "backend"), ("input", "backend"))
"""Options that exclude each other: the one set nearer to the user holds, the other gives way."""

NEEDS = (
    ("clock_in", "clock", "midi"),
    ("link_transport", "clock", "link"),
    *((name, "input", None) for name in ("input_channel", "input_latency_ms", "thru")),
)
"""Options that mean nothing without another, or without this value of it: the file may hold them for when
that one is given."""

_RANKS = {
    ParameterSource.COMMANDLINE: 3,
    ParameterSource.ENVIRONMENT: 2,
    ParameterSource.DEFAULT_MAP: 1,
}


def config_option(function: Any) -> Any:
    """--config: `SettingsGroup` looks at it before any other option."""
    return click.option(
        "--config",
        expose_value=False,
        metavar="FILE|none",
        help="Read settings that are not given here from this file; none: from no file. "
        "[default: see `jazz-improv config --path`]",
    )(function)


def settable(command: click.Command) -> dict[str, click.Option]:
    """Key in the file -> option, of all options that a file can set."""
    return {
        key_of(option): option
        for option in command.params
        if isinstance(option, click.Option)
        and option.expose_value
        and not option.is_eager
        and not option.hidden
    }


def key_of(option: click.Option) -> str:
    """The key that stands for an option: its longest name, without the dashes."""
    return max(option.opts, key=len).lstrip("-")


def variable_of(option: click.Option, table: str = "") -> str:
    """The environment variable that stands for an option of a command."""
    middle = f"_{table}" if table else ""
    return f"{settings.PREFIX}{middle}_{key_of(option)}".upper().replace("-", "_")


def listen(command: click.Command, table: str = "") -> None:
    """Have click look in the environment for options that are not given."""
    for option in settable(command).values():
        option.envvar = variable_of(option, table)


@dataclass(frozen=True)
class Settings:
    """A config file in which every key is known and every value is good."""

    written: settings.Written
    values: Mapping[str, Mapping[str, Any]]
    """Table ("" for the options of playing) -> name of the parameter -> value."""


def tables_of(group: click.Group) -> dict[str, click.Command]:
    """Table -> command; "" is that of playing."""
    tables = ["", *(name for name in TABLES if name in group.commands)]
    return {table: command_of(group, table) for table in tables}


def command_of(group: click.Group, table: str) -> click.Command:
    """The command that a table of the file is for."""
    return group.commands[table] if table else group


def load(group: click.Group, asked: str | None) -> Settings:
    """Read and check the file and the names in the environment. Raises SettingsError."""
    tables = ["", *(name for name in TABLES if name in group.commands)]
    settings.check_environment(
        variable_of(option, table)
        for table in tables
        for option in settable(command_of(group, table)).values()
    )
    written = settings.read_file(asked)
    values: dict[str, dict[str, Any]] = {table: {} for table in tables}
    for table in tables:
        content = written.values.get(table, {})
        if not table:
            others = (*tables, BINDINGS)
            content = {key: value for key, value in written.values.items() if key not in others}
        elif not isinstance(content, dict):
            raise SettingsError(
                f"Cannot use {table!r} ({written.place('', table)}): expected a table, [{table}]."
            )
        if content:  # else no module of a command need be imported
            values[table] = _checked(command_of(group, table), table, content, written)
    return Settings(written, values)


def _checked(
    command: click.Command, table: str, content: Mapping[str, Any], written: settings.Written
) -> dict[str, Any]:
    known = settable(command)
    values: dict[str, Any] = {}
    for key, value in content.items():
        if key not in known:
            names = [*known, *([] if table else TABLES)]
            where = f" of [{table}]" if table else ""
            raise SettingsError(
                f"The key {key!r}{where} ({written.place(table, key)}) is unknown; "
                f"{settings.nearest(key, names)}"
            )
        option = known[key]
        shown = "" if isinstance(value, dict) else f" = {settings.as_toml(value)}"
        try:
            _check_kind(option, value)
            value = _at_home(value)
            option.process_value(click.Context(command), value)
        except (click.UsageError, ValueError) as error:
            why = why_not(option, error) if isinstance(error, click.UsageError) else str(error)
            raise SettingsError(
                f"Cannot use {key}{shown} ({written.place(table, key)}): {why.rstrip('.')}."
            ) from None
        values[str(option.name)] = value
    return values


def why_not(option: click.Option, error: click.UsageError) -> str:
    """What is wrong with a value, in words for people who did not type it as a flag."""
    kind = option.type
    return kind.expected() if isinstance(kind, (Number, Whole)) else error.message


def _check_kind(option: click.Option, value: Any) -> None:
    """Raise ValueError for a value of the wrong kind; click would convert some."""
    if option.multiple:
        if not isinstance(value, list):
            raise ValueError("expected a list, [...]")
        for one in value:
            _check_one(option, one)
    else:
        _check_one(option, value)


def _check_one(option: click.Option, value: Any) -> None:
    if option.is_flag:
        if not isinstance(value, bool):
            raise ValueError("expected true or false")
        return
    numbers = {
        click.types.IntParamType: (int, "a whole number"),
        click.types.FloatParamType: (float, "a number"),
    }
    for kind, (python, text) in numbers.items():
        if isinstance(option.type, kind):
            if isinstance(value, str) and not _is_number(value):
                return  # a word such as "auto"; whether it is one that is known, the option says
            if isinstance(value, bool) or not isinstance(value, (int, python)):
                raise ValueError(f"expected {text}, without quotes")
            return
    if not isinstance(value, str):
        raise ValueError('expected text in quotes, "..."')


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _at_home(value: Any) -> Any:
    """`~` as the shell would have it, which reads neither file nor service."""
    if isinstance(value, list):
        return [_at_home(one) for one in value]
    if isinstance(value, str) and value.startswith("~/"):
        return str(Path.home() / value[2:])
    return value


class SettingsCommand(Command):
    """A command of TABLES whose options can contradict each other."""

    groups = OPTIONS

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does; then, of options that contradict, the one set farther from the user gives way."""
        rest = super().parse_args(ctx, args)
        _give_way(ctx)
        return rest


class SettingsGroup(Group):
    """The program: its own options, and those of TABLES, come from environment and file too."""

    groups, command_groups = OPTIONS, COMMANDS

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, with the settings that the command needs. Raises SettingsError."""
        ctx.meta[_ARGUMENTS] = tuple(args)
        given, words, _ = self.make_parser(ctx).parse_args(list(args))
        command = words[0] if words else ""
        helps = {*ctx.help_option_names}.intersection(args)
        wanted = command in ("", *AS_PLAYING, *TABLES) and not helps and not given.get("version")
        ctx.meta[_ASKED] = asked = given.get("config")
        for option in settable(self).values():
            option.envvar = None  # set by `listen`, where this was called before
        if not wanted or ctx.resilient_parsing:
            return super().parse_args(ctx, args)
        values = load(self, asked).values
        if command in AS_PLAYING:
            known = {str(option.name) for option in settable(self.commands[command]).values()}
            held = {name: value for name, value in values[""].items() if name in known}
            ctx.default_map = {command: held}
            listen(self)
            return super().parse_args(ctx, args)
        if command:  # options of playing mean nothing to it
            ctx.default_map = {command: dict(values[command])}
            listen(self.commands[command], command)
            return super().parse_args(ctx, args)
        ctx.default_map = dict(values[""])
        listen(self)
        try:
            rest = super().parse_args(ctx, args)
        except click.BadParameter as error:
            raise _explained(error) from None
        _give_way(ctx)
        return rest

    def invoke(self, ctx: click.Context) -> Any:
        """As click does; for a bad value from the file or the environment, say where it came from."""
        try:
            return super().invoke(ctx)
        except click.BadParameter as error:
            raise _explained(error) from None


def asked_file(ctx: click.Context) -> str | None:
    """The value of --config."""
    asked: str | None = ctx.find_root().meta.get(_ASKED)
    return asked


def bindings_of(ctx: click.Context) -> tuple[Binding, ...]:
    """What the config file binds knobs, keys and pedals to. Raises SettingsError."""
    written = settings.read_file(asked_file(ctx))
    rows = written.values.get(BINDINGS, {})
    try:
        if not isinstance(rows, dict):
            raise ValueError(f"expected a table, [{BINDINGS}]")
        return read_bindings(rows)
    except ValueError as error:
        place = written.place("", BINDINGS)
        raise SettingsError(f"{str(error).rstrip('.')} ({place}).") from None


def reread(ctx: click.Context) -> dict[str, Any]:
    """Read the options of playing again from the file and the environment; flags still win.

    Raises SettingsError for whatever is wrong, so that it can be reported while the old options stay in
    force.
    """
    root = ctx.find_root()
    try:
        again = root.command.make_context(root.info_name, list(root.meta[_ARGUMENTS]))
    except click.ClickException as error:
        raise SettingsError(error.format_message()) from None
    return again.params


def _give_way(ctx: click.Context) -> None:
    options = {option.name: option for option in settable(ctx.command).values()}
    for one, other in _CONTRADICT:
        if one not in options or other not in options:
            continue
        values = ctx.params[one], ctx.params[other]
        if values[0] in (None, False) or values[1] in (None, False):
            continue
        if other == "backend" and values[1] != "none":
            continue
        ranks = [_RANKS.get(_source(ctx, name), 0) for name in (one, other)]
        if ranks[0] != ranks[1]:
            loser = one if ranks[0] < ranks[1] else other
            _set_aside(ctx, options[loser])
    for one, other, needed in NEEDS:
        if one not in options or _RANKS.get(_source(ctx, one), 0) >= 3:
            continue
        if ctx.params[other] is None if needed is None else ctx.params[other] != needed:
            _set_aside(ctx, options[one])


def _set_aside(ctx: click.Context, option: click.Option) -> None:
    ctx.params[str(option.name)] = default_of(option)
    ctx.set_parameter_source(str(option.name), ParameterSource.DEFAULT)


def _source(ctx: click.Context, name: str | None) -> ParameterSource:
    return ctx.get_parameter_source(str(name)) or ParameterSource.DEFAULT


def default_of(option: click.Option) -> Any:
    """The default of an option; None if it has none of its own (click has a mark of its own for that)."""
    if isinstance(option.default, bool | int | float | str):
        return option.default
    return False if option.is_flag and not option.secondary_opts else None


def _explained(error: click.BadParameter) -> Exception:
    """The same error; if the value came from the file or the environment, an error that says so."""
    ctx = error.ctx
    if ctx is None:
        return error
    hints = [error.param_hint] if isinstance(error.param_hint, str) else error.param_hint or []
    for option in settable(ctx.command).values():
        if option is not error.param and not {*option.opts} & {hint.strip("'") for hint in hints}:
            continue
        table = str(ctx.info_name) if ctx.parent is not None else ""
        source = _source(ctx, option.name)
        if source is ParameterSource.ENVIRONMENT:
            name = variable_of(option, table)
        elif source is ParameterSource.DEFAULT_MAP:
            where = settings.read_file(asked_file(ctx)).place(table, key_of(option))
            name = f"{key_of(option)} ({where})"
        else:
            break
        why = why_not(option, error) if error.param is option else error.message
        return SettingsError(f"Cannot use {name}: {why.rstrip('.')}.")
    return error
