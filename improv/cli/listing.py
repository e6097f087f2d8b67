"""What there is: MIDI outputs, shipped cells."""

from __future__ import annotations

import click

from improv.cli.options import json_option, print_json
from improv.live.ports import BACKENDS


@click.command()
@click.option("--backend", type=click.Choice(BACKENDS[:-1]), default="auto", show_default=True)
@json_option
def ports(backend: str, as_json: bool) -> None:
    """List the MIDI outputs that --port can open."""
    from improv.live.ports import list_outputs, quiet_c_libraries

    with quiet_c_libraries():
        found, absent = list_outputs(backend)
    if as_json:
        outputs = [{"name": port.name, "backend": port.backend} for port in found]
        print_json({"outputs": outputs, "absent": absent})
        return
    for port in found:
        click.echo(f"{port.backend:9} {port.name}")
    if not found:
        click.echo("No MIDI outputs; a virtual port can be made where there is a MIDI system.")
    for why in absent:
        click.echo(f"({why})")


@click.command()
@json_option
def models(as_json: bool) -> None:
    """List the shipped cells."""
    from improv.cell.load import list_models, read_card

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
        sizes = "+".join(map(str, card.units))
        click.echo(
            f"{path.name:12} {sizes} units, {len(card.vocabulary)} tokens of grammar "
            f"{card.grammar_name!r}, {card.licence}"
        )
