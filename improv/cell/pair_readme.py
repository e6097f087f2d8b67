"""What the README.md of a model of grammar "line" says: data, scores beside others, limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from improv.cell.card import ModelCard

_PLAYERS_SHOWN = 12
_LABELS = {
    "chord_tones": ("chord tones, %", 100, 1),
    "scale_tones": ("scale tones, %", 100, 1),
    "notes_per_bar": ("notes a bar", 1, 2),
    "rests": ("time between notes that is silent, %", 100, 1),
    "phrase_notes": ("phrase length, notes", 1, 1),
    "interval": ("mean absolute interval, semitones", 1, 2),
    "repeated": ("repeated pitches, %", 100, 1),
    "range_excerpt": ("range of 64 notes, semitones", 1, 1),
    "bigram_entropy": ("entropy of interval bigrams in 64 notes, bits", 1, 2),
    "copied": ("8-note windows that are in the solos it learned from, %", 100, 2),
}


def sections_of(card: ModelCard) -> list[str]:
    """The middle of the README, in order; the same card gives the same text."""
    return [
        _table("The cell", ["", ""], _cell(card)),
        _table("Trained on", ["", ""], _corpus(card)),
        _table("How it was made", ["", ""], _how(card.training)),
        _nats(card),
        _music(card.scores),
        _who(card),
        "## Beside the weights\n\n`quotes.bin` is an index for recognising quotes of those solos (hashes, no"
        " music). `feel.json`, if it exists, says when notes are played and how loud; `habits.npz` what"
        " people did after the same few notes, which counts while the cell listens; `leanings.npz` what"
        " people do more often than the cell by itself, `rehearsal.npz` by what its rehearsals are judged"
        " (sums over those solos, under their licence). `curves.png` shows"
        " the training, `rolls.png` what it plays and, above that, what people played over the same chords.",
        "## Limits\n\n" + _limits(card),
    ]


def _cell(card: ModelCard) -> list[list[Any]]:
    rows: list[list[Any]] = [
        ["grammar", f"{card.grammar_name}, version {card.grammar_version}"],
        ["LSTM units", "melody {}, rhythm {}".format(*card.units)],
        ["inputs", card.n_inputs],
    ]
    if "parameters" in card.training:
        rows.append(["parameters", f"{card.training['parameters']:,}"])
    return [*rows, ["sha256 of cell.keras", f"`{card.weights_sha256}`"]]


def _corpus(card: ModelCard) -> list[list[Any]]:
    corpus = card.corpus
    rows = [
        [key.replace("_", " "), f"{value:,}" if isinstance(value, int) else value]
        for key, value in corpus.items()
        if isinstance(value, int | float | str)
        and not key.startswith("base")
        and "sha256" not in key
    ]
    for source in corpus.get("sources", []):
        licence = source.get("licence") or "its licence is not stated"
        rows.append(["from", f"{source.get('name')}: {licence}"])
    if "base" in corpus:
        theirs = corpus.get("base_corpus", {})
        known = theirs.get("description") or f"{theirs.get('solos', '?')} solos"
        rows.append(["started from", f"`{corpus['base']}`, which had learned from: {known}"])
    return rows


def _how(training: Mapping[str, Any]) -> list[list[Any]]:
    names = (
        *("command", "seed", "best_step", "steps", "learning_rate", "weight_decay", "pull"),
        *("tensorflow", "keras", "numpy"),
    )
    rows = [[name.replace("_", " "), training[name]] for name in names if name in training]
    return [
        ["command", f"`{value}`"] if name == "command" else [name, value] for name, value in rows
    ]


def _nats(card: ModelCard) -> str:
    """What held-out solos cost, beside the base and the Markov chains."""
    scores = card.scores
    if "valid_nats_per_note" not in scores:
        return ""
    plays = scores.get("as_it_plays", {})
    rows: list[list[Any]] = []
    if plays:
        rows.append(
            ["**this cell, as it listens**", *_three(plays, "nats_per_note", "rhythm", "pitch")]
        )
    of_fit = _three(scores, "valid_nats_per_note", "valid_rhythm", "valid_pitch")
    rows.append(["this cell, as it was trained", *of_fit])
    if "base_nats_per_note" in scores:
        rows.append(
            [
                f"`{card.corpus.get('base', 'base')}`, as it listens",
                f"{scores['base_nats_per_note']:.3f}",
                "",
                "",
            ]
        )
    if "markov_nats_per_note" in scores:
        markov = f"{scores['markov_nats_per_note']:.3f}"
        rows.append(["Markov chains with a memory, on the same solos", markov, "", ""])
    held = card.corpus.get("held_out_notes")
    title = "Nats a note" + (f", on {held:,} held-out notes" if held else ", on held-out notes")
    return _table(title, ["", "sum", "rhythm", "pitch"], rows)


def _three(values: Mapping[str, Any], *keys: str) -> list[str]:
    return [f"{values[key]:.3f}" if key in values else "" for key in keys]


def _music(scores: Mapping[str, Any]) -> str:
    rows = []
    for key, figures in scores.get("musical", {}).items():
        label, scale, decimals = _LABELS.get(key, (key, 1, 3))
        cells = [
            "-" if figures.get(name) is None else f"{figures[name] * scale:.{decimals}f}"
            for name in ("generated", "human")
        ]
        rows.append([label, *cells])
    if "longest_copy_notes" in scores:
        rows.append(["longest run of notes that is in them", scores["longest_copy_notes"], ""])
    return _table("What it plays", ["", "the cell", "people, over the held-out charts"], rows)


def _who(card: ModelCard) -> str:
    players = card.extra.get("labels", {}).get("players", [])
    if not players:
        return ""
    shown = ", ".join(players[:_PLAYERS_SHOWN])
    more = f" and {len(players) - _PLAYERS_SHOWN} more" if len(players) > _PLAYERS_SHOWN else ""
    return (
        f"## Players\n\nIt can be asked to play more like one of {len(players)} whose solos it learned from"
        f" (`--player`): {shown}{more}. It imitates only those of their habits that can be counted."
    )


def _limits(card: ModelCard) -> str:
    notes = card.corpus.get("notes", 0)
    few = (
        " It learned from few notes, so it has only the most frequent habits."
        if isinstance(notes, int) and notes < 30_000
        else ""
    )
    return (
        "It knows the chords and meters of the solos above and plays others less well. It plans no further"
        " than its state remembers, some bars: it does not build a chorus or a solo towards a goal. It knows"
        " notes, not sound: no bends, no ghost notes, no articulation but length and loudness. Some notes in"
        " a row may be a quote of a solo it learned from: see the table, `quotes.bin` and `--max-quote`."
        f"{few}"
    )


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    if not rows:
        return ""
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    lines += [f"| {' | '.join(map(str, row))} |" for row in rows]
    return "\n".join([f"## {title}\n", *lines])
