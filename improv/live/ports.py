"""The one file that opens MIDI devices. Thin: what a name means is decided in `live.port_names`.

Imports rtmidi only when a device is asked for, so that everything else runs where it cannot be loaded.
The C libraries below (ALSA, JACK) write to the terminal by themselves; `quiet_c_libraries` keeps that
away from the user, and what it means is said by the errors raised here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from types import ModuleType
from typing import Any, Protocol

from improv.errors import MissingError, PortError
from improv.live.port_names import match_port, plain_name

CLIENT_NAME = "jazz-improv"
BACKENDS = ("auto", "alsa", "jack", "coremidi", "winmm", "none")
_API_NAMES = {
    "alsa": "LINUX_ALSA",
    "jack": "UNIX_JACK",
    "coremidi": "MACOSX_CORE",
    "winmm": "WINDOWS_MM",
}
_ABSENT = {
    "alsa": "the ALSA sequencer is absent (no /dev/snd/seq; `modprobe snd-seq` loads it)",
    "jack": "no JACK server is running",
    "coremidi": "CoreMIDI is not on this system",
    "winmm": "Windows MIDI is not on this system",
}


@dataclass(frozen=True)
class PortRequest:
    """What the user asked for. `name` None: the virtual port `jazz-improv`, or no port at all."""

    name: str | None = None
    backend: str = "auto"


@dataclass(frozen=True)
class PortInfo:
    """What was opened. `backend` "none": nothing is; `why` says so in one sentence."""

    name: str
    backend: str
    virtual: bool
    why: str = ""
    client: str = CLIENT_NAME


class Port(Protocol):
    """An open output."""

    info: PortInfo

    def send(self, data: bytes) -> None:
        """Send one MIDI message now."""

    def close(self) -> None:
        """Let go of the device; what was sent before still goes out."""


class NullPort:
    """The output where there is no MIDI system: everything is timed and logged, nothing leaves."""

    def __init__(self, why: str = "") -> None:
        self.info = PortInfo("none", "none", False, why)

    def send(self, data: bytes) -> None:
        """Send one MIDI message to nobody."""

    def close(self) -> None:
        """Nothing to let go of."""


class RtMidiPort:
    """An rtmidi output, opened or made by `open_output`."""

    def __init__(self, device: Any, info: PortInfo) -> None:
        self._device = device
        self.info = info

    def send(self, data: bytes) -> None:
        """Send one MIDI message now."""
        self._device.send_message(data)

    def close(self) -> None:
        """Close and free the port. JACK's queue is drained first (RtMidi waits up to a second for it)."""
        self._device.close_port()
        self._device.delete()


@contextmanager
def quiet_c_libraries() -> Iterator[None]:
    """Send file descriptors 1 and 2 to nowhere while C libraries talk."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    # Opened first: where one is closed (`>&-`) it gets that number, which a copy must not get.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    saved = []
    for fd in (1, 2):
        with suppress(OSError):
            saved.append((fd, os.dup(fd)))
    try:
        for fd, _ in saved:
            os.dup2(nowhere, fd)
        yield
    finally:
        for fd, copy in saved:
            os.dup2(copy, fd)
            os.close(copy)
        os.close(nowhere)


def _load_rtmidi() -> ModuleType:
    # JACK's library would start a server of its own when none runs; a daemon must not do that unasked.
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    try:
        import rtmidi
    except ImportError as error:
        if "libasound" in str(error):
            raise MissingError(
                "MIDI ports need the ALSA library, which is not installed: "
                "`apt install libasound2` (Debian, Ubuntu) or `dnf install alsa-lib` (Fedora)."
            ) from error
        raise MissingError(
            f"MIDI ports need python-rtmidi, which cannot be loaded ({error}): "
            "`pip install --force-reinstall python-rtmidi`."
        ) from error
    return rtmidi


def _devices(rtmidi: ModuleType, backend: str) -> tuple[list[tuple[str, Any]], list[str]]:
    """(backend name, client) of every MIDI system that answers, and why the others do not."""
    wanted = list(_API_NAMES) if backend == "auto" else [backend]
    compiled = rtmidi.get_compiled_api()
    found, absent = [], []
    for name in wanted:
        api = getattr(rtmidi, f"API_{_API_NAMES[name]}")
        if api not in compiled:
            if backend != "auto":
                absent.append(f"this python-rtmidi was built without {name}")
            continue
        try:
            found.append((name, rtmidi.MidiOut(api, name=CLIENT_NAME)))
        except rtmidi.RtMidiError:
            absent.append(_ABSENT[name])
    return found, absent


def list_outputs(backend: str = "auto") -> tuple[list[PortInfo], list[str]]:
    """Every output port of every MIDI system that answers, and why the other systems do not."""
    rtmidi = _load_rtmidi()
    devices, absent = _devices(rtmidi, backend)
    ports = []
    for name, device in devices:
        ports += [PortInfo(port, name, False) for port in device.get_ports()]
        device.delete()
    return ports, absent


def open_output(request: PortRequest) -> Port:
    """Open the output that `request` means, or make a virtual port of that name.

    Without a name and without a MIDI system this is a NullPort that says why. Raises PortError
    (unknown, ambiguous, taken, cannot be made) or MissingError (rtmidi cannot be loaded).
    """
    if request.backend == "none":
        return NullPort()
    optional = request.name is None and request.backend == "auto"
    try:
        rtmidi = _load_rtmidi()
    except MissingError as error:
        if optional:
            return NullPort(str(error))
        raise
    devices, absent = _devices(rtmidi, request.backend)
    if not devices:
        why = f"No MIDI system here: {' and '.join(absent)}"
        if optional:
            return NullPort(f"{why}; playing without a port.")
        wanted = f"port {request.name!r}" if request.name else f"backend {request.backend!r}"
        raise PortError(
            f"{why}, so {wanted} cannot be opened; use `--backend none` to play without."
        )
    try:
        return _open(rtmidi, devices, request.name)
    except PortError:
        _free(devices)
        raise
    except rtmidi.RtMidiError as error:
        _free(devices)
        raise PortError(
            f"The port {request.name or CLIENT_NAME!r} cannot be opened ({error}); "
            "another program may hold it."
        ) from error


def _open(rtmidi: ModuleType, devices: list[tuple[str, Any]], wanted: str | None) -> Port:
    if wanted is not None:
        known = [
            (i, port)
            for i, (_, device) in enumerate(devices)
            for port in enumerate(device.get_ports())
        ]
        match = match_port(wanted, [name for _, (_, name) in known])
        if match is not None:
            which, (number, name) = known[match]
            backend, device = devices[which]
            _free(devices, but=device)
            device.open_port(number, name="out")
            return RtMidiPort(device, PortInfo(plain_name(name), backend, False))
    name = wanted or CLIENT_NAME
    backend, device = devices[0]
    if backend == "winmm":
        raise PortError(
            f"There is no MIDI output named {name!r} and Windows cannot make virtual ports; "
            "install loopMIDI, make a port of that name in it, and start again."
        )
    client = CLIENT_NAME
    if backend == "jack":
        _free(devices)
        client = _free_client_name(rtmidi)
        device = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name=client)
    else:
        _free(devices, but=device)
    device.open_virtual_port(name)
    return RtMidiPort(device, PortInfo(name, backend, True, client=client))


def _free_client_name(rtmidi: ModuleType) -> str:
    """A JACK client name that no other player has: JACK would rename ours without telling."""
    probe = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name=f"{CLIENT_NAME}-probe")
    taken = {port.split(":")[0] for port in probe.get_ports()}
    probe.delete()
    names = (f"{CLIENT_NAME}-{number}" if number > 1 else CLIENT_NAME for number in count(1))
    return next(name for name in names if name not in taken)


def _free(devices: list[tuple[str, Any]], but: Any = None) -> None:
    for _, device in devices:
        if device is not but and not device.is_deleted:
            device.delete()
