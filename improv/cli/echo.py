"""`jazz-improv echo`: phrases that are to be played back, in a session like any other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click
from click.core import ParameterSource

from improv.cli import cli, play_session
from improv.cli.help import option
from improv.cli.numbers import Whole
from improv.cli.options import say
from improv.cli.settings import SettingsCommand, settable
from improv.config import Config

_SET_HERE: dict[str, Any] = {"ending": "none", "faster": "", "mode": None}
"""Options of playing that an echo decides about."""


@click.command(
    cls=SettingsCommand,
    params=[option for option in settable(cli).values() if option.name not in _SET_HERE],
)
@option("--bars N", "Bars of a phrase, and of yours after it.", Whole(1, 8, such_as=2), default=2)
@click.pass_context
def echo(context: click.Context, bars: int, **options: Any) -> None:
    """Play phrases for you to play back, and say what was right.

    A phrase over some bars of the chart, then the same bars for you. It says what was right: pitch (in any
    octave), rhythm, and how late. What was right makes the next phrase longer; what was not is played again,
    three times at the most. The band goes on. It has all the options and settings of playing; --input is the
    port on which you play, and is needed.
    """
    if options["input"] is None:
        raise click.UsageError("echo needs --input, the port on which you play.")
    if context.get_parameter_source("arc") is ParameterSource.DEFAULT:
        options["arc"] = "steady"
    options |= _SET_HERE

    def echoing(config: Config) -> Config:
        tunes = (replace(t, plan=replace(t.plan, echo_bars=bars)) for t in config.tunes)
        return replace(config, tunes=tuple(tunes))

    if not options["quiet"]:
        rest = "1 bar" if bars == 1 else f"{bars} bars"
        say(f"Listen to {rest}, then play back what you heard, over the same chords.")
    play_session(context, options, lambda: options, echoing)
