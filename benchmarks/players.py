"""Do the players that a model is asked for come out different? A classifier of human solos says.

python benchmarks/players.py --model bebop [--players 8] [--choruses 78] [--option player]
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from improv.cli.options import use_one_thread


def main() -> None:
    """Generate as each player, and ask the classifier."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--model", default="bebop")
    arguments.add_argument("--players", type=int, default=8)
    arguments.add_argument("--choruses", type=int, default=78, help="as each player")
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument(
        "--option",
        default="player",
        help="what a soloist's config calls it; 'none': the model knows no players",
    )
    options = arguments.parse_args()
    use_one_thread()
    from _report import finish
    from measures.players import generate_as, players_with_most, tell_players

    from improv.cell.load import find_model
    from improv.corpus.events import read_events
    from improv.evaluation.choruses import Playing, playing

    shared = Path(os.environ.get("JAZZ_IMPROV_SHARED", "../shared")) / "eval"
    train, valid = (read_events(shared / f"{part}.jsonl.gz") for part in ("train", "valid"))
    names = players_with_most(train, options.players)
    folder = find_model(options.model)

    def playing_as(name: str | None) -> Playing:
        if name is None or options.option == "none":
            return playing(folder)
        return playing(folder, {options.option: name})

    def told(done: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{done} choruses", end="", file=sys.stderr, flush=True)

    generated = generate_as(
        playing_as,
        [*names, None],
        valid,
        choruses=options.choruses,
        seed=options.seed,
        progress=told,
    )
    found = {}
    for register in (True, False):
        report = tell_players(train, generated, names, valid=valid, register=register)
        print(report.text(), end="\n\n")
        found["with_register" if register else "without_register"] = report.as_json()
    finish("players", model=options.model, **found)


if __name__ == "__main__":
    main()
