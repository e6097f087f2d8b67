"""Which sampling settings make a model play most like the humans of `valid`: docs/sampling.md.

    python benchmarks/sampling.py --model M --set pitch_temperature=0.7:1.1 --set wait_top_p=0.85:1 --trials 9
    python benchmarks/sampling.py --set temperature=0.8,0.9,1,1.1 --set top_p=0.9,0.95,1 --grid

`a:b` is a span to draw from, `a,b,c` values to choose from, one value is fixed; names are those of controls
(improv.controls.table) of a soloist's config, or of a model's sampling.
What it prints as a table goes to --out too.
The measures and the distance: improv.evaluation.musical_measures and measures.sampling.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

from improv.cli.options import use_one_thread


def value_of(text: str) -> Any:
    """A number where it is one."""
    try:
        return float(text)
    except ValueError:
        return text


def values_of(text: str) -> Any:
    """`a:b` as a tuple, `a,b,c` as a list."""
    if text.count(":") == 1 and all(isinstance(value_of(part), float) for part in text.split(":")):
        low, high = map(float, text.split(":"))
        return (low, high)
    return [value_of(part) for part in text.split(",")]


def main() -> None:
    """Search and report."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--model", default="etudes")
    arguments.add_argument("--set", action="append", metavar="NAME=VALUES", default=[])
    arguments.add_argument("--grid", action="store_true", help="all combinations, none drawn")
    arguments.add_argument("--trials", type=int, default=60)
    arguments.add_argument("--choruses", default="39,78,234", help="of each rung")
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--workers", type=int, default=None)
    arguments.add_argument("--out", type=Path, help="also write the table here, in Markdown")
    options = arguments.parse_args()
    use_one_thread()  # the work is in several processes; before the first import of NumPy
    import numpy as np
    from _report import finish
    from measures.sampling import draw, grid, markdown, search

    from improv import files
    from improv.cell.load import find_model
    from improv.corpus.events import read_events
    from improv.evaluation.musical import measure_humans

    shared = Path(os.environ.get("JAZZ_IMPROV_SHARED", "../shared")) / "eval"
    valid = read_events(shared / "valid.jsonl.gz")
    humans = measure_humans(valid, read_events(shared / "train.jsonl.gz"))
    space = dict(pair.split("=", 1) for pair in options.set) or {
        "temperature": "0.7:1.3",
        "top_p": "0.85:1",
    }
    named = {name: values_of(text) for name, text in space.items()}
    if options.grid:
        candidates = grid(named)
    else:
        candidates = draw(named, options.trials, np.random.default_rng(options.seed))

    def told(done: int, total: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{done} of {total} trials", end="", file=sys.stderr, flush=True)

    began = time.perf_counter()
    trials = search(
        find_model(options.model),
        valid,
        humans,
        candidates,
        choruses=[int(part) for part in options.choruses.split(",")],
        seed=options.seed,
        workers=options.workers,
        progress=told,
    )
    table = markdown(trials, humans)
    print(f"{len(trials)} settings of {options.model} in {time.perf_counter() - began:.0f} s\n")
    print(table)
    if options.out:
        files.write_bytes(options.out, table.encode())
    best = trials[0]
    finish("sampling", model=options.model, best=best.settings, distance=round(best.distance, 3))


if __name__ == "__main__":
    main()
