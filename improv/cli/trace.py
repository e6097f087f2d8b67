"""The value at every step of the road a note travels, for one file and a fixed seed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from improv.cli.help import Command
from improv.cli.options import PATH, json_option, model_option, print_json, use_one_thread

AsText = Callable[[dict[str, Any]], list[tuple[str, list[str]]]]
"""The road as (title, lines) of each station."""


@click.command(cls=Command)
@click.argument("file", type=PATH)
@model_option
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    metavar="N",
    help="The same seed gives the same tokens.",
)
@click.option(
    "--tokens",
    type=click.IntRange(1, 1000),
    default=8,
    show_default=True,
    metavar="N",
    help="How many tokens to improvise.",
)
@json_option
def trace(file: Path, model: str, seed: int, tokens: int, as_json: bool) -> None:
    """Show what a solo becomes at every step, down to the MIDI bytes.

    FILE is a MIDI file with a melody and chords. The cell hears it to its end, then goes on improvising:
    notes, tokens, what the cell is shown, its choices, new tokens, notes and MIDI messages are printed.
    """
    use_one_thread()
    road, as_text = _road_of(file, model, seed, tokens)
    if as_json:
        print_json(road)
        return
    for title, lines in as_text(road):
        click.echo(click.style(title, bold=True))
        for line in lines:
            click.echo(f"  {line}")
        click.echo()


def _road_of(file: Path, model: str, seed: int, tokens: int) -> tuple[dict[str, Any], AsText]:
    """The road, and how it is printed; that depends on the grammar."""
    from improv.cell.load import find_model, load_model
    from improv.cell.pair import PairCell

    loaded = load_model(find_model(model))
    if isinstance(loaded.cell, PairCell):
        from improv.cli import trace_line

        return trace_line.travel(file, loaded, seed, tokens), trace_line.as_text
    return travel(file, model, seed, tokens), _as_text


def travel(file: Path, model_name: str, seed: int, n_tokens: int) -> dict[str, Any]:
    """Every value on the road, as plain data. Raises InputFileError, ModelError."""
    import numpy as np

    from improv.cell.load import find_model, load_model
    from improv.cell.sample import sample
    from improv.config import Plan, Tune
    from improv.corpus.midi import read_solo
    from improv.errors import ModelError
    from improv.feel.performed import performed
    from improv.grammar.changes import ChangesGrammar
    from improv.music.tempo import TempoMap
    from improv.soloist.make import grammar_of

    solo = read_solo(file)
    model = load_model(find_model(model_name))
    card, cell = model.card, model.token_cell
    grammar = grammar_of(model)
    if not isinstance(grammar, ChangesGrammar):
        raise ModelError(
            f"The model {str(model.path)!r} speaks grammar {grammar.name!r}, which has no encoder for any "
            "file; `trace` needs one of grammar 'line' or 'changes'."
        )
    encoded = grammar.encode(solo)
    state, nats = cell.initial_state(), []
    for inputs, token in zip(encoded.inputs, encoded.tokens, strict=True):
        logits, state = cell.step(inputs, state)
        nats.append(float(np.logaddexp.reduce(logits.astype(float)) - logits[token]))

    controls = Tune(solo.chart, Plan()).controls_at_start()
    tempo = TempoMap(controls.tempo_bpm)
    rng = np.random.default_rng(seed)
    decoder = grammar.decoder(solo.chart, rng)
    steps = []
    for _ in range(n_tokens):
        inputs = decoder.inputs()
        tick, chord = decoder.tick, solo.chart.chord_at(decoder.tick)
        logits, state = cell.step(inputs, state)
        probabilities = np.exp(logits - np.logaddexp.reduce(logits.astype(float)))
        likeliest = np.argsort(-logits, kind="stable")[:3]
        token = sample(
            logits, rng, temperature=controls.temperature, top_p=controls.top_p, mask=decoder.mask()
        )
        note = decoder.feed(token)
        step: dict[str, Any] = {
            "tick": tick,
            "chord": chord.text if chord else "NC",
            "inputs": inputs,
            "likeliest": [
                [card.vocabulary[t], round(float(probabilities[t]), 3)] for t in likeliest
            ],
            "token": card.vocabulary[token],
            "note": None,
            "messages": [],
        }
        if note is not None:
            onset_tick, end_tick = performed(note, controls.swing)
            step["note"] = [note.onset_tick, note.duration_tick, note.pitch, note.velocity]
            step["messages"] = [
                [tempo.ns_at(onset_tick), bytes((0x90, note.pitch, note.velocity)).hex(" ")],
                [tempo.ns_at(end_tick), bytes((0x80, note.pitch, 64)).hex(" ")],
            ]
        steps.append(step)
    return {
        "file": file.name,
        "title": solo.title,
        "meter": str(solo.chart.meter),
        "tempo_bpm": solo.chart.tempo_bpm,
        "chords": [[tick, chord.text if chord else "NC"] for tick, chord in solo.chart.changes],
        "notes": [[n.onset_tick, n.duration_tick, n.pitch, n.velocity] for n in solo.notes],
        "tokens": [card.vocabulary[token] for token in encoded.tokens],
        "first_inputs": encoded.inputs[:3],
        "model": {
            "name": card.name,
            "grammar": f"{card.grammar_name} {card.grammar_version}",
            "inputs": card.n_inputs,
            "units": list(card.units),
            "tokens": len(card.vocabulary),
        },
        "nats_per_token": round(float(np.mean(nats)), 3) if nats else None,
        "seed": seed,
        "steps": steps,
    }


def _as_text(road: dict[str, Any]) -> list[tuple[str, list[str]]]:
    from improv.music.pitch import pitch_name

    def named(note: list[int]) -> str:
        onset, duration, pitch, velocity = note
        return f"tick {onset:5}  {pitch_name(pitch):4} for {duration:4} ticks, velocity {velocity}"

    model = road["model"]
    blocks = [
        (
            f"{road['file']} -- corpus.read --> a solo",
            [
                f"{road['title']!r}, {road['meter']}, {road['tempo_bpm']:g} bpm",
                "chords  " + "  ".join(f"{tick}:{chord}" for tick, chord in road["chords"]),
                *map(named, road["notes"]),
            ],
        ),
        ("-- grammar.encode --> tokens", [" ".join(road["tokens"])]),
        (
            "-- inputs of the cell at the first tokens",
            [" ".join(map(str, inputs)) for inputs in road["first_inputs"]],
        ),
        (
            "-- cell.load --> a cell",
            [
                f"{model['name']!r}: {model['inputs']} inputs, {'+'.join(map(str, model['units']))} units, "
                f"{model['tokens']} tokens of grammar {model['grammar']!r}",
                f"it gives the solo {road['nats_per_token']} nats a token",
            ],
        ),
    ]
    lines = []
    for step in road["steps"]:
        likeliest = ", ".join(f"{token} {share:.3f}" for token, share in step["likeliest"])
        lines.append(f"over {step['chord']:6} likeliest {likeliest}; drawn {step['token']}")
        lines.append(f"    {named(step['note'])}" if step["note"] else "    a rest")
        lines += [f"    {ns / 1e6:11.3f} ms  {data}" for ns, data in step["messages"]]
    blocks.append((f"-- cell.step, sample (seed {road['seed']}), decode, plan --> MIDI", lines))
    return blocks
