"""The options of ports and time: who is heard, whose clock is followed, how late synths respond."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from improv.cli.numbers import Number, Whole
from improv.midi.latency import LONGEST_MS, Latency, parse_latency_table

CLOCKS = ("internal", "midi", "link")
SAME_PORT = "same"


class _LatencyTable(click.ParamType):
    name = "table"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[tuple[int, float], ...]:
        if not isinstance(value, str):
            return tuple(value)
        try:
            return parse_latency_table(value)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


def timing_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--input, --clock and what belongs to them, --clock-out, --latency-ms."""
    milliseconds = Number(-LONGEST_MS, LONGEST_MS, unit="ms", such_as=-20)
    channel = Whole(1, 16, such_as=1)
    options = (
        click.option(
            "--input",
            default=None,
            metavar="NAME",
            help="Listen to who plays into this MIDI input; a virtual port of that name is made where there "
            "is none. [default: nobody]",
        ),
        click.option(
            "--input-channel",
            type=channel,
            default=None,
            metavar="N",
            help="Listen to this channel only. [default: all]",
        ),
        click.option(
            "--input-latency-ms",
            type=milliseconds,
            default=0.0,
            show_default=True,
            metavar="MS",
            help="How long after a key is struck its note comes in.",
        ),
        click.option(
            "--thru",
            type=channel,
            default=None,
            metavar="N",
            help="Let what is played there sound through the output, on this channel. [default: not at all]",
        ),
        click.option(
            "--clock",
            type=click.Choice(CLOCKS),
            default="internal",
            show_default=True,
            help="Whose tempo to follow: its own, a MIDI clock's or an Ableton Link session's, which needs "
            "the extra [link].",
        ),
        click.option(
            "--clock-in",
            default=None,
            metavar="NAME",
            help="The MIDI input that the clock comes from. [default: a virtual port jazz-improv-clock]",
        ),
        click.option(
            "--clock-lost",
            type=click.Choice(("freewheel", "stop")),
            default="freewheel",
            show_default=True,
            metavar="NAME",
            help="When that clock goes silent, play on at its last tempo, or stop.",
        ),
        click.option(
            "--clock-out",
            is_flag=False,
            flag_value=SAME_PORT,
            default=None,
            metavar="[NAME]",
            help="Send MIDI clock, start, stop and song position to this output; without a name, to the "
            "output that the notes go to.",
        ),
        click.option(
            "--link-transport",
            is_flag=True,
            help="Start and stop with the Link session too, not only in time with it.",
        ),
        click.option(
            "--latency-ms",
            type=milliseconds,
            default=0.0,
            show_default=True,
            metavar="MS",
            help="Add this to the time of every note; below 0 sends it earlier, for a synth that responds "
            "late.",
        ),
        click.option(
            "--latency-by-velocity",
            type=_LatencyTable(),
            default=None,
            metavar="V:MS,...",
            help="Add this too, depending on how hard the note is struck: '10:-155,100:0'.",
        ),
        click.option(
            "--clock-latency-ms",
            type=milliseconds,
            default=0.0,
            show_default=True,
            metavar="MS",
            help="The same for the clock that is sent.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def timing_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of Config that these options set. Raises click.UsageError for what contradicts."""
    clock = options["clock"]
    for name, needed in (("clock_in", "midi"), ("link_transport", "link")):
        if options[name] and clock != needed:
            flag = f"--{name.replace('_', '-')}"
            raise click.UsageError(f"{flag} has no meaning without --clock {needed}.")
    for name in ("input_channel", "input_latency_ms", "thru"):
        if options[name] and not options["input"]:
            raise click.UsageError(f"--{name.replace('_', '-')} has no meaning without --input.")
    return {
        "input": options["input"],
        "input_channel": None if options["input_channel"] is None else options["input_channel"] - 1,
        "input_latency_ms": options["input_latency_ms"],
        "thru": None if options["thru"] is None else options["thru"] - 1,
        "clock": clock,
        "clock_in": options["clock_in"],
        "clock_lost": options["clock_lost"],
        "clock_out": options["clock_out"],
        "link_transport": options["link_transport"],
        "latency": Latency(
            options["latency_ms"],
            options["latency_by_velocity"] or (),
            options["clock_latency_ms"],
        ),
    }
