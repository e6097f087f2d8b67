"""The value at every step of the road a note travels, for one file and a fixed seed."""

from __future__ import annotations

from pathlib import Path

import click

from improv.cli.help import Command, option
from improv.cli.numbers import Whole
from improv.cli.options import (
    PATH,
    complain,
    emphasise,
    json_option,
    model_option,
    print_json,
    say,
    use_one_thread,
)
from improv.printable import shown


@click.command(cls=Command)
@click.argument("file", type=PATH)
@model_option
@option("--seed N", "The same seed gives the same tokens.", Whole(0), default=1)
@option("--tokens N", "How many tokens to improvise.", Whole(1, 1000, such_as=8), default=8)
@json_option
def trace(file: Path, model: str, seed: int, tokens: int, as_json: bool) -> None:
    """Show what a solo becomes at every step, down to the MIDI bytes.

    FILE is a MIDI file with a melody and chords. The cell hears it to its end, then goes on improvising:
    notes, tokens, what the cell is shown, its choices, new tokens, notes and MIDI messages are printed.
    """
    use_one_thread()
    from improv.cell.load import find_model, load_model
    from improv.charts.midi_file import read_contents
    from improv.cli.trace_line import as_text, travel

    road = travel(file, load_model(find_model(model)), seed, tokens)
    for remark in read_contents(file).remarks:
        complain(f"{str(file)!r}: {remark}.")
    if as_json:
        print_json(road)
        return
    for title, lines in as_text(road):
        click.echo(emphasise(shown(title)))
        for line in lines:
            say(f"  {line}")
        say("")
