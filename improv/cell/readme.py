"""Write the README.md of a model folder: its card in sentences and tables, for people.

Input -> output:  ModelCard  ->  Markdown text
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp
from typing import Any

from improv.cell.card import ModelCard

_GRAMMARS = {
    "line": (
        "It plays over any chart `jazz-improv` can read, one token a note: its degree in the chord of the"
        " moment, the wait until the next note, its length and its loudness, each part predicted in turn."
    ),
    "seed": (
        "It plays over the five chord sets of the one solo it was trained on, as the course does;"
        " it cannot follow another chart."
    ),
}


_LAST = (
    "The file `model.json` in this folder has the same for programs, and lists every file of"
    " the corpus with its sha256."
)


def readme_text(card: ModelCard) -> str:
    """The model card as Markdown; the same card gives the same text."""
    if card.grammar_name == "line":
        from improv.cell.pair_readme import sections_of

        return _joined([_head(card), *sections_of(card), _licence(card), _LAST])
    sections = [
        _head(card),
        _table(
            "The cell",
            {
                "grammar": f"{card.grammar_name}, version {card.grammar_version}",
                "vocabulary": f"{len(card.vocabulary)} tokens",
                "inputs": card.n_inputs,
                "LSTM units": ", ".join(map(str, card.units)),
                "parameters": _parameters(card),
                "sha256 of cell.keras": f"`{card.weights_sha256}`",
            },
        ),
        _table("Trained on", _plain(card.corpus)),
        _table("How it was made", _plain(card.training)),
        _table("Scores", _scores(card.scores)),
        "## Limits\n\n" + _limits(card),
        _licence(card),
        _LAST,
    ]
    return _joined(sections)


def _head(card: ModelCard) -> str:
    return (
        f"# {card.name}\n\nA jazz-improv cell: from the last token and its place in the music it"
        " predicts how likely each next token is."
        f" {_GRAMMARS.get(card.grammar_name, '')}".rstrip()
        + f"\n\n    jazz-improv --model {card.name}"
    )


def _licence(card: ModelCard) -> str:
    return (
        f"## Licence and attribution\n\nLicence: {card.licence or 'not stated'}."
        f"\n\n{card.attribution or 'No attribution stated.'}"
    )


def _joined(sections: Sequence[str]) -> str:
    return "\n\n".join(section for section in sections if section) + "\n"


def _parameters(card: ModelCard) -> int:
    count, below = 0, card.n_inputs
    for units in card.units:
        count += 4 * units * (below + units + 1)
        below = units
    return count + (below + 1) * len(card.vocabulary)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that fit in one row of a table."""
    return {
        key.replace("_", " "): ", ".join(map(str, value)) if isinstance(value, list) else value
        for key, value in values.items()
        if not isinstance(value, dict)
        and value != []
        and not (isinstance(value, list) and any(isinstance(item, dict) for item in value))
    }


def _scores(scores: Mapping[str, Any]) -> dict[str, Any]:
    rows = _plain(scores)
    for key, value in scores.items():
        if key.endswith("nats_per_token") and isinstance(value, float):
            rows[key.replace("_", " ")] = f"{value:.4f} (perplexity {exp(value):.2f})"
    return rows


def _table(title: str, rows: Mapping[str, Any]) -> str:
    if not rows:
        return ""
    lines = [f"| {key} | {value} |" for key, value in rows.items()]
    return "\n".join([f"## {title}\n", "| | |", "|---|---|", *lines])


def _limits(card: ModelCard) -> str:
    return (
        "It knows nothing but the music above: it recombines phrases from it, and plays chords and meters"
        " that are rare in it less well. It chooses no dynamics of its own, hears nobody else, and plans no"
        " further than its state remembers."
    )
