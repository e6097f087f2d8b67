"""Asking for real-time priority: what is asked, and what is said where it is refused.

macOS and Windows: stand-ins for their libraries take the calls. Linux: the system itself, in a process of
its own, and stand-ins for limits that this machine does not have.
"""

from __future__ import annotations

import ctypes
import errno
import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

from improv.midi import realtime

INFINITY = -1
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux")


class Limits:
    """`resource` with limits of our own."""

    RLIM_INFINITY = INFINITY
    RLIMIT_RTPRIO, RLIMIT_RTTIME, RLIMIT_MEMLOCK = "rtprio", "rttime", "memlock"

    def __init__(self, **limits):
        self.limits = {"rtprio": (0, 0), "rttime": (INFINITY, INFINITY), "memlock": (8, 8)} | limits

    def getrlimit(self, which):
        return self.limits[which]

    def setrlimit(self, which, limits):
        self.limits[which] = limits


class System:
    """Grants SCHED_FIFO up to a priority, as a limit on rtprio does."""

    def __init__(self, highest):
        self.highest, self.asked = highest, []

    def __call__(self, priority):
        self.asked.append(priority)
        if priority > self.highest:
            raise OSError(errno.EPERM, "Operation not permitted")


def ask(limits, system, monkeypatch, uid=1000):
    monkeypatch.setattr(realtime.os, "geteuid", lambda: uid, raising=False)
    return realtime.ask_linux(limits, system)


def test_what_is_granted_needs_no_words(monkeypatch):
    system = System(95)
    assert ask(Limits(rtprio=(95, 95)), system, monkeypatch) == ""
    assert system.asked == [realtime.PRIORITY]


def test_a_user_without_rtprio_is_told_how_to_get_it(monkeypatch):
    why = ask(Limits(), System(0), monkeypatch)
    assert "/etc/security/limits.d/audio.conf" in why
    assert "LimitRTPRIO" in why
    assert why.endswith(".")


def test_root_in_a_container_is_told_about_the_capability(monkeypatch):
    assert "CAP_SYS_NICE" in ask(Limits(), System(0), monkeypatch, uid=0)


def test_a_soft_limit_is_raised_to_the_hard_one_and_a_low_priority_is_better_than_none(monkeypatch):
    limits, system = Limits(rtprio=(0, 5)), System(5)
    assert ask(limits, system, monkeypatch) == ""
    assert limits.limits["rtprio"] == (5, 5)
    assert system.asked == [realtime.PRIORITY, 5]


def test_where_a_process_is_ended_for_running_long_priority_is_not_taken(monkeypatch):
    system = System(95)
    why = ask(Limits(rtprio=(95, 95), rttime=(1000, 2000)), system, monkeypatch)
    assert "RLIMIT_RTTIME" in why
    assert system.asked == []
    assert ask(Limits(rtprio=(95, 95), rttime=(200_000, 200_000)), system, monkeypatch) == ""


class Library:
    """Keeps what it was asked to lock; refuses flags it does not know."""

    def __init__(self, known=7):
        self.known, self.asked = known, []

    def mlockall(self, flags):
        self.asked.append(flags)
        return -1 if flags & ~self.known else 0


def test_memory_is_locked_only_where_nothing_limits_it():
    """Under a limit of 8 MiB whatever is allocated after locking would fail."""
    library = Library()
    assert not realtime.lock_memory(library, Limits(memlock=(8, 8)), may_lock=False)
    assert library.asked == []
    limits = Limits(memlock=(8, INFINITY))
    assert realtime.lock_memory(library, limits, may_lock=False)
    assert limits.limits["memlock"] == (INFINITY, INFINITY)
    assert realtime.lock_memory(library, Limits(memlock=(8, 8)), may_lock=True)
    assert library.asked == [7, 7]


def test_an_old_kernel_locks_memory_too_and_a_refusal_is_not_an_error():
    library = Library(known=3)
    assert realtime.lock_memory(library, Limits(), may_lock=True)
    assert library.asked == [7, 3]
    assert not realtime.lock_memory(Library(known=0), Limits(), may_lock=True)
    assert not realtime.lock_memory(SimpleNamespace(), Limits(), may_lock=True)


class MachLibrary:
    """libSystem: units of 125/3 ns, as on Apple silicon."""

    def __init__(self, status=0):
        self.status = status

    def mach_timebase_info(self, base):
        base._obj.numer, base._obj.denom = 125, 3

    def mach_thread_self(self):
        return 771

    def thread_policy_set(self, thread, flavour, policy, count):
        policy = policy._obj
        self.asked = (thread, flavour, count, policy.period, policy.computation, policy.constraint)
        return self.status


def test_macos_gets_a_time_constraint_in_its_own_units():
    library = MachLibrary()
    assert realtime.ask_macos(library) == realtime.Realtime(True)
    assert library.asked == (771, 2, 4, 0, 12_000, 24_000)  # 0.5 ms and 1 ms
    assert ctypes.sizeof(realtime._TimeConstraint) == 16


def test_a_refusal_by_macos_is_said():
    assert "status 46" in realtime.ask_macos(MachLibrary(46)).why
    assert not realtime.ask_macos(SimpleNamespace()).granted


class Windows:
    """avrt and winmm in one."""

    def __init__(self, handle):
        self.asked = []

        def characteristics(task, index):
            self.asked.append((task.value, index._obj.value))
            return handle

        self.AvSetMmThreadCharacteristicsW = characteristics

    def timeBeginPeriod(self, ms):  # noqa: N802
        self.asked.append(ms)


def test_windows_gets_the_class_pro_audio_and_fine_timers():
    library = Windows(handle=5)
    assert realtime.ask_windows(library, library) == realtime.Realtime(True)
    assert library.asked == [1, ("Pro Audio", 0)]


def test_a_refusal_by_windows_is_said():
    library = Windows(handle=None)
    assert "Multimedia Class Scheduler" in realtime.ask_windows(library, library).why
    assert not realtime.ask_windows(SimpleNamespace(), SimpleNamespace()).granted


PROBE = """
import gc, json, os
from dataclasses import asdict
from improv.midi.realtime import prepare
given = prepare()
policy = os.sched_getscheduler(0) & 0xFF if hasattr(os, "sched_getscheduler") else None
locked = [line for line in open("/proc/self/status") if line.startswith("VmLck")][0].split()[1]
kept = [bytearray(1 << 20) for _ in range(64)]  # allocating still works
print(json.dumps([asdict(given), policy, int(locked), gc.isenabled()]))
"""


@linux
@pytest.mark.parametrize("asked", ["1", "0"])
def test_what_it_says_of_this_system_is_so(asked, monkeypatch):
    monkeypatch.setenv("JAZZ_IMPROV_REALTIME", asked)
    done = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, check=True, timeout=60
    )
    given, policy, locked_kib, collecting = json.loads(done.stdout)
    assert given["granted"] == (policy == 1), "SCHED_FIFO"
    assert given["locked"] == (locked_kib > 0)
    assert bool(given["why"]) == (not given["granted"])
    assert not collecting
    if asked == "0":
        assert not given["granted"]
        assert "JAZZ_IMPROV_REALTIME=0" in given["why"]


def test_an_unknown_system_is_named(monkeypatch):
    monkeypatch.setattr(realtime, "gc", SimpleNamespace(collect=int, freeze=int, disable=int))
    assert "plan9" in realtime.prepare({}, "plan9").why


@linux
def test_without_priority_linux_gives_exact_timers_and_short_slices():
    """In a process of its own, which asks the system afterwards what it has."""
    ask = (
        "import ctypes\n"
        "from improv.midi import realtime\n"
        "said = realtime.prepare({'JAZZ_IMPROV_REALTIME': '0'})\n"
        "assert (said.granted, said.spin_ns) == (False, realtime.FAIR_SPIN_NS)\n"
        "print(ctypes.CDLL(None).prctl(30, 0, 0, 0, 0))\n"  # PR_GET_TIMERSLACK
    )
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n", done.stderr


class FairLibrary:
    """The C library; `refuses`: what it answers with -1."""

    def __init__(self, refuses=()):
        self.refuses, self.asked = refuses, []

    def prctl(self, *arguments):
        self.asked.append(("prctl", *arguments))
        return -("prctl" in self.refuses)

    def syscall(self, number, pid, attributes, flags):
        slice_ns = attributes._obj.runtime
        self.asked.append((number, pid, attributes._obj.size, attributes._obj.policy, slice_ns))
        return -("syscall" in self.refuses)


@linux
@pytest.mark.parametrize(
    ("machine", "refuses", "granted"),
    [("x86_64", (), True), ("aarch64", (), True), ("x86_64", ("syscall",), False),
     ("x86_64", ("prctl",), False), ("sparc", (), False)],
)  # fmt: skip
def test_the_slice_is_asked_for_by_the_number_that_the_machine_has(machine, refuses, granted):
    library = FairLibrary(refuses)
    assert realtime.ask_linux_fairly(library, machine) is granted
    assert library.asked[0] == ("prctl", 29, 1, 0, 0, 0)
    number = {"x86_64": 314, "aarch64": 274}.get(machine)
    assert library.asked[1:] == ([(number, 0, 48, 0, 100_000)] if number else [])


def test_a_library_that_cannot_be_asked_is_no_failure():
    assert realtime.ask_linux_fairly(SimpleNamespace(), "x86_64") is False
