"""Storms of all that can come in, in time that nobody waits for; then a sane clock, and all is well."""

from __future__ import annotations

import gc
import json
import random
import sys
from dataclasses import replace

import pytest
from fakes import LocalSender, ManualClock, RecordingPort
from session_stage import assert_replays

from improv.charts.library import load_chart
from improv.config import Config, Plan, Tune
from improv.live.daemon import play
from improv.live.inbox import Inbox
from improv.midi.events import Ask, ClockMessage, Gone, PortEvent, Reload, Said, Stop, Taken
from improv.performance.form import band_of
from improv.performance.steering import Answer, Steer, Tap
from improv.sync.midi_clock import ClockFollower

S = 1_000_000_000
PULSE_TICK = 20
CHART = load_chart("| C7 | F7 | C7 | G7 |")


def clocked(*data):
    return lambda ns, rng: ClockMessage(ns, bytes(data))


def somewhere(ns, rng):
    """A song position, perhaps behind the end."""
    return ClockMessage(ns, bytes((0xF2, rng.randrange(128), rng.choice((0, 0, 0, 1, 127)))))


PULSE, START, CONTINUE, STOP = (clocked(byte) for byte in (0xF8, 0xFA, 0xFB, 0xFC))
KINDS = (
    PULSE,
    START,
    CONTINUE,
    STOP,
    somewhere,
    clocked(0xF2, 1),  # cut short
    clocked(0xF1, 0x20),
    clocked(0xF3, 1),
    clocked(0xF4),
    clocked(0xFF),
    lambda ns, rng: Reload(),
    lambda ns, rng: Ask(),
    lambda ns, rng: Tap(ns),
    lambda ns, rng: Answer("somebody says something"),
    lambda ns, rng: Said("something has happened"),
    lambda ns, rng: Gone(rng.randrange(10)),
    lambda ns, rng: PortEvent("out", "a port", rng.random() < 0.5),
    lambda ns, rng: Taken(rng.choice(("out", "clock-out"))),
    lambda ns, rng: Steer(controls={"density": round(rng.uniform(-1, 1), 2)}),
    lambda ns, rng: Steer(controls={"tempo_bpm": 200.0}),
)
MIXED = (
    lambda ns, rng: Steer(mutes={rng.choice(("bass", "solo", "Drums")): rng.random() < 0.5}),
    lambda ns, rng: Steer(solo=rng.choice((("bass",), ("solo",), (), ()))),
    lambda ns, rng: Steer(mutes={"bass": rng.random() < 0.5}),
    lambda ns, rng: Steer(solo=rng.choice((("bass",), ()))),
)


class Fed(ManualClock):
    """A manual clock that is given what comes in bit by bit, as (ns, item): no storm fits in memory."""

    def __init__(self, chunks):
        super().__init__()
        self._chunks = chunks

    def wait(self, inbox, until_ns):
        if not self._to_come:
            for ns, item in next(self._chunks, ()):
                self.at(ns, item)
        return super().wait(inbox, until_ns)


def perform(clock, folder, *, port=None, answered=None):
    """Through the daemon: what it says at the end, the port, and what the user was told."""
    tune = Tune(CHART, Plan(), {"human": 0.0, "swing": 1.0, "tempo_bpm": 120.0})
    config = Config(
        (tune,), model="etudes", seed=5, band=band_of("bass,drums", 1),
        record=folder / "a.mid", log=folder / "a.jsonl",
    )  # fmt: skip
    inbox, port, answers = Inbox(), port or RecordingPort(), []
    summary = play(
        config, clock, inbox, out=LocalSender(clock, inbox, port),
        follower=ClockFollower("'DAW'", 500_000_000), answer=answered or answers.append,
        reload=lambda: replace(config),
    )  # fmt: skip
    return summary, port, answers


def storm(rng, ns, all_kinds):
    """Some seconds of it, as (ns, item): a few kinds at once, at rates up to 1,000 a second, with stalls
    after which all that is late comes together."""
    for _ in range(rng.randrange(1, 6)):
        weights = [4, 3, 2, 2, 3, *[1] * (len(all_kinds) - 5)]
        kinds = rng.choices(all_kinds, weights, k=rng.randrange(1, 4))
        step_ns = rng.choice((1_000_000, 5_000_000, 20_000_000, 20_833_333))
        stalls = rng.random() < 0.3
        late_ns = ns + rng.randrange(1, 2 * S)
        for _ in range(rng.randrange(20, 400)):
            ns += step_ns
            yield max(ns, late_ns) if stalls else ns, rng.choice(kinds)(ns, rng)


FOUND = (122, 136, 142, 151, 401)
"""Seeds that failed once: a clock that was held up for a second, hundreds of reloads before one bar line, a
seek that rolls at once at another tempo."""


MIXED_FROM = 1025
"""From this seed on somebody is muted and heard again too. Of 1028 the clock draws back what was sent."""


@pytest.mark.parametrize("seed", (*range(40), *FOUND, *range(MIXED_FROM, MIXED_FROM + 5)))
def test_after_any_storm_a_sane_clock_is_followed_within_a_bar(seed, tmp_path):
    rng = random.Random(seed)
    clock, last_ns = ManualClock(), S
    for ns, item in storm(rng, S, (*KINDS, *MIXED) if seed >= MIXED_FROM else KINDS):
        clock.at(ns, item)
        last_ns = max(ns, last_ns)
    begun_ns = last_ns + rng.choice((30_000_000, 3 * S))
    sixteenth = rng.choice((None, 0, 16, 32, 37))
    if sixteenth is None:
        clock.at(begun_ns, ClockMessage(begun_ns, b"\xfa"))
    else:
        clock.at(begun_ns, ClockMessage(begun_ns, b"\xfc"))
        clock.at(begun_ns, ClockMessage(begun_ns, bytes((0xF2, sixteenth, 0))))
        clock.at(begun_ns, ClockMessage(begun_ns, b"\xfb"))
    pulse_ns = 60e9 / rng.choice((90, 120, 163)) / 24
    for number in range(24 * 16):
        ns = round(begun_ns + 10_000_000 + number * pulse_ns)
        clock.at(ns, ClockMessage(ns, b"\xf8"))
    stop_ns = round(begun_ns + 10_000_000 + 24 * 16 * pulse_ns)
    clock.at(stop_ns, Stop("enough"))
    if seed >= MIXED_FROM:
        clock.at(begun_ns, Steer(mutes={"drums": False}, solo=()))

    summary, port, _ = perform(clock, tmp_path)
    assert summary.why == "enough"
    assert port.sounding == set()
    begun_tick = (sixteenth or 0) * 6 * PULSE_TICK
    bar_ns = begun_ns + 10_000_000 + 96 * pulse_ns
    off = []
    for line in map(json.loads, (tmp_path / "a.jsonl").read_text().splitlines()):
        if line.get("bytes", "").startswith("99") and bar_ns < line["sent_ns"] < stop_ns:
            due_ns = begun_ns + 10_000_000 + (line["tick"] - begun_tick) / PULSE_TICK * pulse_ns
            off.append((line["sent_ns"] - due_ns) / 1e6)
    assert len(off) > 20, "the drummer plays on"
    assert max(map(abs, off)) < 10, "in milliseconds: the place and the tempo are the clock's"
    assert_replays(tmp_path, "etudes")


class Nowhere(RecordingPort):
    """It keeps nothing."""

    class Sent:
        def append(self, row):
            pass

    def __init__(self):
        self.sent = self.Sent()


def flood(messages, rng):
    """So many messages, two thousand each second, a hundred at a time; now and then one of any other kind."""
    for second in range(messages // 2000):
        chunk = []
        for moment in range(20):
            ns = second * S + moment * S // 20
            chunk += [(ns, rng.choice(KINDS[:10])(ns, rng)) for _ in range(100)]
            chunk.append((ns, rng.choice(KINDS)(ns, rng)))
        yield chunk
    ns = (messages // 2000 + 1) * S
    yield [(ns, Stop("enough"))]


def test_a_flood_leaves_nothing_behind_in_memory(tmp_path):
    blocks = []

    def watched():
        for second, chunk in enumerate(flood(162_000, random.Random(1))):
            if second in (40, 80):  # by then all that is remembered of late notes is full
                gc.collect()
                blocks.append(sys.getallocatedblocks())
            yield chunk

    summary, _, _ = perform(Fed(watched()), tmp_path, port=Nowhere(), answered=lambda answer: None)
    assert summary.why == "enough"
    assert blocks[1] - blocks[0] < 5_000
