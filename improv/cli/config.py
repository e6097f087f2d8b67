"""What each option is set to, who set it, and an example of a config file: all read off the commands."""

from __future__ import annotations

import textwrap
from typing import Any

import click
from click.core import ParameterSource

from improv import settings as files
from improv.cli import settings
from improv.cli.help import Command, default_text
from improv.cli.options import json_option, print_json, say
from improv.errors import SettingsError

_WIDTH = 100


@click.command(cls=Command)
@click.argument("command", required=False, type=click.Choice(settings.TABLES))
@click.option("--path", "only_path", is_flag=True, help="Print only the path of the config file.")
@click.option("--example", is_flag=True, help="Print an example that has every option in it.")
@json_option
@click.pass_context
def config(
    context: click.Context, command: str | None, only_path: bool, example: bool, as_json: bool
) -> None:
    """Show every option, its value, and where that was set.

    The options are those of playing, or of the command that you name. Flags win over the environment
    (JAZZ_IMPROV_TEMPO=160), the environment over the config file (tempo = 160), and the file over defaults.
    `jazz-improv --tempo 160 config` shows what would be played with these flags; `jazz-improv --config FILE
    config` reads another file.
    """
    root = context.find_root()
    group = root.command
    if not isinstance(group, click.Group):  # called by itself, which nobody does
        raise click.UsageError("config is a command of jazz-improv.")
    asked = settings.asked_file(root)
    if only_path:
        say(files.find_file(asked) or files.NO_FILE)
        return
    if example:
        say(example_of(group), end="", fold=False)
        return
    loaded = settings.load(group, asked)
    rows = _rows(root, group, command or "", loaded)
    path, found = loaded.written.path, loaded.written.found
    if as_json:
        for row in rows:
            del row["shown"]
        print_json({"file": str(path) if path else None, "found": found, "values": rows})
        return
    if path is None:
        say("Config file: none\n")
    else:
        say(f"Config file: {path}{'' if found else ' (does not exist)'}\n")
    keys = max(len(row["key"]) for row in rows)
    values = min(40, max(len(row["shown"]) for row in rows))
    for row in rows:
        origin = row["origin"] + (f": {row['where']}" if row["where"] else "")
        say(f"{row['key']:{keys}}  {row['shown']:{values}}  {origin}")


def _rows(
    root: click.Context, group: click.Group, table: str, loaded: settings.Settings
) -> list[dict[str, Any]]:
    """One for each option: key, value, what to show of it, origin, and where exactly."""
    command = settings.tables_of(group)[table]
    context = click.Context(
        command,
        parent=root if table else None,
        info_name=table or root.info_name,
    )
    settings.listen(command, table)
    rows = []
    for key, option in settings.settable(command).items():
        name = str(option.name)
        if not table and root.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            value, origin, where = root.params[name], "flag", f"--{key}"
        elif (text := option.value_from_envvar(context)) is not None:
            variable = settings.variable_of(option, table)
            try:
                value = option.process_value(context, text)
            except click.UsageError as error:
                why = settings.why_not(option, error)
                raise SettingsError(f"Cannot use {variable}: {why.rstrip('.')}.") from None
            origin, where = "environment", variable
        elif name in loaded.values[table]:
            value = loaded.values[table][name]
            origin, where = "file", loaded.written.place(table, key)
        else:
            value, origin, where = settings.default_of(option), "default", ""
        value = (
            value
            if isinstance(value, bool | int | float | list | tuple) or not value
            else str(value)
        )
        shown = (
            f"({default_text(option) or 'not set'})"
            if value in (None, "")
            else files.as_toml(value)
        )
        rows.append({"key": key, "value": value, "shown": shown, "origin": origin, "where": where})
    return rows


def example_of(group: click.Group) -> str:
    """A config file with every option in it, each with its help, each commented out."""
    parts = [
        "# The config file of jazz-improv. Options that are not set here keep their defaults. Flags win over",
        "# the environment (JAZZ_IMPROV_TEMPO=160), and the environment over this file. `jazz-improv config",
        "# --path` says where it is looked for, `jazz-improv config` which values are in force. If an option",
        "# has no fixed default, the value below only shows what one looks like.",
        "",
    ]
    for table, command in settings.tables_of(group).items():
        if table:
            parts += [f"# Options of `jazz-improv {table}`.", f"[{table}]", ""]
        for key, option in settings.settable(command).items():
            parts += [*_comment(option), f"#{key} = {files.as_toml(_sample(option))}", ""]
    return "\n".join(parts)


def _comment(option: click.Option) -> list[str]:
    text = " ".join((option.help or "").split()) or "One of the following."
    extra = []
    kind = option.type
    if isinstance(kind, click.Choice):
        extra.append(f"one of {', '.join(map(str, kind.choices))}")
    if isinstance(kind, click.IntRange | click.FloatRange):
        low = "" if kind.min is None else f"from {kind.min:g}"
        extra.append(" ".join(filter(None, (low, "" if kind.max is None else f"to {kind.max:g}"))))
    if extra := [one for one in extra if one]:
        text += f" ({'; '.join(extra)})"
    return textwrap.wrap(
        text, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False
    )


def _sample(option: click.Option) -> Any:
    """The default of an option, or some value of the right kind."""
    default = settings.default_of(option)
    kind = option.type
    if default not in (None, ""):
        one: Any = default
    elif option.is_flag:
        one = False
    elif isinstance(kind, click.Choice):
        one = kind.choices[0]
    elif isinstance(kind, click.IntRange | click.FloatRange):
        one = kind.min if kind.min is not None else kind.max or 0
    elif isinstance(kind, click.types.IntParamType | click.types.FloatParamType):
        one = 0
    else:
        one = option.metavar or ""
    return [one] if option.multiple else one
