"""How long charts take: a playlist opened, one tune of it found, all of its tunes unrolled.

    python benchmarks/charts.py [--tunes 1400]

The playlist is made of the shared exports, again and again until there are enough, or where they are absent
of the built-in charts, written as iReal Pro links.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

import _report

from improv.charts.ireal_link import link_of, read_links, unscramble
from improv.charts.ireal_write import write_ireal
from improv.charts.library import BUILT_IN, load_chart, open_book
from improv.charts.page import chart_page
from improv.charts.text_print import print_chart

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("JAZZ_IMPROV_SHARED", ROOT.parent / "shared"))
REPEATS = 5


def main() -> None:
    """Measure, print the table and the JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tunes", type=int, default=1400)
    tunes = parser.parse_args().tunes
    source, link = playlist(tunes)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "playlist.txt")
        path.write_text(link)
        book = open_book(str(path))
        charts = [entry.chart() for entry in book.entries]
        wanted = re.sub(r"[^\w ]", "", book.entries[-1].title).lower()
        results = {
            "open_s": seconds(lambda: open_book(str(path))),
            "find_one_s": seconds(lambda: load_chart(f"{path}#{wanted}")),
            "read_all_s": seconds(lambda: [e.chart() for e in open_book(str(path)).entries]),
            "print_all_s": seconds(lambda: [print_chart(chart) for chart in charts]),
            "show_all_s": seconds(lambda: [chart_page(chart) for chart in charts]),
            "link_all_s": seconds(lambda: [write_ireal(chart) for chart in charts]),
        }
    print(
        f"{tunes} tunes ({source}), {len(link) / 1e6:.1f} MB, {sum(c.bars for c in charts):,} bars\n"
    )
    named = {
        "open_s": "the playlist opened",
        "find_one_s": "opened, one tune found by name and unrolled",
        "read_all_s": "opened, every tune unrolled",
        "print_all_s": "every tune written as text",
        "show_all_s": "every tune laid out for reading",
        "link_all_s": "every tune written as a link",
    }
    _report.table(
        ("", "seconds", "ms a tune"),
        [
            (named[name], value, "" if name in ("open_s", "find_one_s") else 1000 * value / tunes)
            for name, value in results.items()
        ],
    )
    print()
    rounded = {name: round(value, 4) for name, value in results.items()}
    _report.finish(
        "charts", tunes=tunes, source=source, megabytes=round(len(link) / 1e6, 2), **rounded
    )


def playlist(tunes: int) -> tuple[str, str]:
    """(what it is made of, a link of this many tunes)."""
    folder = SHARED / "charts" / "ireal"
    if folder.is_dir():
        texts = [path.read_text() for path in sorted(folder.iterdir())]
        songs = [song for text in texts for song in read_links(text)[1]]
        source = "the shared exports"
    else:
        links = [write_ireal(load_chart(name)) for name in BUILT_IN]
        songs = [song for link in links for song in read_links(link)[1]]
        source = "the built-in charts"
    again = islice(cycle(songs), tunes)
    return source, link_of([(song, unscramble(song.music)) for song in again], "Benchmark")


def seconds(work: Callable[[], object]) -> float:
    """The median time of some runs."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


if __name__ == "__main__":
    main()
