"""The options of ports and time: who is heard, whose clock is followed, how late synths respond."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from improv.cli.help import all_of, option
from improv.cli.numbers import Number, Whole
from improv.cli.options import Read
from improv.cli.settings import NEEDS
from improv.midi.latency import LONGEST_MS, Latency, parse_latency_table

CLOCKS = ("internal", "midi", "link")
SAME_PORT = "same"


_MILLISECONDS = Number(-LONGEST_MS, LONGEST_MS, unit="ms", such_as=-20)
_CHANNEL = Whole(1, 16, such_as=1)

timing_options = all_of(
    option(
        "--input NAME",
        "Listen to who plays into this MIDI input; a virtual port of that name is made where there "
        "is none. [default: nobody]",
    ),
    option("--input-channel N", "Listen to this channel only. [default: all]", _CHANNEL),
    option(
        "--input-latency-ms MS",
        "How long after a key is struck its note comes in.",
        _MILLISECONDS,
        default=0.0,
    ),
    option(
        "--thru N",
        "Let what is played there sound through the output, on this channel. [default: not at all]",
        _CHANNEL,
    ),
    option(
        "--clock",
        "Whose tempo to follow: its own, a MIDI clock's or an Ableton Link session's, which needs "
        "the extra [link].",
        click.Choice(CLOCKS),
        default="internal",
    ),
    option(
        "--clock-in NAME",
        "The MIDI input that the clock comes from. [default: a virtual port jazz-improv-clock]",
    ),
    option(
        "--clock-lost NAME",
        "When that clock goes silent, play on at its last tempo, or stop.",
        click.Choice(("freewheel", "stop")),
        default="freewheel",
    ),
    option(
        "--clock-out [NAME]",
        "Send MIDI clock, start, stop and song position to this output; without a name, to the "
        "output that the notes go to.",
        is_flag=False,
        flag_value=SAME_PORT,
    ),
    option(
        "--link-transport", "Start and stop with the Link session too, not only in time with it."
    ),
    option(
        "--latency-ms MS",
        "Add this to the time of every note; below 0 sends it earlier, for a synth that responds "
        "late.",
        _MILLISECONDS,
        default=0.0,
    ),
    option(
        "--latency-by-velocity V:MS,...",
        "Add this too, depending on how hard the note is struck: '10:-155,100:0'.",
        Read(parse_latency_table),
    ),
    option(
        "--clock-latency-ms MS", "The same for the clock that is sent.", _MILLISECONDS, default=0.0
    ),
)
"""--input, --clock and what belongs to them, --clock-out, --latency-ms."""


def timing_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of Config that these options set. Raises click.UsageError for what contradicts."""
    for name, other, needed in NEEDS:
        there = options[other] if needed is None else options[other] == needed
        if options[name] and not there:
            value = "" if needed is None else f" {needed}"
            flag = f"--{name.replace('_', '-')}"
            raise click.UsageError(f"{flag} has no meaning without --{other}{value}.")
    as_given = ("input", "input_latency_ms", "clock", "clock_in", "clock_lost", "clock_out")
    channels = {name: options[name] for name in ("input_channel", "thru")}
    return {
        **{name: options[name] for name in (*as_given, "link_transport")},
        **{name: None if number is None else number - 1 for name, number in channels.items()},
        "latency": Latency(
            options["latency_ms"],
            options["latency_by_velocity"] or (),
            options["clock_latency_ms"],
        ),
    }
