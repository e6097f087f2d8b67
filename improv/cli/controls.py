"""What can be changed while it plays, what can be typed, and which knobs, keys and pedals do it."""

from __future__ import annotations

import click

from improv.cli.help import Command
from improv.cli.options import json_option, print_json, say
from improv.cli.settings import bindings_of
from improv.controls.table import ROWS, Controls, flag_of


@click.command(cls=Command)
@json_option
@click.pass_context
def controls(context: click.Context, as_json: bool) -> None:
    """List what can be changed while it plays.

    Each control with its range, its default and what is bound to it, then all other words that can be
    typed. `learn density`, typed while it plays, binds the knob that is turned next; the table [bindings]
    of the config file keeps it.
    """
    from improv.performance.steering import WORDS

    bindings, defaults = bindings_of(context), Controls()
    flags = {flag_of(name) for name in ROWS}
    keys: dict[str, list[str]] = {}
    for one in bindings:
        keys.setdefault(one.line, []).append(one.key)
    if as_json:
        rows = [
            {
                "name": flag_of(name),
                "low": row.low,
                "high": row.high,
                "unit": row.unit,
                "default": None if row.automatic else getattr(defaults, name),
                "automatic": row.automatic,
                "of_soloist": row.of_soloist,
                "help": row.help,
                "bindings": keys.get(flag_of(name), []),
            }
            for name, row in ROWS.items()
        ]
        words = [
            {"word": name, "usage": word.usage, "help": word.help}
            for name, word in WORDS.items()
            if name not in flags
        ]
        print_json(
            {"controls": rows, "words": words, "bindings": {one.key: one.line for one in bindings}}
        )
        return
    for name, row in ROWS.items():
        unit = "" if row.unit == "ratio" else f" {row.unit}".rstrip()
        span = f"{row.low:g} to {row.high:g}{unit}"
        default = row.default_text.partition(":")[0]
        bound = ", ".join(keys.get(flag_of(name), []))
        say(f"{flag_of(name):12} {span:18} [{default}] {row.help}{f' ({bound})' if bound else ''}")
    say("\nTyped while it plays:")
    for name, word in WORDS.items():
        if name not in flags:
            say(f"{word.usage:26} {word.help}")
    if bindings:
        say("\nBound:")
    for one in bindings:
        say(f"{one.key:26} {one.line}")
