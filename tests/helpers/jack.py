"""A JACK server with the dummy driver, a capture client and FluidSynth: real things for the tests.

Nothing here sleeps to wait: readiness and arrival are signalled (a line on stdout, a queue, a process end).
"""

from __future__ import annotations

import os
import queue
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SOUNDFONTS = ("/usr/share/sounds/sf2/FluidR3_GM.sf2", "/usr/share/sounds/sf2/TimGM6mb.sf2")


def missing() -> str:
    """Why JACK tests cannot run here, or an empty text."""
    if shutil.which("jackd") is None:
        return "jackd is not installed (apt install jackd2)"
    try:
        import rtmidi
    except ImportError as error:
        return f"python-rtmidi cannot be loaded: {error}"
    if rtmidi.API_UNIX_JACK not in rtmidi.get_compiled_api():
        return "this python-rtmidi was built without JACK"
    return ""


class Server:
    """`jackd -d dummy` under its own name, which can be killed and started again.

    `sync`: it waits for its clients in each period. Then one that was killed holds up all who open a client
    for 5 s (jackd2 1.9.21), so where a client is killed the server is to be the other kind. That one loses
    what a client sends in a period in which it comes late: on a busy machine `period`, in frames at 48 kHz,
    has to be long. `realtime`: it and the threads of its clients have real-time priority.
    """

    def __init__(
        self, name: str, sync: bool = True, period: int = 128, realtime: bool = False
    ) -> None:
        self.name, self._period = name, str(period)
        self._priority = "-R" if realtime else "-r"
        self._mode = ["-S"] if sync else []
        self.environment = {"JACK_DEFAULT_SERVER": name, "JACK_NO_START_SERVER": "1"}
        self.start()

    def start(self) -> None:
        """Start it and wait until clients can come."""
        self.process = subprocess.Popen(
            [
                "jackd",
                "--name",
                self.name,
                self._priority,
                *self._mode,
                "-d",
                "dummy",
                "-r",
                "48000",
                "-p",
                self._period,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        waited = subprocess.run(
            ["jack_wait", "--server", self.name, "--wait", "--timeout", "20"],
            env=os.environ | self.environment,
            capture_output=True,
            timeout=30,
            check=False,
        )
        if waited.returncode != 0:
            self.kill()
            raise RuntimeError(f"the JACK server did not come up: {waited.stdout!r}")

    def kill(self) -> None:
        """End it as a crash would: its clients are told nothing."""
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> None:
        """End it as a user would.

        One that was killed is started first: a machine has room for eight names, and only a server that
        ends well gives its own back.
        """
        if self.process.poll() is not None:
            self.start()
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()


@contextmanager
def server(name: str) -> Iterator[dict[str, str]]:
    """Run `jackd -d dummy` under its own name; gives the environment in which clients find it."""
    running = Server(name)
    try:
        yield running.environment
    finally:
        running.stop()


CLOCK_SOURCE = """
import sys
import rtmidi
out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name=sys.argv[1])
out.open_virtual_port("clock")
print("there", flush=True)
for line in sys.stdin:
    out.send_message(bytes.fromhex(line))
out.close_port()
out.delete()
"""


class ClockSource:
    """A JACK client with one output, in a process of its own: what it is told to send, it sends at once."""

    def __init__(self, environment: dict[str, str], client: str = "daw") -> None:
        self.client, self.port = client, f"{client}:clock"
        self._process = subprocess.Popen(
            [sys.executable, "-c", CLOCK_SOURCE, client],
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        if self._process.stdout.readline() != "there\n":
            self.close()
            raise RuntimeError("the clock source did not come up")

    def send(self, *messages: bytes) -> None:
        """Send MIDI messages, now."""
        self._process.stdin.write("".join(f"{data.hex()}\n" for data in messages))
        self._process.stdin.flush()

    def close(self) -> None:
        """End it; its port goes."""
        try:
            self._process.communicate(timeout=10)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            self._process.kill()
            self._process.communicate()


@dataclass
class Capture:
    """A JACK MIDI input that stamps what it receives, in the driver's callback."""

    received: list[tuple[int, bytes]] = field(default_factory=list)
    arrivals: queue.SimpleQueue[tuple[int, bytes]] = field(default_factory=queue.SimpleQueue)
    client: str = "capture"

    def __post_init__(self) -> None:
        import rtmidi

        self._device = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name=self.client)
        self._device.ignore_types(False, False, False)
        self._device.set_callback(self._arrived)
        self._device.open_virtual_port("in")

    @property
    def port(self) -> str:
        """Its full JACK name."""
        return f"{self.client}:in"

    def _arrived(self, event: tuple[list[int], float], data: object) -> None:
        self.arrivals.put((time.perf_counter_ns(), bytes(event[0])))

    def wait_for(self, wanted: int, timeout_s: float = 20.0) -> list[tuple[int, bytes]]:
        """Wait until `wanted` messages have come in since the start; all of them so far."""
        while len(self.received) < wanted:
            self.received.append(self.arrivals.get(timeout=timeout_s))
        return self.received

    def wait_until(self, seen, timeout_s: float = 40.0) -> bytes:
        """Wait for a message for which `seen(data)` is true; `queue.Empty` if none comes in time."""
        until_s = time.monotonic() + timeout_s
        while True:
            self.received.append(self.arrivals.get(timeout=max(0.0, until_s - time.monotonic())))
            if seen(self.received[-1][1]):
                return self.received[-1][1]

    def rest(self) -> list[tuple[int, bytes]]:
        """Everything that has come in so far."""
        while not self.arrivals.empty():
            self.received.append(self.arrivals.get())
        return self.received

    def close(self) -> None:
        """Close the port."""
        # JACK's thread may be in the callback, waiting for the interpreter; taking the callback away then
        # crashes, and closing the client kills that thread, and with it whatever it holds. So nothing is to
        # come in any more first; to see to that, with processes of their own, takes longer than a callback.
        disconnect(dict(os.environ), self.port)
        self._device.cancel_callback()
        ports(dict(os.environ))
        self._device.close_port()
        self._device.delete()


def connect(environment: dict[str, str], source: str, target: str) -> None:
    """Connect two JACK ports."""
    _tool(environment, "jack_connect", source, target, check=True)


def disconnect(environment: dict[str, str], target: str) -> None:
    """Take away whatever is connected to a JACK port."""
    listed = _tool(environment, "jack_lsp", "-c", target)
    for source in [line.strip() for line in listed if line[:1] == " "]:
        _tool(environment, "jack_disconnect", source, target)


def ports(environment: dict[str, str]) -> list[str]:
    """The names of all JACK ports."""
    return _tool(environment, "jack_lsp")


def _tool(
    environment: dict[str, str], tool: str, *arguments: str, check: bool = False
) -> list[str]:
    """The lines that one of JACK's programs prints."""
    done = subprocess.run(
        [tool, "--server", environment["JACK_DEFAULT_SERVER"], *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=20,
        check=check,
    )
    return done.stdout.split("\n")


def sounding(messages: list[bytes]) -> set[tuple[int, int]]:
    """(channel, pitch) of the notes a listener would still hear."""
    notes: set[tuple[int, int]] = set()
    for data in messages:
        key = (data[0] & 0x0F, data[1])
        if data[0] & 0xF0 == 0x90 and data[2] > 0:
            notes.add(key)
        elif data[0] & 0xF0 in (0x80, 0x90):
            notes.discard(key)
    return notes


@contextmanager
def fluidsynth(environment: dict[str, str], wav: Path) -> Iterator[str]:
    """FluidSynth as a JACK client that plays what it is sent into `wav`; gives its MIDI port's name.

    It renders its own audio in real time (driver `file`) and takes MIDI from JACK.
    """
    soundfont = next(path for path in SOUNDFONTS if Path(path).is_file())
    process = subprocess.Popen(
        [
            "fluidsynth", "-q", "-r", "44100", "-a", "file", "-o", f"audio.file.name={wav}",
            "-o", "audio.file.type=wav", "-m", "jack", "-o", "midi.jack.id=synth",
            "-o", "synth.reverb.active=0", "-o", "synth.chorus.active=0", soundfont,
        ],
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )  # fmt: skip
    try:
        port = "synth:midi_00"
        for _ in range(2000):  # each look is a process of its own: no need to sleep in between
            if port in ports(environment):
                break
        else:
            raise RuntimeError("FluidSynth did not appear as a JACK client")
        yield port
    finally:
        process.communicate(
            "quit\n", timeout=20
        )  # its shell; a signal would leave the WAV unfinished
