"""Is this machine ready to play, and how punctual is it? The measuring, and what the numbers mean.

ask("ports" | "timer" | "open") ── a process of its own, with a time limit ──> what it said
loop(seconds, backend)          ── our sender, a virtual port, our receiver ──> Loop: when each message came
findings                        ── pure: Finding(topic, ok | note | problem, what, what to do)
histogram                       ── pure: lines of text
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from improv.clock import MonotonicClock
from improv.errors import ImprovError
from improv.midi.events import ClockMessage, Gone, Realtime, ReceiverGone, Report
from improv.midi.messages import (
    MOST_SIXTEENTHS,
    SONG_POSITION,
    Planned,
    sixteenths_of,
    song_position,
)
from improv.midi.ports import PortRequest, can_make_virtual
from improv.midi.receiver_process import ReceiverProcess
from improv.midi.sender_process import SenderProcess

ASK_TIMEOUT_S = 12.0
"""Longer than a JACK server needs to recover from two killed clients (5 s each)."""
_OPEN_NS = 20_000_000_000
_APART_NS = 20_300_000  # not a multiple of any usual audio period, so that all its phases are met
_LEAD_NS = 500_000_000
_AFTER_NS = 2_000_000_000
LATE_US = 1000.0
"""Lateness of the sender (p99) that can be heard in fast music."""
MANY = 0.05
"""The share of lost messages beyond which something is wrong with the MIDI system."""
FAR_MS = 10.0
"""A delay through the MIDI system that somebody who plays along can feel."""


@dataclass(frozen=True)
class Finding:
    """One thing that was checked. `state`: "ok", "note" or "problem"; `do`: what to do about it."""

    topic: str
    state: str
    text: str
    do: str = ""
    status: int = 0
    """The exit status, for a problem."""


Measured = TypeVar("Measured")


def measured_twice(
    measure: Callable[[], tuple[list[Finding], Measured]],
) -> tuple[list[Finding], Measured]:
    """What `measure` finds; where that is a problem, what it finds when it measures again.

    A machine that is busy for a moment is no machine that cannot play. A problem that has gone is a note.
    """
    findings, measured = measure()
    problem = next((each for each in findings if each.state == "problem"), None)
    if problem is None:
        return findings, measured
    findings, measured = measure()
    if not any(each.state == "problem" for each in findings):
        text = f"At first: {problem.text} A second measurement was fine."
        do = "Close programs that keep this machine busy, and run it once more."
        findings = [Finding(problem.topic, "note", text, do), *findings]
    return findings, measured


@dataclass
class Loop:
    """What became of the messages of a loop-back; all times in nanoseconds.

    `late`: sent minus planned. `travel`: arrived minus sent. `whole`: arrived minus planned. `lost`: how many
    did not come back. `why`: why nobody listened for them.
    """

    backend: str
    late: list[int] = field(default_factory=list)
    travel: list[int] = field(default_factory=list)
    whole: list[int] = field(default_factory=list)
    lost: int = 0
    why: str = ""
    realtime: Realtime = field(default_factory=Realtime)


def ask(question: str, *arguments: str, timeout_s: float = ASK_TIMEOUT_S) -> tuple[list[Any], str]:
    """The lines that `health.doctor_look` answers with, and why there are no more ("" if it ended well)."""
    command = [sys.executable, "-m", "improv.health.doctor_look", question, *arguments]
    said = b""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).resolve().parents[2],
            timeout=timeout_s,
        )
        said = done.stdout
        why = f"it ended with status {done.returncode}" if done.returncode else ""
    except subprocess.TimeoutExpired as late:
        said, why = late.stdout or b"", f"no answer within {timeout_s:g} s"
    except OSError as error:
        why = f"no process can be started ({error})"
    whole, _, _ = said.rpartition(b"\n")
    return [json.loads(line) for line in whole.splitlines()], why


def loop(seconds: float, backend: str) -> Loop:
    """Send to ourselves for `seconds` through a virtual port of `backend`, one message every 20 ms.

    The messages are numbered song positions, which our own receiver hears. If there is no way back, only the
    sender is measured, and `why` says so. Raises PortError, MissingError, SenderError.
    """
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    clock = MonotonicClock()
    measured = Loop(backend)
    name = f"jazz-improv-doctor-{os.getpid()}" if can_make_virtual(backend) else None
    sender = SenderProcess(PortRequest(name, backend if name else "none"), inbox)
    receiver = None
    try:
        info, measured.realtime = sender.opened(clock)
        if info.virtual:
            receiver = ReceiverProcess(PortRequest(info.name, info.backend), [], inbox)
            try:
                heard = receiver.opened(clock, _OPEN_NS)
                if heard is None or heard.virtual:
                    measured.why = "Its own port is not among the inputs of this MIDI system."
            except ImprovError as error:
                measured.why = str(error)
        else:
            measured.why = "Without a virtual port, nothing comes back."
        _measure(
            measured,
            sender,
            inbox,
            clock,
            min(MOST_SIXTEENTHS + 1, max(1, round(seconds * 1e9 / _APART_NS))),
        )
    finally:
        sender.quit()
        if receiver is not None:
            receiver.close()
    return measured


def _measure(
    measured: Loop,
    sender: SenderProcess,
    inbox: queue.SimpleQueue[Any],
    clock: MonotonicClock,
    count: int,
) -> None:
    start_ns = clock.now_ns() + _LEAD_NS
    planned = [start_ns + number * _APART_NS for number in range(count)]
    for number, deadline_ns in enumerate(planned):
        sender.plan(Planned(0, deadline_ns, song_position(number)))
    sender.flush()
    sent: dict[int, int] = {}
    arrived: dict[int, int] = {}
    wanted = 0 if measured.why else count
    until_ns = planned[-1] + _AFTER_NS
    while len(sent) < count or len(arrived) < wanted:
        item = clock.wait(inbox, until_ns)
        if item is None:
            break
        if isinstance(item, Report):
            sent[sixteenths_of(item.data)] = item.sent_ns
        elif isinstance(item, ClockMessage) and item.data[0] == SONG_POSITION:
            arrived[sixteenths_of(item.data)] = item.ns
        elif isinstance(item, Gone):
            raise sender.death()
        elif isinstance(item, ReceiverGone):
            measured.why = measured.why or "The receiver process died during the measurement."
            wanted = 0
    measured.late = [sent[number] - planned[number] for number in sorted(sent)]
    both = sorted(sent.keys() & arrived.keys())
    measured.travel = [arrived[number] - sent[number] for number in both]
    measured.whole = [arrived[number] - planned[number] for number in both]
    measured.lost = wanted - len(arrived) if wanted else 0


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that `percent` of them do not exceed."""
    ordered = sorted(values)
    rank = -int(-len(ordered) * percent // 100)
    return ordered[min(len(ordered), max(1, rank)) - 1]


def spread(values: Sequence[float], unit: str, decimals: int = 0) -> str:
    """p50, p99 and maximum, as text."""
    named = {
        "p50": percentile(values, 50),
        "p99": percentile(values, 99),
        "max": max(values),
    }
    return ", ".join(f"{name} {value:.{decimals}f} {unit}" for name, value in named.items())


_ROWS, _BAR = 10, 40


def histogram(values: Sequence[float], unit: str) -> list[str]:
    """Bars of text: at most ten rows of equal width up to p98, and one for what is beyond."""
    if not values:
        return []
    low, high = min(values), percentile(values, 98)
    step = _round_step(max(high - low, 1e-9) / (_ROWS - 1))
    first = int(low // step)
    rows = [0] * (int(high // step) - first + 1)
    beyond = 0
    for value in values:
        row = int(value // step) - first
        if row < len(rows):
            rows[row] += 1
        else:
            beyond += 1
    decimals = 0 if step >= 1 else 1 if step >= 0.1 else 2 if step >= 0.01 else 3

    def edge(number: int) -> str:
        return f"{(first + number) * step:.{decimals}f}"

    labels = [f"{edge(row)} - {edge(row + 1)} {unit}" for row in range(len(rows))]
    if beyond:
        labels.append(f"{edge(len(rows))} or more {unit}")
        rows.append(beyond)
    width, most = max(map(len, labels)), max(rows)
    return [
        f"{label:>{width}} |{'#' * -(-count * _BAR // most):{_BAR}} {count}".rstrip()
        for label, count in zip(labels, rows, strict=True)
    ]


def _round_step(least: float) -> float:
    """The smallest of ..., 0.5, 1, 2, 5, 10, ... that is not below `least`."""
    power = 10.0**-6
    while True:
        for digit in (1, 2, 5):
            if digit * power >= least * 0.999999:
                return digit * power
        power *= 10


def latency_to_set_ms(measured: Loop) -> float | None:
    """What `--latency-ms` should be so that MIDI arrives when it is written; None: not measured."""
    return -round(percentile(measured.whole, 50) / 1e6, 1) + 0.0 if measured.whole else None


def of_ports(answers: Sequence[Any], why: str) -> list[Finding]:
    """What the answers to "ports" mean."""
    found = []
    systems = [answer[1:] for answer in answers if answer[0] == "system"]
    library = next((answer[1] for answer in answers if answer[0] == "library"), "")
    if library:
        return [Finding("midi", "problem", library, "Do what it says, then try again.", 9)]
    for name, listed, absent in systems:
        if listed is None:
            if absent and "built without" not in absent:
                found.append(Finding("midi", "note", f"{name}: {absent}.", _HOW.get(name, "")))
            continue
        text = (
            f"{name}: {_count(listed['outputs'], 'output')}, {_count(listed['inputs'], 'input')}."
        )
        found.append(Finding("midi", "ok", text))
    if why:
        found.append(
            Finding(
                "midi",
                "problem",
                f"A MIDI system does not list its ports: {why}.",
                "Restart that MIDI system (a JACK server that hangs: `killall -9 jackd`, then start it).",
                7,
            )
        )
    elif not any(listed is not None for _, listed, _ in systems):
        found.append(
            Finding(
                "midi",
                "problem",
                "No MIDI system answers, so no port can be opened.",
                "Start one of the above; `jazz-improv --backend none` plays without a port.",
                7,
            )
        )
    return found


_HOW = {
    "alsa": "`sudo modprobe snd-seq`; in a container, share /dev/snd with it.",
    "jack": "Only if you use JACK: start it (`qjackctl`, `jackd -d alsa`, or PipeWire's pipewire-jack).",
}


def _count(names: Sequence[str], what: str) -> str:
    listed = f" ({', '.join(names)})" if names else ""
    return f"{len(names)} {what}{'' if len(names) == 1 else 's'}{listed}"


def of_timer(answers: Sequence[Any], why: str) -> list[Finding]:
    """What the answers to "timer" mean."""
    found = []
    for kind, *values in answers:
        if kind == "realtime":
            realtime = Realtime(**values[0])
            if realtime.granted:
                locked = "locked" if realtime.locked else "not locked"
                found.append(
                    Finding("priority", "ok", f"Real-time priority is granted; memory {locked}.")
                )
            else:
                what, _, how = realtime.why.partition(": ")
                found.append(Finding("priority", "note", _sentence(what), _sentence(how)))
        else:
            resolution_ns, overshoots = values
            over_us = [ns / 1000 for ns in overshoots]
            late = percentile(over_us, 99) > LATE_US
            text = f"The clock steps by {resolution_ns:g} ns; sleeps are too long by {spread(over_us, 'µs')}."
            do = (
                "Close programs that keep the processors busy, and get real-time priority."
                if late
                else ""
            )
            found.append(Finding("timer", "note" if late else "ok", text, do))
    if why:
        found.append(
            Finding("timer", "problem", f"The timer could not be measured: {why}.", "", 10)
        )
    return found


def _sentence(text: str) -> str:
    text = text.rstrip(".")
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def of_loop(measured: Loop) -> list[Finding]:
    """What a loop-back tells about this machine."""
    found = []
    late_us = [ns / 1000 for ns in measured.late]
    if late_us:
        late = percentile(late_us, 99) > LATE_US
        found.append(
            Finding(
                "sender",
                "note" if late else "ok",
                f"{len(late_us)} messages were late by {spread(late_us, 'µs')}.",
                "Get real-time priority, and close programs that keep the processors busy."
                if late
                else "",
            )
        )
    if measured.why:
        text = f"Only the sender was measured, not the way through a port: {measured.why}"
        found.append(Finding("round trip", "note", text))
    if not measured.whole:
        if not measured.why:
            do = "Check whether another program blocks this MIDI system, and restart it."
            found.append(
                Finding("round trip", "problem", "Nothing that was sent came back.", do, 7)
            )
        return found
    far = percentile(measured.whole, 50) / 1e6 > FAR_MS
    text = f"{measured.backend}: from when a message is due until another program hears it, "
    text += spread([ns / 1e6 for ns in measured.whole], "ms", 2) + "."
    do = "Give the audio system a shorter period (`jackd -p 128`)." if far else ""
    found.append(Finding("round trip", "note" if far else "ok", text, do))
    if measured.lost:
        text = f"{measured.lost} of {len(measured.late)} messages did not come back."
        if measured.lost > MANY * len(measured.late):
            found.append(Finding("round trip", "problem", text, "Restart the MIDI system.", 7))
        else:
            do = "A JACK server that misses a period (xrun) may lose messages: "
            do += "give it real-time priority, or a longer period."
            found.append(Finding("round trip", "note", text, do))
    latency_ms = latency_to_set_ms(measured)
    found.append(
        Finding(
            "latency",
            "ok",
            f"--latency-ms {latency_ms:g} makes up for the time MIDI takes here (half of the messages take "
            "longer).",
            "Subtract the delay of your synth and its audio output as well: a period of 256 frames at 48 kHz "
            f"is 5.3 ms, so two of them make it {latency_ms - 10.7:g}.",
        )
        if latency_ms is not None
        else Finding("latency", "note", "The latency to set could not be measured.")
    )
    return found
