"""List MIDI ports, and the cells that come with the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from improv.cli.folding import columns
from improv.cli.help import Command
from improv.cli.options import backend_option, json_option, print_json, say
from improv.midi.ports import BACKENDS, list_inputs, list_outputs, quiet_c_libraries
from improv.printable import printable

if TYPE_CHECKING:
    from improv.cell.card import ModelCard


@click.command(cls=Command)
@backend_option(BACKENDS[:-1])
@json_option
def ports(backend: str, as_json: bool) -> None:
    """List the MIDI outputs and inputs: for --port, --input and --clock-in."""
    with quiet_c_libraries():
        outputs, absent = list_outputs(backend)
        inputs, _ = list_inputs(backend)
    if as_json:
        listed = {
            kind: [{"name": port.name, "backend": port.backend} for port in found]
            for kind, found in (("outputs", outputs), ("inputs", inputs))
        }
        print_json({**listed, "absent": absent})
        return
    for port in outputs:
        say(f"{port.backend:9} {port.name}")
    if not outputs:
        say("No MIDI outputs. Where there is a MIDI system, a virtual port can be made.")
    if inputs:
        say("Inputs:")
    for port in inputs:
        say(f"{port.backend:9} {port.name}")
    for why in absent:
        say(f"({why})")


@click.command(cls=Command)
@click.argument("name", required=False)
@json_option
def models(name: str | None, as_json: bool) -> None:
    """List the cells that come with the program, or what one knows.

    NAME is one of them, or a model folder; its players, styles and feels are listed.
    """
    from improv.cell.card import read_card
    from improv.cell.load import find_model, list_models

    if name is not None:
        path = find_model(name)
        _describe(path.name, read_card(path / "model.json"), as_json)
        return
    cards = [(path, read_card(path / "model.json")) for path in list_models()]
    if as_json:
        print_json(
            [
                {
                    "name": path.name,
                    "path": str(path),
                    "grammar": card.grammar_name,
                    "vocabulary": len(card.vocabulary),
                    "units": list(card.units),
                    "licence": card.licence,
                    "scores": card.scores,
                }
                for path, card in cards
            ]
        )
        return
    for path, card in cards:
        say(f"{path.name:12} {_summary(card)}")


def _width() -> int:
    return min(100, columns() or 100)


def _summary(card: ModelCard) -> str:
    sizes = "+".join(map(str, card.units))
    licence = card.licence.split(" ")[0] or "no licence stated"
    return f"{sizes} units, grammar {card.grammar_name!r}, {licence}"


def _describe(name: str, card: ModelCard, as_json: bool) -> None:
    labels = card.extra.get("labels")
    known = labels if isinstance(labels, dict) else {}
    if as_json:
        print_json({"name": name, "labels": known, "licence": card.licence, "scores": card.scores})
        return
    say(f"{name}: {_summary(card)}")
    for kind in ("players", "styles", "feels"):
        names = known.get(kind) or []
        if names:
            text = f"{kind}: {', '.join(map(str, names))}"
            say(click.wrap_text(printable(text), _width(), "", "    "))
    if not known:
        say("It did not learn who plays what, so it cannot play like anybody in particular.")
    if card.attribution:
        say(click.wrap_text(printable(card.attribution), _width()))
