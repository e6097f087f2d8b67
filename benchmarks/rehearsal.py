"""Rehearse two bars ahead, and let the judge say what comes of it.

python benchmarks/rehearsal.py --model bebop [--versions 8] [--temperature 1] [--every 9] [--set memory=0.85]

The light judge learns from all solos of `train` and what the model plays there as it is. The judge learns
from every ninth of them and what the model plays there, once as it is and once rehearsed, and judges both
over the charts of `valid`. Takes about ten minutes on two cores.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from improv.cli.options import use_one_thread


def main() -> None:
    """Play, rehearse, judge."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--model", default="bebop")
    arguments.add_argument("--versions", type=int, default=8)
    arguments.add_argument("--temperature", type=float, default=1.0)
    arguments.add_argument("--every", type=int, default=9)
    arguments.add_argument("--solos", type=int, default=None, help="only the first so many of each")
    arguments.add_argument("--set", action="append", metavar="NAME=VALUE", default=[])
    options = arguments.parse_args()
    use_one_thread()
    from _report import finish
    from measures.rehearsal import Light, Rehearsing
    from sampling import value_of

    from improv.cell.load import find_model
    from improv.corpus.events import read_events
    from improv.evaluation.choruses import playing
    from improv.evaluation.judge.judge import judge
    from improv.evaluation.judge.machine import beside
    from improv.soloist import make

    shared = Path(os.environ.get("JAZZ_IMPROV_SHARED", "../shared")) / "eval"
    train, valid = (
        read_events(shared / f"{part}.jsonl.gz")[: options.solos] for part in ("train", "valid")
    )
    some = train[:: options.every]
    model = find_model(options.model)
    told = beside(playing(model), train)
    chosen = {solo.id for solo in some}
    found = {
        "as it is": judge(
            [pair for pair in told if pair[0].id in chosen],
            beside(playing(model), valid),
            recurrent=False,
        )
    }
    Rehearsing.light = Light(told)
    Rehearsing.versions, Rehearsing.temperature = options.versions, options.temperature
    make.LineVoice = Rehearsing  # type: ignore[misc]  # in the place of the usual voice
    settings = {name: value_of(text) for name, text in (pair.split("=", 1) for pair in options.set)}
    how = playing(model, settings)
    found["rehearsed"] = judge(beside(how, some), beside(how, valid), recurrent=False)
    for name, judgement in found.items():
        print(f"\n{name}\n{judgement.text()}")
    finish("rehearsal", **{name: judgement.as_json() for name, judgement in found.items()})


if __name__ == "__main__":
    main()
