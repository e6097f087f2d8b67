"""The attack on the whole program, heard through JACK. See _attacks.py."""

from __future__ import annotations

import contextlib
import os
import queue
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import jack
from _outcomes import HANG, LIMIT_S, ROOT, SAID, STUCK, WELL, Attempt
from _soak_parts import JackServer, Synth, processes


def sessions(count: int, dice: random.Random, folder: Path) -> Iterator[Attempt]:
    """The whole program with its band through JACK: processes killed or stopped at any moment, storms of
    signals, of song positions and of typed lines; then an end of any kind. No note may be left."""
    if why := jack.missing():
        raise SystemExit(why)
    server = JackServer(f"torture{os.getpid()}")
    os.environ.update(server.environment)
    try:
        for number in range(count):
            yield partial(
                _session, random.Random(dice.random()), folder / str(number), f"ear{number}"
            )
    finally:
        server.stop()


def _signal(name: str, times: int = 1, role: str = "performer") -> Callable[[_Stage], None]:
    def deed(stage: _Stage) -> None:
        for _ in range(times):
            stage.signal(getattr(signal, name), role)
            if times > 1:
                time.sleep(0.02)

    return deed


def _lines(stage: _Stage) -> None:
    for text in (
        "density 9",
        "tempo 90 over 2",
        "\x1b[2J",
        "player Nobody",
        "9" * 5000,
        "swing auto",
    ) * 5:
        stage.type(text)


def _positions(stage: _Stage) -> None:
    for _ in range(100):
        place = stage.dice.randrange(200)
        stage.daw.send(
            bytes((0xF2, place & 127, place >> 7)), stage.dice.choice((b"\xfa", b"\xfc", b"\xfb"))
        )
        time.sleep(0.005)
    stage.daw.send(b"\xfb")


DEEDS: dict[str, Callable[[_Stage], None]] = {
    "kill -9 of the sender": _signal("SIGKILL", role="sender"),
    "kill -9 of the receiver": _signal("SIGKILL", role="receiver"),
    "the sender stopped": _signal("SIGSTOP", role="sender"),
    "50 SIGHUPs": _signal("SIGHUP", times=50),
    "lines of rubbish": _lines,
    "storms of song positions": _positions,
    "nothing": lambda stage: None,
}
ENDS: dict[str, Callable[[_Stage], None]] = {
    "SIGINT": _signal("SIGINT"),
    "SIGTERM": _signal("SIGTERM"),
    "SIGINT twice": _signal("SIGINT", times=2),
    "kill -9": _signal("SIGKILL"),
    "kill -9 of the sender, then of the performer": lambda stage: (
        stage.signal(signal.SIGKILL, "sender"),
        stage.signal(signal.SIGKILL, "performer"),
    ),
}  # fmt: skip


class _Stage:
    """The program, its listener and the clock it follows."""

    def __init__(self, dice: random.Random, folder: Path, name: str) -> None:
        folder.mkdir()
        self.started: set[int] = set()
        self.dice, self.ear, self.stopped = dice, Synth(name, {}), threading.Event()
        self.daw = jack.ClockSource({}, f"daw-{name}")
        self._pulses = threading.Thread(target=self._beat, daemon=True)
        self.errors = (folder / "err.txt").open("w+")
        self.program = subprocess.Popen(
            [
                *(
                    sys.executable,
                    "-m",
                    "improv",
                    "--config",
                    "none",
                    "--backend",
                    "jack",
                    "--port",
                    name,
                ),
                *(
                    "--chart",
                    "rhythm",
                    "--tempo",
                    "200",
                    "--seed",
                    str(dice.randrange(99)),
                    "--steer",
                ),
                *("--record", str(folder / "take.mid"), "--log", str(folder / "log.jsonl")),
                *(
                    ("--clock", "midi", "--clock-in", self.daw.client)
                    if dice.random() < 0.5
                    else ()
                ),
            ],
            env=os.environ
            | {"JAZZ_IMPROV_STATE": str(folder), "JAZZ_IMPROV_RUNTIME": str(folder / "run")},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self.errors,
            cwd=ROOT,
            text=True,
            start_new_session=True,
        )
        self._pulses.start()

    def _beat(self) -> None:
        next_s = time.monotonic()
        with contextlib.suppress(OSError, ValueError):
            while not self.stopped.is_set():
                self.daw.send(b"\xf8")
                next_s += 60 / 200 / 24
                time.sleep(max(0.0, next_s - time.monotonic()))

    def wait_for_music(self) -> None:
        """Until the first note is heard; Start is sent until there is somebody who hears it."""
        for _ in range(20):
            self.daw.send(b"\xfa")
            with contextlib.suppress(queue.Empty):
                self.ear.first_on_ns(2)
                return
        raise RuntimeError("it does not begin to play")

    def signal(self, number: int, role: str) -> None:
        found = processes(self.program.pid)
        self.started |= set(found.values())
        pid = found.get(role)
        if pid is not None and self.program.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def type(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            self.program.stdin.write(f"{text}\n")
            self.program.stdin.flush()

    def close(self) -> None:
        self.stopped.set()
        for pid in {self.program.pid, *self.started}:  # one that was stopped would stay for ever
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.program.wait()
        with contextlib.suppress(OSError):
            self.program.stdin.close()
        self.daw.close()
        self._pulses.join(5)
        self.ear.close()
        self.errors.close()


def _session(dice: random.Random, folder: Path, name: str) -> str:
    stage = _Stage(dice, folder, name)
    deeds = [dice.choice(list(DEEDS)) for _ in range(dice.randint(1, 3))]
    end = dice.choice(list(ENDS))
    try:
        stage.wait_for_music()
        time.sleep(1)  # the receiver comes after the first note
        for deed in deeds:
            DEEDS[deed](stage)
            time.sleep(dice.uniform(0, 1.5))
        ENDS[end](stage)
        try:
            stage.program.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            print(f"hang: {deeds}, {end}", file=sys.stderr)
            return HANG
        until_s = time.monotonic() + LIMIT_S
        while not stage.ear.notes.silent and time.monotonic() < until_s:
            time.sleep(0.05)
        stage.errors.seek(0)
        if "Traceback" in (said := stage.errors.read()):
            raise RuntimeError(f"{deeds}, {end}: {said[-2000:]}")
        if not stage.ear.notes.silent:
            print(f"stuck: {deeds}, {end}: {stage.ear.notes.sounding}", file=sys.stderr)
            return STUCK
        return WELL if stage.program.returncode in (0, -signal.SIGKILL) else SAID
    finally:
        stage.close()
