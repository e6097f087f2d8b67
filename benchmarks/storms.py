"""What floods of clock messages cost: the processor's time for a jump, and memory over a million messages.

python benchmarks/storms.py             a table, then one JSON line
python benchmarks/storms.py 10000000    so many messages
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from improv.api.form import band_of
from improv.charts.library import load_chart
from improv.config import Config, Plan, Tune
from improv.live.daemon import play
from improv.live.inbox import Inbox
from improv.midi.events import ClockMessage, Stop
from improv.midi.messages import CONTINUE, PULSE, START, STOP, song_position
from improv.sync.midi_clock import ClockFollower

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "helpers"))
from fakes import LocalSender, ManualClock, RecordingPort  # time and a port, as the tests have them

S = 1_000_000_000
JUMPS = 300
AT_A_TIME = 100
CHARTS = {"blues, endless": ("blues", 0), "blues, 100 choruses": ("blues", 100)}


class Fed(ManualClock):
    """A manual clock that is given what comes in a second at a time."""

    def __init__(self, seconds: Iterator[list[tuple[int, Any]]]) -> None:
        super().__init__()
        self._seconds = seconds

    def wait(self, inbox: Any, until_ns: int) -> Any | None:
        """As any manual clock."""
        if not self._to_come:
            for ns, item in next(self._seconds, ()):
                self.at(ns, item)
        return super().wait(inbox, until_ns)


class Nowhere(RecordingPort):
    """A port that keeps nothing."""

    class _Sent(list[tuple[int, bytes]]):
        def append(self, row: tuple[int, bytes]) -> None:
            pass

    def __init__(self) -> None:
        super().__init__(self._Sent())


def perform(seconds: Iterator[list[tuple[int, Any]]], chart: str, choruses: int) -> float:
    """The processor's time, in seconds, that it takes."""
    clock, inbox = Fed(seconds), Inbox()
    tune = Tune(load_chart(chart), Plan(choruses=choruses))
    config = Config((tune,), seed=5, band=band_of("piano,bass,drums", 1))
    begun = time.process_time()
    follower = ClockFollower("'DAW'", 500_000_000)
    play(config, clock, inbox, out=LocalSender(clock, inbox, Nowhere()), follower=follower)
    return time.process_time() - begun


def jumps(count: int) -> Iterator[list[tuple[int, Any]]]:
    """A clock that rolls and jumps, a few times a second."""
    yield [(S, ClockMessage(S, bytes((START,))))]
    for number in range(count + 50):
        ns = S + (number + 1) * S // 50
        chunk: list[tuple[int, Any]] = [(ns, ClockMessage(ns, bytes((PULSE,))))]
        if number >= 50:
            chunk.append((ns + 1, ClockMessage(ns + 1, song_position(number * 37 % 180))))
        yield chunk
    yield [(ns + S, Stop("enough"))]


def flood(messages: int, blocks: list[int]) -> Iterator[list[tuple[int, Any]]]:
    """So many messages of a clock; `blocks`: how much memory is taken a tenth on, and at the end."""
    kinds = [
        bytes((PULSE,)),
        bytes((START,)),
        bytes((STOP,)),
        bytes((CONTINUE,)),
        song_position(40),
    ]
    seconds = messages // (20 * AT_A_TIME)
    for second in range(seconds):
        if second in (seconds // 10, seconds - 1):
            gc.collect()
            blocks.append(sys.getallocatedblocks())
        moments = [second * S + at * S // 20 for at in range(20)]
        yield [
            (ns, ClockMessage(ns, kinds[(at * 7 + at // 11 + second) % len(kinds)]))
            for ns in moments
            for at in range(AT_A_TIME)
        ]
    yield [((seconds + 1) * S, Stop("enough"))]


def main() -> None:
    """Print the table and the JSON line."""
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    found: dict[str, float] = {}
    for name, (chart, choruses) in CHARTS.items():
        perform(jumps(1), chart, choruses)
        before_s = perform(jumps(1), chart, choruses)
        found[f"ms a jump, {name}"] = round(
            (perform(jumps(1 + JUMPS), chart, choruses) - before_s) / JUMPS * 1e3, 2
        )
    blocks: list[int] = []
    took_s = perform(flood(messages, blocks), "blues", 0)
    found["µs a message of a flood"] = round(took_s / messages * 1e6, 1)
    found[f"blocks of memory more after {messages:,} messages"] = blocks[1] - blocks[0]
    for name, value in found.items():
        print(f"{name:50} {value:>10}")
    print(json.dumps({"benchmark": "storms", "messages": messages, "found": found}))


if __name__ == "__main__":
    main()
