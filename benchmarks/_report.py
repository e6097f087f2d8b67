"""How a benchmark ends: a table for people, then one line of JSON for programs."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import _ending  # noqa: F401 (what a benchmark has started ends with it)
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "helpers"))
import jack  # the JACK server with the dummy driver, as the tests run it


@contextlib.contextmanager
def midi_system() -> Iterator[str]:
    """A MIDI system to open a real port in: the backend's name ("none" where jackd is not installed)."""
    if why := jack.missing():
        print(f"({why}: measured without a port)")
        yield "none"
        return
    with jack.server(f"bench{os.getpid()}") as environment:
        os.environ.update(environment)
        yield "jack"


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print columns as wide as they need to be, the first to the left, the others to the right."""
    cells = [list(map(str, header)), *[[_text(value) for value in row] for row in rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    for row in cells:
        first, *others = (text.ljust(width) for text, width in zip(row[:1], widths, strict=False))
        others = [text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True)]
        print("  ".join([first, *others]))


def _text(value: object) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


def finish(benchmark: str, **values: Any) -> None:
    """Print the JSON line."""
    machine = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "os": sys.platform,
    }
    print(json.dumps({"benchmark": benchmark, **values, **machine}))


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """p50, p99 and max, rounded to a tenth."""
    return {
        "p50": round(float(np.percentile(values, 50)), 1),
        "p99": round(float(np.percentile(values, 99)), 1),
        "max": round(float(np.max(values)), 1),
    }


def tail(values: Sequence[float]) -> dict[str, float]:
    """p50, p99, p99.9 and max, rounded to a tenth: where it is the rare ones that are heard."""
    figures = percentiles(values)
    maximum = figures.pop("max")
    return figures | {"p99.9": round(float(np.percentile(values, 99.9)), 1), "max": maximum}


def histogram(values: Sequence[float], step: float, unit: str) -> list[str]:
    """A line for each step that has any."""
    counts = Counter(int(value // step) for value in values)
    most = max(counts.values(), default=0)
    return [
        f"  {at * step:5.1f} {unit}  {'#' * -(-40 * counts[at] // most)} {counts[at]}"
        for at in sorted(counts)
    ]
