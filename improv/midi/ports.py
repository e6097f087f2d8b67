"""The one file that opens MIDI devices. Thin: what a name means is decided in `midi.port_names`.

Imports rtmidi only when a device is asked for, so that everything else runs where it cannot be loaded.
The C libraries below (ALSA, JACK) write to the terminal by themselves; `quiet_c_libraries` keeps that
away from the user, and what it means is said by the errors raised here.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from ctypes import c_char_p, c_int, c_void_p
from dataclasses import dataclass, field
from itertools import count
from types import MappingProxyType, ModuleType
from typing import Any, Literal, Protocol

from improv.clock import MonotonicClock, sleep_until_ns
from improv.errors import MissingError, PortError
from improv.midi.messages import TUNE_REQUEST
from improv.midi.port_names import match_port, near_port, plain_name

CLIENT_NAME = "jazz-improv"
_INPUT_CLIENT = f"{CLIENT_NAME}-in"
_WATCH_CLIENT = f"{CLIENT_NAME}-watch"
_PROBE_CLIENT = f"{CLIENT_NAME}-probe"
_OURS = (_WATCH_CLIENT, _PROBE_CLIENT)
"""Clients whose ports only we know what to do with."""
_OUT, _IN = "out", "in"
"""What our end of a connection to another's port is called."""
_CALLBACK_NS = 30_000_000
"""Longer than a callback may take."""
_ROUND = bytes((TUNE_REQUEST,))
_MISSES = 12
"""Messages that do not come round before the server is taken to be gone: three seconds' worth, because on a
busy machine it pauses for one."""
Only = Literal["existing", "virtual"]
OnMessage = Callable[[bytes, float], None]
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
    but: tuple[str, ...] = ()
    """Ports that are meant only where they are named in full: an input must not be our own output."""


@dataclass(frozen=True)
class PortInfo:
    """What was opened. `backend` "none": nothing is; `why` says so in one sentence."""

    name: str
    backend: str
    virtual: bool
    why: str = ""
    client: str = CLIENT_NAME
    near: str = ""
    """Of a virtual port that was made because no port fits the name asked for: one that nearly does."""
    pid: int = field(default=0, compare=False)
    """Of the process that has opened it."""


def own_end(info: PortInfo, *, listens: bool) -> str:
    """What our end of the connection to another's port is called: its name with its client's, or, where a
    server may have given the client another, from the colon on."""
    return f":{info.client}:{_IN}" if listens else f":{own_name(info.pid)}"


def own_name(pid: int) -> str:
    """What the sender `pid` calls its end of a connection: by that it is known to be there still."""
    return f"{_OUT}-{pid}"


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


class RtMidiInput:
    """An rtmidi input, opened or made by `open_input`; its messages come in a thread of the MIDI system."""

    def __init__(self, device: Any, info: PortInfo, heard: OnMessage) -> None:
        self._device, self._heard = device, heard
        self.info = info

    def connect_again(self) -> bool:
        """Listen once more to the port of the same stable name; False where it is gone (again)."""
        if self.info.virtual:
            return True
        names = list(self._device.get_ports())
        number = next((n for n, port in enumerate(names) if plain_name(port) == self.info.name), -1)
        if number < 0:
            return False
        self._device.close_port()
        try:
            _listen(self._device, self._heard)  # closing has taken the callback away
            self._device.open_port(number, name=_IN)
        except _load_rtmidi().RtMidiError:
            return False
        return True

    def close(self) -> None:
        """Stop listening and free the port."""
        self._device.cancel_callback()
        # The system's thread may be in the callback still, waiting for the interpreter; closing a JACK
        # client kills that thread, and with it whatever it holds.
        sleep_until_ns(MonotonicClock().now_ns() + _CALLBACK_NS)
        self._device.close_port()
        self._device.delete()


@dataclass(frozen=True)
class Listed:
    """The full names of the ports of one MIDI system: those that take MIDI and those that send it."""

    outputs: list[str]
    inputs: list[str]
    numbers: dict[str, str] = field(default_factory=dict)
    """Of ports asked for: what JACK numbers their client with; another one of the same name has another.
    Without those that cannot be told."""
    loose: frozenset[str] = frozenset()
    """Those of the ports asked for that are there while our end of the connection leads nowhere."""


_LIBJACK: tuple[tuple[str, Any, tuple[Any, ...]], ...] = (
    ("jack_client_open", c_void_p, (c_char_p, c_int, c_void_p)),
    ("jack_client_close", c_int, (c_void_p,)),
    ("jack_get_uuid_for_client_name", c_void_p, (c_void_p, c_char_p)),
    ("jack_free", None, (c_void_p,)),
    ("jack_port_by_name", c_void_p, (c_void_p, c_char_p)),
    ("jack_port_get_all_connections", c_void_p, (c_void_p, c_void_p)),
)
"""(function, what it answers, what it is given)."""


class _JackClients:
    """Tells a JACK client from an earlier one of the same name, which rtmidi cannot, and what is connected.

    The server numbers its clients and uses no number again. Of two ports that one client makes one after the
    other it tells the same; but what was connected to the first is not to the second.
    """

    def __init__(self, rtmidi: ModuleType) -> None:
        """It makes a JACK client without ports, which takes no part in the audio."""
        self._client: int | None = None
        try:
            # The very libjack that rtmidi uses: its functions are found through the file that needs it.
            self._jack = ctypes.CDLL(rtmidi._rtmidi.__file__)
            for name, answer, given in _LIBJACK:
                function = getattr(self._jack, name)
                function.restype, function.argtypes = answer, given
        except (AttributeError, OSError):
            return  # a port that went and came back between two looks is not noticed
        no_start_server = 1
        self._client = self._jack.jack_client_open(_PROBE_CLIENT.encode(), no_start_server, None)

    def number(self, client: str) -> str | None:
        """The number of the client of this name; None where there is none. Asks the server and waits."""
        if self._client is None:
            return None
        text = self._jack.jack_get_uuid_for_client_name(self._client, client.encode())
        if text is None:
            return None
        number = ctypes.string_at(text).decode()
        self._jack.jack_free(text)
        return number

    def leads_nowhere(self, port: str) -> bool:
        """Whether a port is there and connected to none."""
        if self._client is None:
            return False
        found = self._jack.jack_port_by_name(self._client, port.encode())
        if found is None:
            return False
        names = self._jack.jack_port_get_all_connections(self._client, found)
        if names is not None:
            self._jack.jack_free(names)
        return names is None

    def close(self) -> None:
        """Let go; only where the server answers."""
        if self._client is not None:
            self._jack.jack_client_close(self._client)


class PortLists:
    """Asks one MIDI system for its ports again and again, with devices that are made once.

    In JACK a new client interrupts everybody's audio, so one is not made for each look. A client whose
    server was killed is told for ever of no ports or of those that were there then, also when there is a
    new server, and crashes when it is deleted. So a message goes round from one device here to the other
    between two looks: when none comes, the server is gone and this process has to be replaced.
    """

    def __init__(self, backend: str) -> None:
        """Raises PortError where the system does not answer, MissingError where there is no rtmidi."""
        rtmidi = _load_rtmidi()
        api = getattr(rtmidi, f"API_{_API_NAMES[backend]}")
        self._own, self._missed = "", -1
        self._clients: _JackClients | None = None
        self.answers = True
        try:
            self._lister = rtmidi.MidiOut(api, name=_PROBE_CLIENT)
            client = (
                _free_client_name(rtmidi, _WATCH_CLIENT) if backend == "jack" else _WATCH_CLIENT
            )
            self._watch = rtmidi.MidiIn(api, name=client)
            if backend == "jack":
                self._watch.open_virtual_port("watch")
                self._own = f"{client}:watch"
                self._lister.open_port(_number_of(self._lister, self._own), name=_OUT)
                self._clients = _JackClients(rtmidi)
        except rtmidi.RtMidiError as error:
            raise PortError(f"No MIDI system here: {_ABSENT[backend]}.") from error

    def look(self, named: Mapping[str, str] = MappingProxyType({})) -> Listed | None:
        """What is there now; None: the system has gone, and does not answer any more.

        `named`: the JACK ports that more is to be told of, and what our end of the connection to each is
        called, from its last colon on at the least. For JACK: not more than once in two of its periods,
        the time a message takes to come round.
        """
        outputs = list(self._lister.get_ports())
        self.answers = not self._own or (self._own in outputs and self._goes_round())
        if not self.answers:
            return None
        inputs = list(self._watch.get_ports())
        numbers: dict[str, str] = {}
        loose: set[str] = set()
        # Where no message came round just now the server may hang, and whoever asks it would wait for it.
        if self._clients is not None and self._missed == 0:
            for name in {*named} & {*outputs, *inputs}:
                if (number := self._clients.number(name.split(":")[0])) is not None:
                    numbers[name] = number
                ends = [port for port in (*outputs, *inputs) if f":{port}".endswith(named[name])]
                if len(ends) == 1 and self._clients.leads_nowhere(ends[0]):
                    loose.add(name)
        return Listed(outputs, inputs, numbers, frozenset(loose))

    def _goes_round(self) -> bool:
        self._missed = 0 if self._watch.get_message() is not None else self._missed + 1
        self._lister.send_message(_ROUND)
        return self._missed < _MISSES

    def close(self) -> None:
        """Let go; not where it does not answer."""
        if self._clients is not None:
            self._clients.close()
        self._lister.delete()
        self._watch.delete()


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


def _devices(
    rtmidi: ModuleType, backend: str, kind: str = "MidiOut", client: str = CLIENT_NAME
) -> tuple[list[tuple[str, Any]], list[str]]:
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
            found.append((name, getattr(rtmidi, kind)(api, name=client)))
        except rtmidi.RtMidiError:
            absent.append(_ABSENT[name])
    return found, absent


def _list(backend: str, kind: str) -> tuple[list[PortInfo], list[str]]:
    devices, absent = _devices(_load_rtmidi(), backend, kind)
    ports = []
    for name, device in devices:
        ports += [
            PortInfo(port, name, False) for port in device.get_ports() if not port.startswith(_OURS)
        ]
        device.delete()
    return ports, absent


def list_outputs(backend: str = "auto") -> tuple[list[PortInfo], list[str]]:
    """Every output port of every MIDI system that answers, and why the other systems do not."""
    return _list(backend, "MidiOut")


def list_inputs(backend: str = "auto") -> tuple[list[PortInfo], list[str]]:
    """Every input port (what sends MIDI to us) of every MIDI system that answers, and why others do not."""
    return _list(backend, "MidiIn")


def can_make_virtual(backend: str) -> bool:
    """Whether this MIDI system lets a program make ports of its own. Windows does not."""
    return backend not in ("winmm", "none")


def open_output(request: PortRequest, only: Only | None = None) -> Port:
    """Open the output that `request` means, or make a virtual port of that name; or `only` the one.

    Without a name and without a MIDI system this is a NullPort that says why. Raises PortError
    (unknown, ambiguous, taken, cannot be made) or MissingError (rtmidi cannot be loaded).
    """
    if request.backend == "none":
        return NullPort()
    try:
        device, info = _opened(request, "MidiOut", CLIENT_NAME, only)
    except _NothingThereError as nothing:
        return NullPort(str(nothing))
    return RtMidiPort(device, info)


def open_input(
    request: PortRequest,
    heard: OnMessage,
    only: Only | None = None,
    opening: Callable[[str], object] = lambda backend: None,
) -> RtMidiInput:
    """Open the input that `request` means, or make a virtual port of that name; or `only` the one.

    `heard` is called with every message (also real-time ones) but system exclusive and active sensing, and
    with the seconds that lie between it and the one before by the system's own clock, in a thread of the
    MIDI system: it must be short. No other device may be made in this process from then on:
    JACK would wait for that thread, which waits for the interpreter. `opening` is told the backend just
    before, for what has to be made first. Raises PortError (no MIDI system, unknown, ambiguous, taken,
    cannot be made) or MissingError (rtmidi cannot be loaded).
    """

    def prepare(device: Any, backend: str) -> None:
        opening(backend)
        _listen(device, heard)

    if request.backend == "none":
        raise PortError("There is no MIDI input with `--backend none`; choose another backend.")
    try:
        device, info = _opened(request, "MidiIn", _INPUT_CLIENT, only, prepare)
    except _NothingThereError as nothing:
        raise PortError(str(nothing)) from nothing
    return RtMidiInput(device, info, heard)


def _listen(device: Any, heard: OnMessage) -> None:
    device.ignore_types(sysex=True, timing=False, active_sense=True)
    device.set_callback(lambda event, _: heard(bytes(event[0]), event[1]))


class _NothingThereError(Exception):
    """No MIDI system answers, and none was asked for in particular."""


def _opened(
    request: PortRequest,
    kind: str,
    client: str,
    only: Only | None,
    prepare: Callable[[Any, str], None] = lambda device, backend: None,
) -> tuple[Any, PortInfo]:
    """An open device of rtmidi's class `kind`."""
    optional = request.name is None and request.backend == "auto"
    try:
        rtmidi = _load_rtmidi()
    except MissingError as error:
        if optional:
            raise _NothingThereError(str(error)) from error
        raise
    devices, absent = _devices(rtmidi, request.backend, kind, client)
    if not devices:
        why = f"No MIDI system here: {' and '.join(absent)}"
        if optional:
            raise _NothingThereError(f"{why}; playing without a port.")
        wanted = f"port {request.name!r}" if request.name else f"backend {request.backend!r}"
        raise PortError(
            f"{why}, so {wanted} cannot be opened; use `--backend none` to play without."
        )
    name = request.name or CLIENT_NAME
    try:
        known = [
            (i, port)
            for i, (_, device) in enumerate(devices)
            for port in enumerate(device.get_ports())
            if not port[1].startswith(_OURS)
        ]
        own_ports = [row for row in known if plain_name(row[1][1]) in {*request.but} - {name}]
        known = [row for row in known if row not in own_ports]
        names = [port for _, (_, port) in known]
        match = None
        if request.name is not None and only != "virtual":
            match = match_port(request.name, names)
            full_names = [plain_name(row[1][1]) for row in own_ports]
            if match is None and match_port(request.name, full_names) is not None:
                raise PortError(
                    f"{name!r} is where this session plays: it would hear itself. Give the whole name, "
                    f"{full_names[0]!r}, to have it do that."
                )
        which, found = (0, None) if match is None else known[match]
        backend, device = devices[which]
        if found is None and only == "existing":
            raise PortError(
                f"There is no MIDI port named {name!r} now; connect it and start again."
            )
        if found is None and not can_make_virtual(backend):
            way = "output" if kind == "MidiOut" else "input"
            near = near_port(name, names)
            meant = f" (did you mean {near!r}?)" if near else ""
            raise PortError(
                f"There is no MIDI {way} named {name!r}{meant} and Windows cannot make virtual ports; "
                "install loopMIDI, make a port of that name in it, and start again."
            )
        _free(devices, but=device)
        if backend == "jack" and (found is None or kind == "MidiIn"):
            # JACK renames a client whose name is taken without telling, and the port could not be watched.
            device.delete()
            client = _free_client_name(rtmidi, client)
            device = getattr(rtmidi, kind)(rtmidi.API_UNIX_JACK, name=client)
            devices = [(backend, device)]
        prepare(device, backend)
        if found is None:
            device.open_virtual_port(name)
            near = near_port(request.name or "", names) if only is None else ""
            return device, PortInfo(name, backend, True, client=client, near=near, pid=os.getpid())
        ours = own_name(os.getpid()) if kind == "MidiOut" else _IN
        device.open_port(_number_of(device, found[1]), name=ours)
        name = plain_name(found[1])
        return device, PortInfo(name, backend, False, client=client, pid=os.getpid())
    except PortError:
        _free(devices)
        raise
    except rtmidi.RtMidiError as error:
        _free(devices)
        raise PortError(
            f"The port {name!r} cannot be opened ({error}); another program may hold it."
        ) from error


def _number_of(device: Any, port: str) -> int:
    """Where `port` stands in the list now: numbers change as ports come and go."""
    try:
        return list(device.get_ports()).index(port)
    except ValueError:
        raise PortError(
            f"The port {port!r} went away while it was being opened; connect it and start again."
        ) from None


def _free_client_name(rtmidi: ModuleType, wanted: str) -> str:
    """A JACK client name that no other player has: JACK would rename ours without telling."""
    taken = set()
    for kind in ("MidiIn", "MidiOut"):
        probe = getattr(rtmidi, kind)(rtmidi.API_UNIX_JACK, name=_PROBE_CLIENT)
        taken |= {port.split(":")[0] for port in probe.get_ports()}
        probe.delete()
    clients = (f"{wanted}-{number}" if number > 1 else wanted for number in count(1))
    return next(name for name in clients if name not in taken)


def _free(devices: list[tuple[str, Any]], but: Any = None) -> None:
    for _, device in devices:
        if device is not but and not device.is_deleted:
            device.delete()
