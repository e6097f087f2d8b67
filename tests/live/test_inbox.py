"""What waits for the performer: who overtakes whom, what is one, and that it never grows without end."""

from __future__ import annotations

import os
import queue
import random
import signal
import sys
import threading
import tracemalloc

import pytest

from improv.clock import MonotonicClock
from improv.live.inbox import MOST_ASKED, MOST_CLOCK, MOST_HEARD, Inbox, thinned
from improv.live.performer import _IDLE_NS
from improv.midi.events import (
    Ask,
    ClockMessage,
    Gone,
    Heard,
    PortEvent,
    Reload,
    Report,
    Said,
    Stop,
)
from improv.midi.messages import NOTES_OFF, control, note_on
from improv.performance.steering import Answer, Steer
from improv.sync.midi_clock import ClockFollower
from improv.sync.moves import summed

PULSE_NS = 20_000_000
TRANSPORTS = (b"\xfa", b"\xfb", b"\xfc", b"\xf2\x10\x00", b"\xf2\x20\x00")


def pulse(number: int) -> ClockMessage:
    return ClockMessage(number * PULSE_NS, b"\xf8")


def taken(inbox: Inbox) -> list:
    """All that waits, as it is taken."""
    items = []
    while not inbox.empty():
        items.append(inbox.get_nowait())
    return items


def test_a_stop_a_death_and_reports_overtake_a_flood():
    inbox = Inbox()
    for number in range(1000):
        inbox.put(pulse(number))
        inbox.put(Reload())
        inbox.put(Ask())
    report, gone, away = Report(1, 0, 0, b"\x90\x40\x40"), Gone(7), PortEvent("out", "IAC", False)
    for item in (report, gone, away, Stop("SIGINT")):
        inbox.put(item)
    assert [inbox.get_nowait() for _ in range(4)] == [Stop("SIGINT"), report, gone, away]


def test_no_flood_holds_up_another():
    inbox = Inbox()
    for number in range(3):
        inbox.put(Ask())
        inbox.put(Reload())
        inbox.put(pulse(number))
    first = [inbox.get_nowait() for _ in range(3)]
    assert first == [(pulse(0), pulse(1), pulse(2)), Ask(), Reload()]
    for number in range(3):
        inbox.put(pulse(number))
    assert taken(inbox) == [(pulse(0), pulse(1), pulse(2)), Ask(), Ask()]


def test_many_reloads_are_one_and_the_first_stop_says_why():
    inbox = Inbox()
    for item in (Reload(), Reload(), Stop("SIGTERM"), Reload(), Stop("SIGINT")):
        inbox.put(item)
    assert taken(inbox) == [Stop("SIGTERM"), Reload()]


def test_of_what_is_heard_the_older_half_goes_and_takes_its_notes_along():
    inbox = Inbox()
    for ns in range(MOST_HEARD + 1):
        inbox.put(Heard(ns, note_on(0, 60, 90)))
    heard = taken(inbox)
    assert heard[:16] == [Heard(heard[16].ns, control(c, NOTES_OFF, 0)) for c in range(16)]
    assert [item.ns for item in heard[16:]] == list(range(MOST_HEARD // 2, MOST_HEARD + 1))


def test_a_storm_of_notes_keeps_nobody_else_waiting():
    inbox = Inbox()
    for ns in range(MOST_HEARD):
        inbox.put(Heard(ns, note_on(0, 60, 90)))
    for item in (pulse(0), Ask(), Gone()):
        inbox.put(item)
    assert {type(inbox.get_nowait()) for _ in range(4)} >= {tuple, Ask, Gone}


def test_nothing_is_there_where_nothing_was_put():
    inbox = Inbox()
    assert inbox.empty()
    with pytest.raises(queue.Empty):
        inbox.get_nowait()
    with pytest.raises(queue.Empty):
        inbox.get(timeout=0.001)


def test_who_waits_is_woken_by_another_thread():
    inbox, clock = Inbox(), MonotonicClock()
    for item in (Stop("a"), Gone(), Ask(), Reload()):
        waiting = threading.Event()

        def put(item=item, waiting=waiting):
            waiting.wait(20)
            inbox.put(item)

        thread = threading.Thread(target=put)
        thread.start()
        waiting.set()
        assert clock.wait(inbox, clock.now_ns() + 20_000_000_000) == item
        thread.join(20)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_who_waits_is_woken_by_a_signal_handler():
    """Which interrupts the very wait, and may find the lock of the clock's messages held."""
    inbox, clock = Inbox(), MonotonicClock()
    before = signal.signal(signal.SIGUSR1, lambda signum, frame: inbox.put(Stop("SIGUSR1")))
    waiting = threading.Event()

    def send():
        waiting.wait(20)
        os.kill(os.getpid(), signal.SIGUSR1)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        waiting.set()
        # Python runs a handler late whose signal comes just as the wait begins: once that is over. So the
        # performer never waits long, and asks again.
        items = (clock.wait(inbox, clock.now_ns() + _IDLE_NS) for _ in range(100))
        assert next(item for item in items if item is not None) == Stop("SIGUSR1")
        with inbox._lock:
            os.kill(os.getpid(), signal.SIGUSR1)
            inbox.put(Reload())
        assert taken(inbox) == [Stop("SIGUSR1"), Reload()]
    finally:
        thread.join(20)
        signal.signal(signal.SIGUSR1, before)


def test_a_million_messages_take_no_more_room_than_a_few_thousand():
    inbox = Inbox()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(250_000):
            inbox.put(pulse(number))
            inbox.put(ClockMessage(number, TRANSPORTS[number % len(TRANSPORTS)]))
            inbox.put(Reload())
            inbox.put(Steer(style=str(number)))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most - before < 4_000_000
    items = taken(inbox)
    (clock,) = [item for item in items if isinstance(item, tuple)]
    assert len(clock) <= MOST_CLOCK
    assert clock[-2] == pulse(249_999)
    asked = [item for item in items if isinstance(item, Steer)]
    assert len(asked) == MOST_ASKED - 1
    assert asked[-1] == Steer(style="249999")
    assert [type(item) for item in items if isinstance(item, Said)] == [Said]


def test_an_answer_keeps_its_turn():
    inbox = Inbox()
    given = [Answer("a"), Steer(style="bop"), Answer("b")]
    for item in given:
        inbox.put(item)
    assert taken(inbox) == given


def heard(follower: ClockFollower, messages) -> list:
    return summed([move for message in messages for move in follower.hear(message)])


@pytest.mark.parametrize("seed", range(60))
def test_what_is_overtaken_makes_no_difference(seed):
    """Whatever transports come in a row, those that are left lead to the same place, rolling or not."""
    rng = random.Random(seed)
    run = [ClockMessage(50 * PULSE_NS, rng.choice(TRANSPORTS)) for _ in range(rng.randrange(1, 9))]
    fewer = thinned([*run, *run])[: -len(run)]  # the second half is left as it is
    assert len(fewer) <= 4
    begun = [ClockMessage(0, b"\xfa")] * rng.randrange(2) + [pulse(number) for number in range(48)]
    after = [pulse(number) for number in range(51, 60)]
    one, other = (ClockFollower("'DAW'", 500_000_000) for _ in range(2))
    heard(one, [*begun, *run])
    heard(other, [*begun, *fewer])
    assert heard(one, after) == heard(other, after)
    assert one.where() == other.where()


def test_of_a_flood_the_latest_pulses_are_kept_and_where_it_was_put():
    messages = [ClockMessage(0, b"\xf2\x08\x00"), ClockMessage(0, b"\xfb"), *map(pulse, range(98))]
    left = thinned(messages)
    assert left == [*messages[:2], *messages[50:]]
