"""Does the learned feel foretell solos that it was not learned from? The table of docs/feel.md.

    python benchmarks/feel.py

Learned from the part `train` of the tables in JAZZ_IMPROV_SHARED/corpora/wjazzd (default ../shared), measured
on `valid`. Prints a table of mean absolute errors and ends with one JSON line.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from _report import finish, table
from baselines.feel import WAYS, measure

from improv.training.feel import learn_feel
from improv.training.feel_notes import read_notes

ROWS = ("onset_ms", "off_beat_ms", "swing_ratio", "off_beat_ratio", "loudness_sd", "length_ms")


def main() -> None:
    """Learn, measure and print."""
    folder = Path(os.environ.get("JAZZ_IMPROV_SHARED", "../shared")) / "corpora" / "wjazzd"
    if not folder.is_dir():
        sys.exit(f"There are no tables {folder}: set JAZZ_IMPROV_SHARED.")
    errors = measure(learn_feel(folder), read_notes(folder, "valid"))
    table(["error", *WAYS], [[row, *(errors[row].get(way, "") for way in WAYS)] for row in ROWS])
    print()
    finish("feel", **errors)


if __name__ == "__main__":
    main()
