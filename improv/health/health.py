"""How a session is doing, told over a small socket to programs of the same user (`jazz-improv status`).

Input -> output:  Health, as the performer publishes it  ->  one line of JSON to whoever connects
Thread:           one of its own, which sleeps in `select`; `publish` only replaces one object by another,
                  so the music never waits for anybody who asks

    <runtime folder>/PID.sock    a Unix socket, mode 0600, in a folder that is only the user's, 0700
    <runtime folder>/PID.json    Windows, where Python has no such sockets: a TCP port of this machine and a
                                 secret, which only those who can read the file know

The same thread tells systemd that the session is ready and alive (`health.notify`).
"""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import secrets
import select
import socket
import stat
import struct
import sys
import threading
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from improv.clock import MonotonicClock
from improv.health.notify import Notifier

STUCK_MS = 15_000
"""A session that has published nothing for this long is stuck. It publishes at least every 5 s."""

_CLIENT_S = 0.25  # for a client to take its line; there is one at a time
_MOST_BYTES = 65_536
_HAS_UNIX = hasattr(socket, "AF_UNIX") and sys.platform != "win32"


@dataclass(frozen=True, slots=True)
class Health:
    """How a session is doing at one moment. Cheap to make: a new one is made many times a second."""

    tune: str = ""
    tune_number: int = 1
    tunes: int = 1
    part: str = ""
    """The part of the performance: count-in, intro, chorus, ending, final, rest; "" before it begins."""
    chorus: int = 0
    """From 1; 0 before the first."""
    bar: int = 0
    """Of the chorus, from 1."""
    bpm: float = 0.0
    port: str = ""
    port_there: bool = True
    clock: str = "internal"
    """Whose beat is followed: internal, midi or link."""
    clock_locked: bool = True
    realtime: bool = False
    """Whether the sender has real-time priority."""
    notes: int = 0
    late: int = 0
    """Note messages that were sent more than 2 ms after their time."""
    dropped_ons: int = 0
    reconnects: int = 0
    restarts: int = 0
    """Sender processes that had to be replaced."""
    tokens_per_s: float = 0.0
    queue: int = 0
    """Messages that the sender has yet to send."""
    mixer: str = ""
    """What was changed of the mixer, as users read it."""
    stopped: bool = False
    """Whether it was told to be silent for now."""
    phrase: str = ""
    """What the soloist means to play, as it was when the phrase began."""

    @property
    def troubles(self) -> tuple[int, ...]:
        """A value that changes when something goes wrong, or is well again."""
        return self.late, self.dropped_ons, self.reconnects, self.restarts, self.port_there

    def __str__(self) -> str:
        """As users read it: "140 bpm, 2,134 notes, none late, 3.1 tokens a second"."""
        words = [f"{self.bpm:g} bpm", f"{self.notes:,} notes", f"{self.late or 'none'} late"]
        if self.dropped_ons:
            words.append(f"{self.dropped_ons} dropped")
        if self.reconnects:
            words.append(f"{self.reconnects} reconnect{'s' * (self.reconnects > 1)}")
        if self.restarts:
            words.append(f"{self.restarts} restart{'s' * (self.restarts > 1)} of the sender")
        words.append(f"{self.tokens_per_s:.1f} tokens a second")
        if self.clock != "internal":
            words.append(f"{self.clock} clock{'' if self.clock_locked else ' lost'}")
        if not self.port_there:
            words.append(f"port {self.port!r} gone")
        if self.mixer:
            words.append(self.mixer)
        if self.stopped:
            words.append("stopped")
        return ", ".join(words)


@dataclass(frozen=True, slots=True)
class RunningSession:
    """A running session, and how it says it is doing."""

    pid: int
    version: str
    uptime_s: float
    age_ms: float
    """How old `health` is."""
    health: Health
    answers: bool = True
    """False: it exists, but says nothing."""

    @property
    def problem(self) -> str:
        """What is wrong with it, as a sentence; "" if nothing is."""
        if not self.answers:
            return f"Session {self.pid} does not answer."
        if self.age_ms > STUCK_MS:
            return f"Session {self.pid} is stuck: it said nothing for {self.age_ms / 1000:.0f} s."
        if not self.health.port_there:
            return f"Session {self.pid} waits for its port {self.health.port!r}, which is gone."
        if not self.health.clock_locked:
            return f"Session {self.pid} has lost the {self.health.clock} clock."
        return ""

    def as_dict(self) -> dict[str, Any]:
        """Flat, for JSON."""
        values = asdict(self)
        health = values.pop("health")
        return values | {"problem": self.problem} | health


def runtime_folder() -> Path:
    """Where the sockets are: JAZZ_IMPROV_RUNTIME, or the system's folder for running programs."""
    if named := os.environ.get("JAZZ_IMPROV_RUNTIME"):
        return Path(named)
    import platformdirs  # here: not every program that plays needs it

    with (
        warnings.catch_warnings()
    ):  # it warns when /tmp is the only place; our folder in it is private
        warnings.simplefilter("ignore")
        return Path(platformdirs.user_runtime_path("jazz-improv", appauthor=False))


class HealthServer:
    """Tells how this session is doing. `start` never raises: the music does not depend on it."""

    def __init__(self, folder: Path | None = None, *, unix: bool = _HAS_UNIX) -> None:
        self._asked_folder, self._unix = folder, unix
        self._clock = MonotonicClock()
        self._start_ns = self._clock.now_ns()
        self._published = (self._start_ns, Health())
        self._notifier = Notifier.from_environment()
        self._token = secrets.token_hex(16)
        self._listener: socket.socket | None = None
        self._path: Path | None = None
        self._wake_read, self._wake_write = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="health", daemon=True)

    def start(self) -> str:
        """Begin to answer. Returns "", or a sentence that says why nobody will be answered."""
        why = ""
        try:
            folder = self._asked_folder or runtime_folder()
            own_folder(folder)
            _remove_stale(folder)
            self._listen(folder)
        except (OSError, ValueError, RuntimeError) as error:
            self._forget()
            reason = getattr(error, "strerror", None) or str(error)
            why = f"`jazz-improv status` will not see this session: {reason}."
        self._thread.start()
        self._notifier.tell("READY=1")
        return why

    def publish(self, health: Health) -> None:
        """Set what to tell from now on. Takes a microsecond; any thread may call it."""
        self._published = (self._clock.now_ns(), health)

    def close(self) -> None:
        """Stop answering, and leave nothing behind."""
        self._notifier.tell("STOPPING=1")
        with contextlib.suppress(OSError):
            self._wake_write.send(b"x")
        if self._thread.ident is not None:
            self._thread.join(2 * _CLIENT_S)
        self._forget()
        self._wake_read.close()
        self._wake_write.close()

    def _listen(self, folder: Path) -> None:
        if self._unix:
            self._path = folder / f"{os.getpid()}.sock"
            self._path.unlink(missing_ok=True)  # left by a program that had our number
            self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._listener.bind(str(self._path))
            self._path.chmod(0o600)  # before it listens: nobody can have connected
        else:
            self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self._listener.bind(("127.0.0.1", 0))
            path = folder / f"{os.getpid()}.json"
            path.unlink(missing_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            self._path = path
            with open(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
                port = self._listener.getsockname()[1]
                file.write(json.dumps({"port": port, "token": self._token}))
        self._listener.listen(4)
        self._listener.setblocking(False)

    def _forget(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _run(self) -> None:
        listeners = [self._wake_read, *([self._listener] if self._listener else [])]
        while True:
            readable, _, _ = select.select(listeners, [], [], self._notifier.every_s)
            if self._wake_read in readable:
                return
            self._reassure()
            if readable:
                with contextlib.suppress(OSError):
                    self._answer()

    def _reassure(self) -> None:
        published_ns, health = self._published
        if self._clock.now_ns() - published_ns < STUCK_MS * 1_000_000:
            self._notifier.tell(f"WATCHDOG=1\nSTATUS={_line(health)}")

    def _answer(self) -> None:
        listener = self._listener
        if listener is None:
            return
        client, _ = listener.accept()
        with client:
            client.settimeout(_CLIENT_S)
            if self._unix:
                if not _is_this_user(client):
                    return
            elif not hmac.compare_digest(client.recv(32), self._token.encode()):
                return
            client.sendall(json.dumps(self._report(), ensure_ascii=False).encode() + b"\n")

    def _report(self) -> dict[str, Any]:
        from improv.version import __version__

        published_ns, health = self._published
        now_ns = self._clock.now_ns()
        return {
            "pid": os.getpid(),
            "version": __version__,
            "uptime_s": round((now_ns - self._start_ns) / 1e9, 1),
            "age_ms": round((now_ns - published_ns) / 1e6, 1),
            "health": asdict(health),
        }


def _line(health: Health) -> str:
    return " ".join(f"{health.tune}, {place_of(health)}, {health.bpm:g} bpm".split())


def place_of(health: Health) -> str:
    """Where in the tune a session is, in words: "chorus 2, bar 5"."""
    part = f"chorus {health.chorus}" if health.chorus else ""
    if health.part not in ("", "chorus"):
        part = health.part
    return f"{part}, bar {health.bar}" if part else f"bar {health.bar}"


def own_folder(folder: Path) -> None:
    """Make a folder that only this user can enter; of one that is there only see that no other user can put
    anything into it, and leave it as it is. Raises OSError, ValueError.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise ValueError(f"{str(folder)!r} is not a folder")
    if hasattr(os, "getuid"):
        if found.st_uid != os.getuid():
            raise ValueError(f"{str(folder)!r} belongs to somebody else")
        if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise ValueError(f"other users can write into the folder {str(folder)!r}")


def _is_this_user(client: socket.socket) -> bool:
    """Whether the program at the other end is this user's; if the system does not tell, the mode protects."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    size = struct.calcsize("3i")
    _, uid, _ = struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return bool(uid == os.getuid())


def _endpoints(folder: Path) -> Iterator[tuple[int, Path]]:
    """(pid, path) of what this user's sessions have put into the folder, whether they still run or not."""
    try:
        if hasattr(os, "getuid") and folder.lstat().st_uid != os.getuid():
            return  # somebody else's, in a place where anybody can make one
        found = sorted(folder.iterdir())
    except OSError:
        return
    for path in found:
        if path.stem.isdecimal() and path.suffix in (".sock", ".json"):
            yield int(path.stem), path


def _remove_stale(folder: Path) -> None:
    """Remove what killed sessions have left: sockets that nobody listens at."""
    for pid, path in _endpoints(folder):
        with contextlib.suppress(OSError):
            if pid != os.getpid():
                client = _connect(path)
                if client is None:
                    path.unlink(missing_ok=True)
                else:
                    client.close()


def _connect(path: Path) -> socket.socket | None:
    """A connection to a session; None if nobody listens. Raises OSError if it may not be asked."""
    try:
        if path.suffix == ".sock":
            return _opened(socket.AF_UNIX, str(path), b"")
        said = json.loads(path.read_text(encoding="utf-8"))
        return _opened(
            socket.AF_INET, ("127.0.0.1", int(said["port"])), str(said["token"]).encode()
        )
    except (
        ConnectionRefusedError,
        FileNotFoundError,
        KeyError,
        TypeError,
        ValueError,
        OverflowError,
    ):
        return None


def _opened(family: int, address: Any, token: bytes) -> socket.socket:
    client = socket.socket(family, socket.SOCK_STREAM)
    try:
        client.settimeout(4 * _CLIENT_S)
        client.connect(address)
        if token:
            client.sendall(token)
    except BaseException:
        client.close()
        raise
    return client


def _ask(path: Path) -> RunningSession | None:
    """What the session at this socket says; None if there is none, or it says nothing."""
    client = _connect(path)
    if client is None:
        return None
    with client:
        content = b""
        clock = MonotonicClock()
        until_ns = clock.now_ns() + int(4 * _CLIENT_S * 1e9)
        while not content.endswith(b"\n") and len(content) < _MOST_BYTES:
            # All of it in that time: one that sends a byte a second would keep us for hours.
            client.settimeout(max(1e-3, (until_ns - clock.now_ns()) / 1e9))
            chunk = client.recv(4096)
            if not chunk:
                break
            content += chunk
    try:
        said = json.loads(content)
        known = {one.name for one in fields(Health)}
        health = Health(**{k: v for k, v in said.pop("health").items() if k in known})
        return RunningSession(**said, health=health)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None  # it ended halfway, or another version says other things


def running(folder: Path | None = None) -> tuple[RunningSession, ...]:
    """The sessions of this user, by process number; it never waits long for one that does not answer."""
    sessions = []
    for pid, path in _endpoints(folder or runtime_folder()):
        try:
            session = _ask(path)
        except OSError:  # stopped, or too busy to answer
            session = RunningSession(pid, "", 0.0, 0.0, Health(), answers=False)
        if session is not None:
            sessions.append(session)
    return tuple(sorted(sessions, key=lambda session: session.pid))
