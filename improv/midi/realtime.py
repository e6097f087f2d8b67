"""Real-time priority, memory that stays, and no garbage collection: what a late note is made of otherwise.

Gives:      events.Realtime: granted or not, and why not and how to get it, in one sentence

    Linux     SCHED_FIFO (rtprio), memory locked where there is no limit on that
    macOS     the time-constraint policy that audio threads have
    Windows   the multimedia class "Pro Audio" (MMCSS), timer at 1 ms

Only the Linux part has been run by us on its system. The others are written after the systems' headers and
tested with a stand-in for their libraries.

What is refused changes nothing: the sender works without, less evenly. `JAZZ_IMPROV_REALTIME=0` in the
environment asks for no priority.

Without priority, Linux is asked for what everybody may have: timers that are not put together with others'
(timer slack), and short slices, which a fair scheduler gives sooner (EEVDF, from 6.12 on; sched(7)). And as
it makes those wait who have used much, there is less spinning before a note. With every core busy the 99th
percentile of lateness falls by that from 3.9 ms to 0.2 to 0.8 ms (benchmarks/lateness.py).
"""

from __future__ import annotations

import ctypes
import errno
import gc
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from improv.midi.events import Realtime

PRIORITY = 10
"""Above everything ordinary, at or below the audio servers, which must take what we send."""

SHORTEST_RUN_US = 20_000
"""The least RLIMIT_RTTIME to live with: one stretch of spinning (0.3 ms), a full send queue, and much room.

A sender that spins before each of 120 messages a second is on the processor 4 % of the time; Linux throttles
real-time processes at 95 % (sched_rt_runtime_us).
"""

SPIN_NS = 300_000
"""How long before a deadline the sender stops sleeping and spins. Wake-ups are about 60 us late (the timer
slack of Linux) and now and then later; it costs so much of the processor for each instant with notes."""
FAIR_SPIN_NS = 60_000
"""The same for one without priority on Linux: measured with 0, 60, 100 and 300 us."""
_FAIR_SLICE_NS = 100_000  # the least there is
_PR_SET_TIMERSLACK = 29
_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274, "riscv64": 274, "armv7l": 380, "i686": 351}
"""The number of the system call, which the C library does not know."""

_SCHED_RESET_ON_FORK = 0x40000000
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4
_CAP_IPC_LOCK = 14

HOW_LINUX = (
    "give your user `rtprio` (as in `@audio - rtprio 95` in /etc/security/limits.d/audio.conf, and join "
    "the group `audio`) and log in again; a systemd unit gets it by `LimitRTPRIO=95`"
)


def prepare(environment: Mapping[str, str] = os.environ, system: str = sys.platform) -> Realtime:
    """Make this process as punctual as the system lets it be; call when all is loaded."""
    gc.collect()
    gc.freeze()
    gc.disable()  # the sender makes no reference cycles, and a collection is a late note
    linux = system.startswith("linux")
    if environment.get("JAZZ_IMPROV_REALTIME") == "0":
        if linux:
            ask_linux_fairly()
        return Realtime(
            False,
            "Real-time priority was not asked for (JAZZ_IMPROV_REALTIME=0).",
            spin_ns=FAIR_SPIN_NS if linux else SPIN_NS,
        )
    if system == "win32":
        return ask_windows()
    if system == "darwin":
        return ask_macos()
    if linux:
        why = ask_linux()
        if why:
            ask_linux_fairly()
        return Realtime(not why, why, lock_memory(), FAIR_SPIN_NS if why else SPIN_NS)
    return Realtime(False, f"Real-time priority cannot be asked for on this system ({system}).")


def ask_linux(limits: Any = None, schedule: Any = None) -> str:
    """Ask for SCHED_FIFO; an empty text where it is granted, else why not. Arguments: for tests."""
    if limits is None:
        import resource as limits  # there is none on Windows
    longest_us, _ = limits.getrlimit(limits.RLIMIT_RTTIME)
    if longest_us != limits.RLIM_INFINITY and longest_us < SHORTEST_RUN_US:
        return (
            f"Real-time priority was not taken: a process may run only {longest_us} µs with it here and is "
            "ended then; raise the limit RLIMIT_RTTIME (`LimitRTTIME=infinity` in a systemd unit)."
        )
    soft, hard = limits.getrlimit(limits.RLIMIT_RTPRIO)
    if soft != limits.RLIM_INFINITY and soft < PRIORITY and hard != soft:
        try:
            limits.setrlimit(limits.RLIMIT_RTPRIO, (hard, hard))
            soft = hard
        except (OSError, ValueError):
            pass  # what it says below holds
    tries = [PRIORITY] if not 0 < soft < PRIORITY else [PRIORITY, soft]
    refused = 0
    for priority in tries:  # without a limit (root) the first is granted, whatever the limit says
        try:
            (schedule or _schedule)(priority)
        except OSError as error:
            refused = error.errno or errno.EPERM
        else:
            return ""
    if refused == errno.EPERM and os.geteuid() == 0:
        return (
            "Real-time priority (SCHED_FIFO) is refused even to root: this container or control group has "
            "none to give; start it with CAP_SYS_NICE (`docker run --cap-add sys_nice`)."
        )
    return f"Real-time priority (SCHED_FIFO) is refused: {HOW_LINUX}."


class _SchedAttr(ctypes.Structure):
    """struct sched_attr; `runtime` of an ordinary process is its slice, in ns."""

    _fields_ = [
        ("size", ctypes.c_uint32),
        ("policy", ctypes.c_uint32),
        ("flags", ctypes.c_uint64),
        ("nice", ctypes.c_int32),
        ("priority", ctypes.c_uint32),
        ("runtime", ctypes.c_uint64),
        ("deadline", ctypes.c_uint64),
        ("period", ctypes.c_uint64),
    ]


def ask_linux_fairly(library: Any = None, machine: str | None = None) -> bool:
    """Ask for exact timers and short slices; whether both were granted. Arguments: for tests.

    An older system takes the slice for granted and does nothing about it.
    """
    try:
        library = library or ctypes.CDLL(None, use_errno=True)
        exact = not library.prctl(_PR_SET_TIMERSLACK, 1, 0, 0, 0)
        number = _SCHED_SETATTR.get(machine or os.uname().machine)
        if number is None:
            return False
        nice = os.getpriority(os.PRIO_PROCESS, 0)
        size = ctypes.sizeof(_SchedAttr)
        attributes = _SchedAttr(size=size, nice=nice, runtime=_FAIR_SLICE_NS)
        return not library.syscall(number, 0, ctypes.byref(attributes), 0) and exact
    except (OSError, AttributeError):
        return False


def _schedule(priority: int) -> None:
    if sys.platform == "linux":  # else the checker, which knows the systems apart, minds
        policy = os.SCHED_FIFO | _SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, policy, os.sched_param(priority))


def lock_memory(library: Any = None, limits: Any = None, may_lock: bool | None = None) -> bool:
    """Keep all pages of this process in memory once they are there; True if that is so now.

    Only where nothing limits it: under a limit everything that is allocated later may fail. Arguments: for
    tests.
    """
    if limits is None:
        import resource as limits
    if may_lock is None:
        may_lock = _has_capability(_CAP_IPC_LOCK)
    _, hard = limits.getrlimit(limits.RLIMIT_MEMLOCK)
    if hard != limits.RLIM_INFINITY and not may_lock:
        return False
    try:
        if not may_lock:
            limits.setrlimit(limits.RLIMIT_MEMLOCK, (hard, hard))
        library = library or ctypes.CDLL(None, use_errno=True)
        everything = _MCL_CURRENT | _MCL_FUTURE
        # "On fault" first: what is never used is not read in either. Linux has it since 4.4.
        return not library.mlockall(everything | _MCL_ONFAULT) or not library.mlockall(everything)
    except (OSError, ValueError, AttributeError):
        return False


def _has_capability(number: int) -> bool:
    try:
        text = Path("/proc/self/status").read_text()
    except OSError:
        return False
    for line in text.splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> number & 1)
    return False


class _Timebase(ctypes.Structure):
    """mach_timebase_info_data_t: nanoseconds = units * numer / denom."""

    _fields_ = [("numer", ctypes.c_uint32), ("denom", ctypes.c_uint32)]


class _TimeConstraint(ctypes.Structure):
    """thread_time_constraint_policy_data_t, in units of mach_absolute_time."""

    _fields_ = [
        ("period", ctypes.c_uint32),
        ("computation", ctypes.c_uint32),
        ("constraint", ctypes.c_uint32),
        ("preemptible", ctypes.c_int),
    ]


_TIME_CONSTRAINT_POLICY, _TIME_CONSTRAINT_COUNT = 2, 4
_COMPUTATION_NS, _CONSTRAINT_NS = (
    500_000,
    1_000_000,
)  # spinning and sending; by when that must be done


def ask_macos(library: Any = None) -> Realtime:
    """Ask for the time-constraint policy for the calling thread. `library`: for tests."""
    try:
        library = library or ctypes.CDLL("/usr/lib/libSystem.B.dylib")
        base = _Timebase()
        library.mach_timebase_info(ctypes.byref(base))

        def units(ns: int) -> int:
            return ns * base.denom // max(base.numer, 1)

        policy = _TimeConstraint(0, units(_COMPUTATION_NS), units(_CONSTRAINT_NS), 1)
        thread = library.mach_thread_self()
        status = library.thread_policy_set(
            thread, _TIME_CONSTRAINT_POLICY, ctypes.byref(policy), _TIME_CONSTRAINT_COUNT
        )
    except (OSError, AttributeError) as error:
        return Realtime(False, f"The time-constraint policy cannot be asked for ({error}).")
    if status:
        return Realtime(
            False,
            f"macOS refuses the time-constraint policy (status {status}); playing goes on without.",
        )
    return Realtime(True)


def ask_windows(avrt: Any = None, winmm: Any = None) -> Realtime:
    """Ask for the multimedia class "Pro Audio" and timers of 1 ms. Arguments: for tests."""
    try:
        avrt = avrt or ctypes.CDLL("avrt")
        winmm = winmm or ctypes.CDLL("winmm")
        winmm.timeBeginPeriod(1)  # else a sleeping process is woken up to 15.6 ms late
        avrt.AvSetMmThreadCharacteristicsW.restype = ctypes.c_void_p
        task = ctypes.c_uint32(0)
        handle = avrt.AvSetMmThreadCharacteristicsW(
            ctypes.c_wchar_p("Pro Audio"), ctypes.byref(task)
        )
    except (OSError, AttributeError) as error:
        return Realtime(False, f"The multimedia class scheduler cannot be asked ({error}).")
    if not handle:
        return Realtime(
            False,
            "Windows refuses the multimedia class 'Pro Audio': start the service "
            "'Multimedia Class Scheduler' (MMCSS).",
        )
    return Realtime(True)
