"""Ten generated choruses under the human ones over the same chords, as one picture.

python benchmarks/rolls.py --model bebop --out rolls.png [--seed 0] [--count 10] [--set temperature=0.9]
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from improv.cli.options import use_one_thread


def main() -> None:
    """Generate and draw."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--model", default="etudes")
    arguments.add_argument("--out", type=Path, default=Path("rolls.png"))
    arguments.add_argument("--count", type=int, default=10)
    arguments.add_argument("--bars", type=int, default=16)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--set", action="append", metavar="NAME=VALUE", default=[])
    options = arguments.parse_args()
    use_one_thread()
    from _report import finish
    from sampling import value_of

    from improv.cell.load import find_model
    from improv.corpus.events import read_events
    from improv.evaluation.choruses import generate, playing
    from improv.evaluation.rolls import draw_pairs, pairs

    shared = Path(os.environ.get("JAZZ_IMPROV_SHARED", "../shared")) / "eval"
    solos = read_events(shared / "valid.jsonl.gz")
    settings = {name: value_of(text) for name, text in (pair.split("=", 1) for pair in options.set)}
    how = playing(find_model(options.model), settings)
    played = generate(how, solos, choruses=1, seed=options.seed)
    rows = pairs(solos, played, options.count)
    draw_pairs(rows, options.out, bars=options.bars)
    print(f"{len(rows)} pairs are drawn in {options.out}")
    finish("rolls", model=options.model, pairs=len(rows))


if __name__ == "__main__":
    main()
