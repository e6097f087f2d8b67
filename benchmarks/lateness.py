"""How late notes are sent, idle and with every core busy, beside others that send the same notes.

    python benchmarks/lateness.py [--notes 10000] [--rate 50] [--rounds 5] [--isobar PYTHON]

Lateness is the time at which a note-on is handed to the port minus the time for which it was meant. The same
notes, on the same grid, are sent by

    jazz-improv's sender    `SenderProcess`, notes planned 200 ms ahead; with real-time priority and without
    clock_nanosleep         a bare loop in C, TIMER_ABSTIME, that sends nothing: what the system itself gives
    mido                    `for message in MidiFile.play(): port.send(message)`
    isobar                  its Timeline, its own clock
    the program             jazz-improv with the band at 300 bpm, by its log (its own notes, as many)

one after the other, so that none disturbs another, and in rounds, so that a bad minute of the machine does
not fall on one of them alone. Everybody is a program of its own in a session of its own.

"busy" is one spinning process for each core, held there, and a spinning Python thread in the process that
plans the notes. For ours that is the sender's parent; mido and isobar play where they plan. (They and the C
loop are also run as the child of a process with such a thread, so that they have the same load as we.) Linux
may share out the processor by session (autogroup): each spinning process has its own, as the contenders have,
so that it counts as much as any of them. How much of the cores the spinning ones really got stands in the
table (the busy thread and the contender have the rest), and what the host of a virtual machine took away
meanwhile: nobody here can be in time for that.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import _contenders
import _report as report
import jack
from _soak_parts import JackServer

HERE = Path(__file__).resolve().parent
GOAL_REALTIME_P99_US = 100.0
GOAL_ORDINARY_SHARE = 1.5
PROGRAM_BPM = 300

PROGRAM_WITH_A_BUSY_THREAD = """
import sys, threading
sys.path.insert(0, {here!r})
from _contenders import spin
threading.Thread(target=spin, daemon=True).start()
from improv.__main__ import run
run()
"""

SPIN_BESIDE = """
import os
parent = os.getppid()
while os.getppid() == parent:  # it ends with who started it, however that ends
    for _ in range(1_000_000):
        pass
"""


@dataclass
class Result:
    """All of one contender under one load."""

    late_us: list[float] = field(default_factory=list)
    dropped: int = 0
    taken: list[float] = field(default_factory=list)
    """What share of all cores the spinning processes had, each round."""
    stolen: list[float] = field(default_factory=list)
    """What share of all cores the host of this virtual machine took away meanwhile."""
    realtime: bool | None = None


@dataclass(frozen=True)
class Contender:
    """Who sends: its name in the table, in the JSON line, and how it is run."""

    name: str
    key: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    program: bool = False
    child: bool = False
    """The busy thread is in its parent, not in itself."""


class Load:
    """One spinning process per core (or none)."""

    def __init__(self, wanted: bool) -> None:
        cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        cores = cores or list(range(os.cpu_count() or 1))
        self._processes = []
        self._cores = len(cores)
        for core in cores if wanted else []:
            process = subprocess.Popen([sys.executable, "-c", SPIN_BESIDE], start_new_session=True)
            if hasattr(os, "sched_setaffinity"):
                os.sched_setaffinity(process.pid, {core})
            self._processes.append(process)

    def cpu_s(self) -> float:
        """Processor time so far (Linux: /proc)."""
        total = 0
        for process in self._processes:
            stat = Path(f"/proc/{process.pid}/stat")
            if stat.exists():
                total += sum(map(int, stat.read_text().rsplit(")", 1)[1].split()[11:13]))
        return total / os.sysconf("SC_CLK_TCK")

    @contextlib.contextmanager
    def measured(self, result: Result) -> Iterator[None]:
        """Keep what share of the cores the spinning ones had meanwhile, and what was stolen."""
        cpu_s, stolen_s, began = self.cpu_s(), steal_s(), time.perf_counter()
        yield
        elapsed = (time.perf_counter() - began) * self._cores
        result.taken.append((self.cpu_s() - cpu_s) / elapsed)
        result.stolen.append((steal_s() - stolen_s) / elapsed)

    def end(self) -> None:
        """Stop them."""
        for process in self._processes:
            process.kill()
            process.wait()


def steal_s() -> float:
    """Time that the host gave to others while this machine wanted to run (Linux), of all cores."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return 0.0
    return int(stat.read_text().splitlines()[0].split()[8]) / os.sysconf("SC_CLK_TCK")


def compiled(folder: Path) -> str | None:
    """The C loop as a program; None (and a line that says so) without a compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        print("(no C compiler: measured without the clock_nanosleep loop)")
        return None
    source, program = folder / "loop.c", folder / "loop"
    source.write_text(_contenders.C_LOOP)
    done = subprocess.run(
        [compiler, "-O2", "-o", str(program), str(source)], capture_output=True, text=True
    )
    if done.returncode:
        print(f"(the C loop does not compile here: {done.stderr.strip().splitlines()[-1]})")
        return None
    return str(program)


def isobar_python(asked: str | None) -> str | None:
    """A Python that has isobar; None (and a line that says so) where there is none."""
    if asked is None and importlib.util.find_spec("isobar") is not None:
        return sys.executable
    if asked is not None:
        has = subprocess.run([asked, "-c", "import isobar"], capture_output=True)
        if has.returncode == 0:
            return asked
    print("(isobar is not here: pip install isobar, in a venv of its own named by --isobar)")
    return None


@contextlib.contextmanager
def midi_system() -> Iterator[str]:
    """A JACK server with cycles of 21 ms, as on a desktop: with short ones its clients wake all the time."""
    if why := jack.missing():
        print(f"({why}: measured without a port)")
        yield "none"
        return
    server = JackServer(f"lateness{os.getpid()}")
    os.environ.update(server.environment)
    try:
        yield "jack"
    finally:
        server.stop()


def insistent(attempt: Callable[[], dict[str, Any]], who: str) -> dict[str, Any]:
    """Try three times: where every core is busy a port cannot always be opened."""
    for _ in range(2):
        try:
            return attempt()
        except (subprocess.CalledProcessError, RuntimeError) as error:
            print(f"({who}, tried again: {error})")
    return attempt()


def send(contender: Contender, notes: int, rate: int, backend: str, busy: bool) -> dict[str, Any]:
    """Let it send `notes` notes; what it says."""
    command = [*contender.command, str(notes), str(rate)]
    if contender.key != "c_loop":
        command += ["--backend", backend]
    if busy and contender.child:
        command = [sys.executable, str(HERE / "_contenders.py"), "beside", *command]
    elif busy:
        command += ["--busy-thread"]
    done = subprocess.run(
        command,
        env=os.environ | contender.environment,
        stdout=subprocess.PIPE,
        start_new_session=True,
        check=True,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def play(contender: Contender, notes: int, backend: str, busy: bool) -> dict[str, Any]:
    """Let the program play until its log holds `notes` notes; what the log says."""
    command = [sys.executable, "-m", "improv"]
    if busy:
        command = [sys.executable, "-c", PROGRAM_WITH_A_BUSY_THREAD.format(here=str(HERE))]
    late_ns: list[int] = []
    dropped, realtime = 0, None
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.jsonl"
        session = subprocess.Popen(
            [
                *(*command, "--tempo", str(PROGRAM_BPM), "--seed", "1", "--quiet"),
                *("--backend", backend, "--log", str(log), "--record", f"{folder}/take.mid"),
            ],
            env=os.environ | contender.environment,
            start_new_session=True,
            cwd=HERE.parent,
        )
        stream = None
        try:
            while len(late_ns) < notes and session.poll() is None:
                time.sleep(0.5)
                if stream is None and log.exists():
                    stream = log.open()
                for line in iter(stream.readline, "") if stream else ():
                    said = json.loads(line) if line.endswith("\n") else {}
                    realtime = said["realtime"] if "realtime" in said else realtime
                    if said.get("bytes", "").startswith("9"):
                        dropped += said.get("dropped", False)
                        late_ns.append(said["sent_ns"] - said["planned_ns"])
        finally:
            session.send_signal(signal.SIGINT)
        if session.wait() or len(late_ns) < notes:
            raise RuntimeError(f"the program ended with status {session.returncode}")
    if isinstance(realtime, dict):
        realtime = realtime["granted"]
    return {"late_ns": late_ns[:notes], "dropped": dropped, "realtime": realtime}


def contenders(
    c_loop: str | None, isobar: str | None, options: argparse.Namespace, busy: bool
) -> list[Contender]:
    """Who takes part under this load."""
    script = str(HERE / "_contenders.py")
    python = sys.executable
    ordinary = {"JAZZ_IMPROV_REALTIME": "0"}
    every = [
        Contender("jazz-improv's sender, real-time", "ours_realtime", (python, script, "ours")),
        Contender("jazz-improv's sender", "ours", (python, script, "ours"), ordinary),
    ]
    if c_loop is not None:
        every.append(Contender("C clock_nanosleep loop", "c_loop", (c_loop,), child=True))
    beside = ", thread beside" if busy else ""
    peers = [("mido MidiFile.play()", "mido", python)]
    if isobar is not None:
        peers.append(("isobar Timeline", "isobar", isobar))
    for name, key, interpreter in peers:
        every.append(Contender(name + beside, key, (interpreter, script, key)))
        if busy:
            own = (interpreter, script, key)
            every.append(Contender(f"{name}, as a child", f"{key}_child", own, child=True))
    if not options.no_program:
        for name, key, environment in (
            ("the program, real-time", "program_realtime", {}),
            ("the program", "program", ordinary),
        ):
            every.append(Contender(name, key, (), environment, program=True))
    if options.only:
        every = [one for one in every if one.key in options.only.split(",")]
    return every


def run_all(
    everybody: list[Contender], options: argparse.Namespace, backend: str, busy: bool
) -> list[tuple[Contender, Result]]:
    """Everybody under one load, round by round."""
    results: dict[str, Result] = defaultdict(Result)
    load = Load(busy)
    try:
        for number in range(options.rounds):
            notes = options.notes * (number + 1) // options.rounds
            notes -= options.notes * number // options.rounds
            for contender in everybody:
                result = results[contender.key]
                if contender.program:
                    attempt = partial(play, contender, notes, backend, busy)
                else:
                    attempt = partial(send, contender, notes, options.rate, backend, busy)
                with load.measured(result):
                    said = insistent(attempt, contender.name)
                result.late_us += [ns / 1e3 for ns in said["late_ns"]]
                result.dropped += said["dropped"]
                result.realtime = said.get("realtime", result.realtime)
    finally:
        load.end()
    return [(contender, results[contender.key]) for contender in everybody]


def autogroup() -> str:
    """Whether this Linux shares out the processor by session."""
    file = Path("/proc/sys/kernel/sched_autogroup_enabled")
    return {"1": "on", "0": "off"}.get(file.read_text().strip(), "?") if file.exists() else "none"


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _figure(us: float) -> str:
    return f"{us:,.0f}" if us >= 100 else f"{us:.1f}"


def main() -> None:
    """Print the tables and the JSON line."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--notes", type=int, default=10_000, help="each sends, under each load")
    arguments.add_argument("--rate", type=int, default=50, help="notes a second")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--isobar", metavar="PYTHON", help="a Python that has isobar")
    arguments.add_argument("--no-program", action="store_true", help="without the real program")
    arguments.add_argument("--only", metavar="KEY,KEY", help="only these (keys of the JSON line)")
    options = arguments.parse_args()
    options.rounds = max(1, min(options.rounds, options.notes // 100))
    rows, values = [], {}
    with midi_system() as backend, tempfile.TemporaryDirectory() as folder:
        c_loop, isobar = compiled(Path(folder)), isobar_python(options.isobar)
        for load, busy in (("idle", False), ("busy", True)):
            everybody = contenders(c_loop, isobar, options, busy)
            for contender, result in run_all(everybody, options, backend, busy):
                if contender.key.endswith("realtime") and not result.realtime:
                    print(f"({contender.name}: real-time priority was asked for and refused)")
                figures = report.tail(result.late_us)
                taken = f"{100 * _mean(result.taken):.0f} %" if busy else "-"
                stolen = f"{100 * _mean(result.stolen):.1f} %"
                row = [len(result.late_us), *map(_figure, figures.values()), result.dropped]
                row += [taken, stolen]
                rows.append([f"{load}: {contender.name}", *row])
                values[f"{load}_{contender.key}_us"] = figures | {
                    "dropped": result.dropped,
                    "load_share": round(_mean(result.taken), 3),
                    "stolen_share": round(_mean(result.stolen), 4),
                }
                if contender.key == "ours_realtime":
                    values["realtime_granted"] = result.realtime
    header = ["lateness", "notes", "p50 us", "p99 us", "p99.9 us", "max us", "dropped"]
    report.table([*header, "load had", "stolen"], rows)
    goals = {}
    p99 = {key: value["p99"] for key, value in values.items() if key.startswith("busy_")}
    if values.get("realtime_granted"):
        goals["realtime_p99_us"] = p99["busy_ours_realtime_us"]
        goals["realtime_met"] = goals["realtime_p99_us"] <= GOAL_REALTIME_P99_US
        print(f"\nbusy, real-time: p99 {goals['realtime_p99_us']} us, goal {GOAL_REALTIME_P99_US}")
    if {"busy_ours_us", "busy_c_loop_us"} <= p99.keys():
        share = round(p99["busy_ours_us"] / p99["busy_c_loop_us"], 3)
        goals |= {"ordinary_to_c_loop": share, "ordinary_met": share <= GOAL_ORDINARY_SHARE}
        print(f"busy, ordinary: p99 {share} of the C loop's, goal {GOAL_ORDINARY_SHARE}")
    report.finish(
        "lateness",
        notes=options.notes,
        rate=options.rate,
        rounds=options.rounds,
        backend=backend,
        autogroup=autogroup(),
        **values,
        **goals,
    )


if __name__ == "__main__":
    main()
