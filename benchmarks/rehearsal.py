"""What rehearsing costs: the time of every token of a voice, and the longest that a token waits.

    python benchmarks/rehearsal.py [--model bebop] [--tokens 1500]

Prints a table in the time that this thread was at work (other programs do not count), by versions, at
rest and with a control that changes every forty tokens, in ms and against a token that is not rehearsed;
ends with one JSON line.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from _report import finish, table

from improv.cell.load import Model, find_model, load_model
from improv.charts.library import load_chart
from improv.cli.options import use_one_thread
from improv.controls.table import Controls
from improv.soloist.make import make_voice

VERSIONS = (0, 4, 8, 16)
_EVERY = 40


def took_ms(model: Model, versions: int, tokens: int, *, changes: bool) -> np.ndarray:
    """(tokens,) of each token."""
    voice = make_voice(model, load_chart("blues"), (0,))
    found = np.empty(tokens)
    for at in range(tokens):
        controls = Controls(rehearse=versions, density=0.3 * (changes and at // _EVERY % 2))
        began_ns = time.thread_time_ns()
        voice.step(controls)
        found[at] = (time.thread_time_ns() - began_ns) / 1e6
    return found[tokens // 10 :]


def main() -> None:
    """Time them all."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--model", default="bebop")
    arguments.add_argument("--tokens", type=int, default=1500)
    options = arguments.parse_args()
    use_one_thread()
    model = load_model(find_model(options.model))
    rows, found = [], {}
    plain_ms = 0.0
    for versions in VERSIONS:
        for changes in (False, True):
            ms = took_ms(model, versions, options.tokens, changes=changes)
            plain_ms = plain_ms or float(ms.mean())
            each = {
                "mean": float(ms.mean()),
                "p99": float(np.percentile(ms, 99)),
                "max": float(ms.max()),
            }
            name = f"{versions} versions" + (", controls change" if changes else "")
            found[name] = {f"{what}_ms": round(value, 3) for what, value in each.items()}
            times = (f"{value / plain_ms:.0f}" for value in each.values())
            rows.append([name, *(f"{value:.2f}" for value in each.values()), *times])
    table(["", "mean, ms", "p99", "max", "mean, times", "p99", "max"], rows)
    finish("rehearsal", **found)


if __name__ == "__main__":
    main()
