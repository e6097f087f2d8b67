"""The exits matrix (docs/stage.md) with the whole program, notes on three channels, pedals down, wheels bent.

The players hold long notes at 30 bpm; pedals and wheels are put down by the test through the program's own
sender, as a controller would. What a listener hears is a JACK client's account.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jack
import pytest

pytestmark = pytest.mark.jack

BAND = (
    "--port", "capture", "--backend", "jack", "--feel", "ballad", "--tempo", "30",
    "--seed", "2", "--count-in", "0", "--intensity", "0.3",
)  # fmt: skip
CHART = ("--chart", "| Cm7 |")
CHANNELS = (0, 1, 2)
"""Soloist, piano, bass."""

PEDALS = """
import sys
from improv.live.scheduler import Scheduler
begin = Scheduler.begin
def with_pedals(self, *given, **named):
    begin(self, *given, **named)
    for channel in (0, 1, 2):
        self.add_system(0, bytes((0xB0 | channel, 64, 127)))
        self.add_system(0, bytes((0xE0 | channel, 0, 100)))
Scheduler.begin = with_pedals
"""
"""No player uses pedal or wheel yet: the program is made to."""
RUN = """
from improv.cli import run
run()
"""


@pytest.fixture
def capture(patient_jack_server):
    capture = jack.Capture()
    yield capture
    capture.close()


@pytest.fixture
def start(tmp_path, capture):
    """Start the program; it is ended with the test."""
    started = []

    def start(*arguments: str, fault: str = "", streams: str = "") -> Program:
        started.append(Program(tmp_path, capture, *arguments, fault=fault, streams=streams))
        return started[-1]

    yield start
    for program in started:
        program.close()


class Program:
    """The program with everything held down."""

    def __init__(
        self, tmp_path: Path, capture, *arguments: str, fault: str = "", streams: str = ""
    ) -> None:
        """`streams`: where the shell is to lead standard output and error."""
        script = tmp_path / "program.py"
        script.write_text(PEDALS + fault + RUN)
        self.capture = capture
        self.process = subprocess.Popen(
            [
                "sh",
                "-c",
                f'exec "$@" {streams}',
                "sh",
                sys.executable,
                str(script),
                *BAND,
                *(() if "--setlist" in arguments else CHART),
                *arguments,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.PIPE,
            text=True,
        )

    def wait_until_all_sound(self):
        while not {channel for channel, _ in self.sounding()} >= set(CHANNELS):
            self.capture.wait_until(lambda data: data[0] & 0xF0 == 0x90)
        for channel in CHANNELS:
            assert bytes((0xB0 | channel, 64, 127)) in self.heard()
            assert bytes((0xE0 | channel, 0, 100)) in self.heard()

    def heard(self):
        return [data for _, data in self.capture.received]

    def sounding(self):
        return jack.sounding(self.heard())

    def wait_until_silent(self):
        """Every note released, every pedal up, every wheel centred."""
        until = time.monotonic() + 30
        while not self.silent():
            self.capture.received.append(
                self.capture.arrivals.get(timeout=max(0.0, until - time.monotonic()))
            )

    def silent(self):
        state = {}
        for data in self.heard():
            if data[0] & 0xF0 in (0xB0, 0xE0):
                state[data[0], data[1] if data[0] & 0xF0 == 0xB0 else None] = data[-1]
        pedals = [state.get((0xB0 | channel, 64)) for channel in CHANNELS]
        wheels = [state.get((0xE0 | channel, None)) for channel in CHANNELS]
        return not self.sounding() and pedals == [0, 0, 0] and wheels == [64, 64, 64]

    def close(self):
        """End it, if it has not ended."""
        self.process.kill()
        self.process.communicate()

    def finish(self):
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


@pytest.mark.parametrize(
    ("name", "status"), [("SIGINT", 0), ("SIGTERM", 0), ("SIGKILL", -signal.SIGKILL)]
)
def test_a_signal(start, name, status):
    program = start()
    program.wait_until_all_sound()
    program.process.send_signal(getattr(signal, name))
    program.wait_until_silent()
    returned, out, err = program.finish()
    assert returned == status
    assert "Traceback" not in err
    assert name == "SIGKILL" or f"Stopped ({name})" in out


def state_of(pid: int) -> str:
    """The state that the system gives a process: "T" is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.parametrize("name", ["SIGTSTP", "SIGSTOP"])
def test_a_program_that_is_stopped_is_silent_and_plays_on_in_time(start, capture, name):
    """Ctrl-Z; the other cannot be caught, and the sender notices after what it was given."""
    # In a group of its own: one of whose group nobody is left in the session is never stopped by Ctrl-Z.
    program = start(fault="import os\nos.setpgid(0, 0)\n")
    program.wait_until_all_sound()
    program.process.send_signal(getattr(signal, name))
    os.waitid(os.P_PID, program.process.pid, os.WSTOPPED | os.WNOWAIT)
    assert state_of(program.process.pid) == "T"
    program.wait_until_silent()
    program.process.send_signal(signal.SIGCONT)
    capture.wait_until(lambda data: data[0] & 0xF0 == 0x90)
    program.process.send_signal(signal.SIGTERM)
    returned, out, err = program.finish()
    assert (returned, err) == (0, "")
    assert ("It stood still for" in out) == (name == "SIGTSTP")
    capture.rest()
    assert not program.sounding()


def test_ctrl_c_twice_ends_at_once(start):
    """The second while the first is being answered, here for ever."""
    fault = (
        "import threading\n"
        "from improv.live.daemon import _Daemon\n"
        "_Daemon._after = lambda *given: (print('stuck', flush=True), threading.Event().wait())\n"
    )
    program = start(fault=fault)
    program.wait_until_all_sound()
    program.process.send_signal(signal.SIGINT)
    while "stuck" not in program.process.stdout.readline():
        pass
    program.process.send_signal(signal.SIGINT)
    program.wait_until_silent()
    assert program.finish()[0] == 128 + signal.SIGINT


FAULTS = {
    "performer": (
        "from improv.midi.events import Ask\n"
        "from improv.live.performer import Performer\n"
        "take = Performer._take\n"
        "def broken(self, item):\n"
        "    if isinstance(item, Ask):\n"
        "        raise RuntimeError('a bug')\n"
        "    return take(self, item)\n"
        "Performer._take = broken\n"
    ),
    "band": (
        "from improv.band.bass import Bass\n"
        "from improv.midi.events import Ask\n"
        "from improv.live.performer import Performer\n"
        "take = Performer._take\n"
        "def broken(self, context):\n"
        "    raise RuntimeError('a bug')\n"
        "def breaking(self, item):\n"
        "    if isinstance(item, Ask):\n"
        "        Bass.bar = broken\n"
        "    return take(self, item)\n"
        "Performer._take = breaking\n"
    ),
    "control": (
        "from improv.performance.ensemble import Ensemble\n"
        "def broken(self, steer, open_tick=None):\n"
        "    raise RuntimeError('a bug')\n"
        "Ensemble.steer = broken\n"
    ),
}


@pytest.mark.parametrize(
    ("where", "typed"), [("performer", "status"), ("control", "density 0.5"), ("band", "status")]
)
def test_an_exception(start, where, typed):
    """Not before everybody was heard, however long that takes; that of the band with its next bar."""
    program = start("--steer", "--tempo", "40", fault=FAULTS[where])
    program.wait_until_all_sound()
    program.process.stdin.write(f"{typed}\n")
    program.process.stdin.flush()
    program.wait_until_silent()
    returned, _, err = program.finish()
    assert returned == 1
    assert err.rstrip().endswith("RuntimeError: a bug")


def test_kill_9_of_the_sender(start, capture):
    """Another takes its place, releases what sounded, and plays on."""
    program = start()
    program.wait_until_all_sound()
    os.kill(sender_of(program), signal.SIGKILL)
    program.wait_until_silent()
    capture.wait_until(lambda data: data[0] & 0xF0 == 0x90)
    program.process.send_signal(signal.SIGTERM)
    returned, out, err = program.finish()
    assert returned == 0
    assert "The sender process ended (status -9); another one plays on." in err
    assert "1 restart of the sender" in out


def test_a_sender_that_stands_still_is_replaced(start, capture):
    """Stopped, as by a driver that blocks for ever."""
    program = start("--tempo", "200")
    program.wait_until_all_sound()
    os.kill(sender_of(program), signal.SIGSTOP)
    assert "another one plays on" in program.process.stderr.readline()
    capture.rest()
    capture.wait_until(lambda data: data[0] & 0xF0 == 0x90)
    program.process.send_signal(signal.SIGTERM)
    assert program.finish()[0] == 0
    capture.rest()
    assert not program.sounding(), " ".join(data.hex() for data in program.heard()[-70:])


def sender_of(program) -> int:
    found = subprocess.run(
        ["pgrep", "-P", str(program.process.pid), "-f", "improv.midi.sender"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return int(found.stdout.split()[0])


def test_kill_9_of_the_sender_and_then_of_the_performer(start):
    """Before it could start another; the receiver has the port silenced."""
    program = start()
    program.wait_until_all_sound()
    sender = sender_of(program)
    program.process.send_signal(signal.SIGSTOP)
    os.kill(sender, signal.SIGKILL)
    program.process.send_signal(signal.SIGKILL)
    program.wait_until_silent()


def test_five_senders_that_die_are_the_end(start):
    """However long a busy machine takes for that."""
    fault = "import improv.midi.output_port\nimprov.midi.output_port.DEATHS_WITHIN_NS = 10**12\n"
    program = start(fault=fault)
    program.wait_until_all_sound()
    for _ in range(4):
        os.kill(sender_of(program), signal.SIGKILL)
        assert "another one plays on" in program.process.stderr.readline()
    os.kill(sender_of(program), signal.SIGKILL)
    program.wait_until_silent()
    returned, _, err = program.finish()
    assert returned == 10
    assert "The sender process ended 5 times within 10 s (status -9)." in " ".join(err.split())


def test_a_jack_server_that_hangs_through_the_end(start, patient_jack_server):
    """It is said, and another process releases what sounds when the server answers."""
    program = start()
    program.wait_until_all_sound()
    patient_jack_server.process.send_signal(signal.SIGSTOP)
    try:
        program.process.send_signal(signal.SIGTERM)
        returned, out, err = program.finish()
    finally:
        patient_jack_server.process.send_signal(signal.SIGCONT)
    assert returned == 0 and "Stopped (SIGTERM)" in out
    assert "`jazz-improv panic --port 'capture:in'` silences them." in " ".join(err.split())
    program.wait_until_silent()


@pytest.mark.parametrize(
    ("streams", "status"), [(">/dev/full", 8), ("2>/dev/full", 0), (">&-", 0), (">&- 2>&-", 0)]
)
def test_a_terminal_that_takes_nothing(start, streams, status):
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    program = start(streams=streams)
    program.wait_until_all_sound()
    program.process.send_signal(signal.SIGTERM)
    program.wait_until_silent()
    returned, _, err = program.finish()
    assert returned == status
    assert err == (
        "" if status == 0 else "jazz-improv: No space left on device: standard output or similar.\n"
    )


def as_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("chart.txt", as_fifo),
        ("chart.txt", lambda path: path.write_text("<a/>" * 1_500_000)),
        ("config.toml", as_fifo),
        ("config.toml", lambda path: path.write_text(f"intro = {'9' * 400}\n")),
        ("config.toml", lambda path: path.write_text(f"model = '{'x' * 300}'\n")),
    ],
    ids=["FIFO", "6 MB", "config FIFO", "400 digits", "300 characters"],
)
def test_what_cannot_be_read_again_changes_nothing(start, tmp_path, capture, name, spoil):
    (tmp_path / "chart.txt").write_text("| Cm7 |")
    (tmp_path / "config.toml").write_text("")
    named = ("--chart", str(tmp_path / "chart.txt"), "--config", str(tmp_path / "config.toml"))
    not_read_again(start(*named), capture, lambda: spoil(tmp_path / name))


@pytest.mark.parametrize("name", ["set.txt", "chart.txt"])
def test_a_fifo_for_a_set_list_or_its_tune_changes_nothing(start, tmp_path, capture, name):
    (tmp_path / "chart.txt").write_text("| Cm7 |")
    (tmp_path / "set.txt").write_text("chart.txt x99\n")
    program = start("--setlist", str(tmp_path / "set.txt"))
    not_read_again(program, capture, lambda: as_fifo(tmp_path / name))


def not_read_again(program, capture, spoil):
    program.wait_until_all_sound()
    spoil()
    program.process.send_signal(signal.SIGHUP)
    said = ""
    while "Nothing was read again, it plays on as before:" not in said:
        line = program.process.stderr.readline()
        assert line, said
        said = " ".join(f"{said} {line}".split())
    capture.rest()
    capture.wait_until(lambda data: data[0] & 0xF0 == 0x90)
    program.process.send_signal(signal.SIGTERM)
    assert program.finish()[0] == 0
