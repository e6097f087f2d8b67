"""Measure every baseline, and models, on the same human solos: one table, docs/evaluation.md's.

    python benchmarks/soloists.py [--work FOLDER] [--model bebop]... [--only NAME,NAME]

Everything is learned from train and measured on valid (JAZZ_IMPROV_SHARED/eval, default ../shared) as
`improv.evaluation.protocol` says. What was trained and measured is kept in --work and not done again, so a
run that was stopped goes on where it was. Prints a table and ends with one JSON line.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is loaded

import numpy as np
from _report import finish, table
from baselines import neural
from baselines.markov_predictor import UNIGRAM, VARIABLE_ORDER, MarkovPredictor
from baselines.seed_tokens import SeedPredictor, SeedVocabulary

from improv.cell.load import find_model, load_model
from improv.corpus.events import read_events
from improv.evaluation.baselines import chains
from improv.evaluation.baselines.markov import learn
from improv.evaluation.of_model import predictor_of
from improv.evaluation.protocol import Predictor, Scores, SoloScores, compare, score
from improv.files import replacing
from improv.music.transcription import Transcription

ROOT = Path(__file__).resolve().parent.parent
RESAMPLES_SEED = 0
WORK = Path(tempfile.gettempdir()) / "jazz-improv-soloists"


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    title: str
    build: Callable[[], Predictor]
    weights: int | None = None
    baseline: bool = True


def markov(train: Sequence[Transcription], *parts: Any) -> Predictor:
    """A Markov baseline; the mixture has two parts."""
    return MarkovPredictor(learn(train, *parts))


def trained(path: Path, train_it: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Weights from the file, or trained and put there."""
    if not path.is_file():
        weights = train_it()
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(file, **weights)
    with np.load(path) as kept:
        return {name: kept[name] for name in kept.files}


def told(name: str) -> Callable[[int, float], None]:
    """Progress of a training, on stderr."""

    def tell(step: int, cost: float) -> None:
        print(
            f"{name}: step {step}, {cost:.3f} nats per note in training",
            file=sys.stderr,
            flush=True,
        )

    return tell


def neural_row(
    name: str, title: str, network: neural.Network, settings: dict[str, Any], context: Context
) -> Row:
    """A network trained by `baselines.training`."""

    def build() -> Predictor:
        def train_it() -> dict[str, Any]:
            from baselines.training import Recipe, train_network

            from improv import keras_backend as backend

            backend.CORES = 1  # others need the machine
            return dict(
                train_network(network, context.train, Recipe(**settings), context.seed, told(name))
            )

        path = context.path(f"{name}.weights.npz", repr((network, sorted(settings.items()))))
        return neural.NeuralPredictor(network, trained(path, train_it))

    return Row(name, title, build, neural.count_weights(network))


def seed_row(settings: dict[str, Any], context: Context) -> Row:
    """The seed's cell and grammar."""

    def build() -> Predictor:
        from baselines.training import Recipe, seed_cell, train_seed

        vocabulary = SeedVocabulary.learned(context.train)

        def train_it() -> dict[str, Any]:
            from improv import keras_backend as backend

            backend.CORES = 1
            return dict(
                train_seed(
                    vocabulary, context.train, Recipe(**settings), context.seed, told("seed")
                )
            )

        path = context.path("seed.weights.npz", repr(sorted(settings.items())))
        return SeedPredictor(seed_cell(trained(path, train_it)), vocabulary)

    return Row("seed", "the seed's cell (64 units) and grammar, its dice paid for", build)


@dataclass(frozen=True)
class Context:
    """What all rows share."""

    train: list[Transcription]
    valid: list[Transcription]
    work: Path
    seed: int
    data: str
    """Hash of both files."""

    def path(self, name: str, settings: str = "") -> Path:
        """Where something is kept: another name for other data, seeds and settings."""
        what = hashlib.sha256(f"{self.data} {self.seed} {settings}".encode()).hexdigest()[:8]
        stem, _, tail = name.partition(".")
        return self.work / f"{stem}-{what}.{tail}"


def baseline_rows(context: Context, transformer_weights: int) -> list[Row]:
    """All baselines, the plainest first."""
    train = context.train
    return [
        Row("unigram", "unigrams (ioi, interval)", lambda: markov(train, UNIGRAM)),
        Row(
            "kneser-ney",
            "a Markov chain a stream (Kneser-Ney; 3 iois, 2 intervals)",
            lambda: markov(train, chains.KNESER_NEY),
        ),
        Row(
            "variable-order",
            "variable-order Markov chains on linked views",
            lambda: markov(train, VARIABLE_ORDER),
        ),
        seed_row(
            {"steps": 700, "rate": 1e-2, "length": 60, "windows": 40, "dropout": 0.1}, context
        ),
        neural_row(
            "lstm",
            "plain LSTM, 2 x 256",
            neural.PLAIN,
            {"steps": 450, "windows": 48, "length": 80},
            context,
        ),
        neural_row(
            "lstm-placed",
            "the same, told the place in the bar",
            neural.PLACED,
            {"steps": 450, "windows": 48, "length": 80},
            context,
        ),
        neural_row(
            "transformer",
            "causal transformer, 4 layers, sees chords and bar",
            neural.transformer(transformer_weights),
            {"steps": 450, "rate": 1.5e-3, "dropout": 0.3},
            context,
        ),
        Row(
            "mixture",
            "mixture of 23 Markov chains",
            lambda: markov(train, chains.LONG_TERM),
        ),
        Row(
            "mixture-memory",
            "the same with a memory of the solo in progress",
            lambda: markov(train, chains.LONG_TERM, chains.SHORT_TERM),
        ),
    ]


def model_row(name: str) -> Row:
    """A model of this project."""
    model = load_model(find_model(name))
    title = f"`{model.path.name}` (grammar {model.card.grammar_name!r})"
    return Row(f"model-{model.path.name}", title, lambda: predictor_of(model), baseline=False)


def measured(row: Row, context: Context) -> Scores:
    """The scores of a row, kept or made now. Models are measured anew: their name says little."""
    path = context.path(f"{row.name}.scores.npz", row.title)
    if not (row.baseline and path.is_file()):
        predictor = row.build()
        shown = [0]

        def tell(done: int) -> None:
            if done - shown[0] >= 2000:
                shown[0] = done
                print(f"{row.name}: {done:,} notes heard", file=sys.stderr, flush=True)

        scores = score(predictor, context.valid, progress=tell)
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(
                file,
                sizes=[len(solo.rhythm) for solo in scores.solos],
                rhythm=np.concatenate([solo.rhythm for solo in scores.solos]),
                pitch=np.concatenate([solo.pitch for solo in scores.solos]),
            )
    with np.load(path) as kept:
        cuts = np.cumsum(kept["sizes"])[:-1]
        parts = [np.split(kept[name], cuts) for name in ("rhythm", "pitch")]
    ids = [solo.id for solo in context.valid]
    return Scores(tuple(SoloScores(*each) for each in zip(ids, parts[0], parts[1], strict=True)))


def shared_events(folder: Path) -> tuple[list[Transcription], list[Transcription], str]:
    """Train, valid, and a hash of both."""
    paths = [folder / f"{part}.jsonl.gz" for part in ("train", "valid")]
    if not all(path.is_file() for path in paths):
        sys.exit(f"There are no {paths[0]} and {paths[1]}: set JAZZ_IMPROV_SHARED.")
    content = b"".join(path.read_bytes() for path in paths)
    return read_events(paths[0]), read_events(paths[1]), hashlib.sha256(content).hexdigest()


def main() -> None:
    """Make all rows and print them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--work", type=Path, default=WORK, help=f"where what was done is kept [default: {WORK}]"
    )
    parser.add_argument("--model", action="append", default=[], help="a model to measure too")
    parser.add_argument("--only", default="", help="these baselines, by name, with commas")
    parser.add_argument("--transformer-weights", type=int, default=1_300_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    shared = Path(os.environ.get("JAZZ_IMPROV_SHARED", ROOT.parent / "shared"))
    train, valid, data = shared_events(shared / "eval")
    arguments.work.mkdir(parents=True, exist_ok=True)
    context = Context(train, valid, arguments.work, arguments.seed, data)
    rows = baseline_rows(context, arguments.transformer_weights)
    if arguments.only:
        chosen = arguments.only.split(",")
        if unknown := set(chosen) - {row.name for row in rows}:
            parser.error(f"no baseline {sorted(unknown)[0]!r}: {', '.join(r.name for r in rows)}")
        rows = [row for row in rows if row.name in chosen]
    rows += [model_row(name) for name in arguments.model]
    scores = {row.name: measured(row, context) for row in rows}
    baselines = [row.name for row in rows if row.baseline] or [rows[0].name]
    best = min(baselines, key=lambda name: scores[name].nats_per_note)
    lines, found = [], {}
    for row in rows:
        each = scores[row.name]
        gain = compare(each, scores[best], np.random.default_rng(RESAMPLES_SEED))
        beside = (
            "the best baseline"
            if row.name == best
            else f"{-gain.difference:+.3f} ({-gain.high:+.3f} to {-gain.low:+.3f})"
        )
        weights = f"{row.weights / 1e6:.2f} M" if row.weights else ""
        numbers = [f"{value:.3f}" for value in (each.rhythm, each.pitch, each.nats_per_note)]
        lines.append([row.title, weights, *numbers, beside])
        found[row.name] = {
            "rhythm": each.rhythm,
            "pitch": each.pitch,
            "nats_per_note": each.nats_per_note,
            "difference": -gain.difference,
            "low": -gain.high,
            "high": -gain.low,
        }
    header = ["model", "weights", "rhythm", "pitch", "nats/note", "beside the best baseline (95 %)"]
    table(header, lines)
    print()
    finish("soloists", notes=scores[best].notes, solos=len(valid), best_baseline=best, rows=found)


if __name__ == "__main__":
    main()
