"""How fast `generate` is: 100 choruses of a 32-bar tune with a band, from first step to MIDI file.

    python benchmarks/studio.py [--choruses 100] [--chart rhythm]

The goal is 10 s in all. Beside it the same solo alone, and how much faster than played that is.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from _report import finish, table

from improv import smf
from improv.cell.load import find_model, load_model
from improv.charts.library import load_chart
from improv.config import Config, Plan, Tune
from improv.performance.arrangement import arrange
from improv.performance.assemble import lineup_of, make_ensemble, make_performance
from improv.performance.form import DEFAULT_BAND, band_of
from improv.performance.takes import perform, take_of

GOAL_S = 10.0


def measure(config: Config, folder: Path) -> dict[str, float]:
    """Seconds of each stage, and what came out."""
    model = load_model(find_model(config.model))
    (tune,) = config.tunes
    began = time.perf_counter()
    performance = make_performance(tune, arrange(tune.chart, tune.plan))
    ensemble = make_ensemble(config, tune, performance, model)
    chart = performance.arrangement.chart
    notes = perform(ensemble, chart.length_tick, lambda tick: None)
    played = time.perf_counter()
    take = take_of(performance, notes, lineup_of(config))
    smf.write_midi(folder / "out.mid", take)
    written = time.perf_counter()
    return {
        "play_s": played - began,
        "write_s": written - played,
        "total_s": written - began,
        "notes": len(notes),
        "bars": chart.bars,
        "music_s": performance.tempo.ns_at(chart.length_tick) / 1e9,
    }


def main() -> None:
    """Measure and report."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--choruses", type=int, default=100)
    arguments.add_argument("--chart", default="rhythm")
    options = arguments.parse_args()
    chart = load_chart(options.chart)
    plan = Plan(choruses=options.choruses, count_in_bars=2, ending="tag")
    tune = Tune(chart, plan, arc="build")
    alone = Config((tune,), seed=1)
    with_band = replace(alone, band=band_of(DEFAULT_BAND, 1))
    with TemporaryDirectory() as folder:
        rows = {
            "soloist alone": measure(alone, Path(folder)),
            "with piano, bass, drums": measure(with_band, Path(folder)),
        }
    table(
        ["", "bars", "notes", "play s", "write s", "in all s", "times real time"],
        [
            [
                name,
                int(row["bars"]),
                int(row["notes"]),
                round(row["play_s"], 2),
                round(row["write_s"], 2),
                round(row["total_s"], 2),
                round(row["music_s"] / row["total_s"]),
            ]
            for name, row in rows.items()
        ],
    )
    band = rows["with piano, bass, drums"]
    print(f"goal: {GOAL_S:g} s in all, {'reached' if band['total_s'] <= GOAL_S else 'MISSED'}")
    finish(
        "studio",
        choruses=options.choruses,
        total_s=round(band["total_s"], 3),
        play_s=round(band["play_s"], 3),
        write_s=round(band["write_s"], 3),
        alone_s=round(rows["soloist alone"]["total_s"], 3),
        times_real_time=round(band["music_s"] / band["total_s"]),
    )


if __name__ == "__main__":
    main()
