"""What is put into the performer's inbox, by whatever thread or signal handler: the only way to reach it.

sender process    ->  Report, Gone
receiver process  ->  ClockMessage, Heard, PortEvent, ReceiverGone
signal handlers   ->  Stop, Reload, StandStill
steering          ->  Steer, Answer (performance.steering)
anybody           ->  Said, Ask
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

OUT, CLOCK_OUT, CLOCK_IN, IN = "out", "clock-out", "clock-in", "in"
"""The roles of ports: where notes go, where the clock goes that has a port of its own, where one comes in,
where the partner is heard."""


@dataclass(frozen=True, slots=True)
class Report:
    """One message the sender dealt with, and when it really did. `dropped`: a note-on that came too late."""

    note_id: int
    planned_ns: int
    sent_ns: int
    data: bytes
    dropped: bool = False
    place: object = field(default=None, compare=False)
    """That of the message, where it was sent as planned; see `messages.Planned`."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The sender process `pid` has ended."""

    pid: int = 0


@dataclass(frozen=True, slots=True)
class ReceiverGone:
    """The receiver process `pid` has ended."""

    pid: int = 0


@dataclass(frozen=True, slots=True)
class ClockMessage:
    """A system message (pulse, start, stop, continue, song position) and when it came in."""

    ns: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Heard:
    """A channel message of the partner, and when it was played; pressure and the wheel are left out."""

    ns: int
    data: bytes


@dataclass(frozen=True, slots=True)
class PortEvent:
    """A port in use has gone, or is there again. `role`: OUT, CLOCK_OUT, CLOCK_IN or IN."""

    role: str
    name: str
    there: bool
    answers: bool = True
    """False: it is not known to have gone, its MIDI system does not answer."""
    same: bool = False
    """It is there again, and had not gone: the sender that had it has it still."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The output `role` was opened anew: who listens there has missed something, or has just come."""

    role: str


@dataclass(frozen=True, slots=True)
class Stop:
    """End the performance now. `why` is for the log."""

    why: str


@dataclass(frozen=True, slots=True)
class Reload:
    """Read chart and configuration again; they hold from the next bar on."""


@dataclass(frozen=True, slots=True)
class StandStill:
    """Be silent, then call `stand`, which comes back when it is to play on (Ctrl-Z and `fg`)."""

    stand: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Ask:
    """A request for the session's health."""


@dataclass(frozen=True, slots=True)
class Said:
    """A line for the user to read; `problem`: also where nothing but errors is shown."""

    text: str
    problem: bool = False


@dataclass(frozen=True, slots=True)
class Realtime:
    """Whether the sender runs with real-time priority; `why` says why not, and how to get it.

    `locked`: its memory cannot be paged out. `spin_ns`: how long before a deadline it stops sleeping.
    """

    granted: bool = False
    why: str = ""
    locked: bool = False
    spin_ns: int = 300_000
