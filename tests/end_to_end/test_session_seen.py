"""A real session as a service sees it: ready, asked how it is, told to read again and to stop, killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from improv.cli import main

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")

SETTINGS = (
    'backend = "none"\ntempo = 240\ncount-in = 1\nchart = "| C7 |"\nband = "bass"\nseed = 1\n'
)


class Service:
    """A session started as systemd starts one, and what it tells systemd."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.config = folder / "config.toml"
        self.config.write_text(SETTINGS)
        self._told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._told.settimeout(60)
        self._told.bind(str(folder / "notify"))
        environment = {"NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": "100000"}
        command = [sys.executable, "-m", "improv", "--config", str(self.config), "--quiet"]
        self.session = subprocess.Popen(
            [*command, *arguments],
            cwd=folder,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._given_up = threading.Timer(90, self.session.kill)  # else a test could wait for ever
        self._given_up.start()

    def wait_for(self, text: str) -> None:
        """Until systemd is told so; it is told how the session is twenty times a second."""
        told = (self._told.recv(1000).decode() for _ in range(600))
        assert any(text in one for one in told), text

    def wait_for_log(self, text: str) -> None:
        """Until a line on standard error says so; gives up when the session ends."""
        stream = self.session.stderr
        assert stream is not None and any(text in line for line in stream), text

    def ended(self) -> tuple[int, str, str]:
        """Exit status, what it printed, what it logged since it was last looked at."""
        out, err = self.session.communicate(timeout=60)
        return self.session.returncode, out, err

    def close(self) -> None:
        """Leave nothing behind."""
        self._given_up.cancel()
        if self.session.poll() is None:
            self.session.kill()
            self.session.communicate(timeout=60)
        self._told.close()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    started: list[Service] = []

    def start(*arguments: str) -> Service:
        started.append(Service(tmp_path, *arguments))
        return started[-1]

    yield start
    for one in started:
        one.close()


def test_a_service_is_ready_seen_reloaded_and_stopped(service, capsys):
    playing = service("--log-level", "info")
    playing.wait_for("READY=1")
    playing.wait_for("chorus 1, ")
    playing.wait_for_log(" INFO Playing ")
    pid = str(playing.session.pid)
    assert main(["status", "--json", "--pid", pid]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert told["bpm"] == 240 and told["problem"] == "" and told["clock"] == "internal"
    assert main(["status", "--check", "--pid", pid]) == 0

    playing.config.write_text(SETTINGS.replace("| C7 |", "| C7 | F7 | C7 | % |"))
    playing.session.send_signal(signal.SIGHUP)
    playing.wait_for("| F7 |")

    playing.config.write_text("tempoo = 1")
    playing.session.send_signal(signal.SIGHUP)
    playing.wait_for_log("did you mean 'tempo'?")
    playing.session.send_signal(signal.SIGTERM)
    playing.wait_for("STOPPING=1")
    status, out, err = playing.ended()
    assert (status, out) == (0, "") and "Traceback" not in err
    assert main(["status", "--pid", pid]) == 1


def test_a_session_that_was_killed_is_seen_no_more(service, capsys):
    playing = service()
    playing.wait_for("READY=1")
    socket_file = Path(os.environ["JAZZ_IMPROV_RUNTIME"]) / f"{playing.session.pid}.sock"
    assert socket_file.exists()
    playing.session.kill()
    playing.ended()
    assert main(["status", "--pid", str(playing.session.pid)]) == 1
