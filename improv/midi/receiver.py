"""The receiver: a process of its own that owns the MIDI input and watches all ports in use.

Input -> output:  what to listen to and to watch (stdin)  ->  what came in and when, ports that go and
                  come back (stdout)
Process:          its own: what comes in is stamped at once, whatever the performer does; and asking a MIDI
                  system for its ports may block, or end the process that asks

One JSON array a line each way.

    to the receiver                                    from the receiver
    ["start", input, [[role, port, there], ...], hears] ["opened", port|null, {granted, why, locked}]
    ["watch", role, port|null]                         ["error", class name, sentence]
    ["bye"]                                            ["in", ns, "f8"]
                                                       ["port", role, name, there]

A port's line may have two more, `answers` and `same`, as `events.PortEvent` has them.

`input`: [name|null, backend, but] to open, or null; `port`: a PortInfo. `hears`: {role, channel, thru}, what
the input is for. As "clock-in" it is heard for system messages, without system exclusive; as "in" for channel
messages without pressure and wheel, where `channel` is a number of that channel, and they go, all of them,
through the descriptor `thru` too, where it is one (midi.thru). A port of that role that is not `there` was
open in a receiver that died; it is taken as soon as it can be.

    look, four times a second ── a port is missing or back ──> ["port", ...]
      │ the system does not answer (a JACK server was killed)
      └─> become a new process of the same number (exec), which tries until a server answers

A JACK client outlives its server as a corpse: told of no ports for ever, and deleting it crashes. Where
asking blocks, an alarm ends the process; the performer starts another. It ends when stdin does. Where that
ends without "bye", and the sender had died before, nobody else is left to silence the output: it has that
done (`midi.panic`).
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import asdict, dataclass
from typing import Any

from improv.clock import Clock, CommandPipe, MonotonicClock
from improv.errors import ImprovError, PortError
from improv.midi.events import CLOCK_IN, OUT
from improv.midi.messages import CHANNEL_PRESSURE, KEY_PRESSURE, PITCH_BEND, SYSTEM, kind_of
from improv.midi.pipe import Reader, Writer, to_whoever_started_this
from improv.midi.ports import (
    Listed,
    PortInfo,
    PortLists,
    PortRequest,
    RtMidiInput,
    open_input,
    own_end,
    quiet_c_libraries,
)
from improv.midi.realtime import ask_linux, prepare
from improv.midi.stamps import Stamps
from improv.midi.thru import ThruIn
from improv.midi.watch import POLL_NS, Watch

BLOCKED_S = 30.0
"""After so long a call into the MIDI system is taken to be blocked for ever. A JACK server in synchronous
mode takes 5 s to get over each client that was killed, and all who open one wait for it."""
TRIES = 20
"""How often one process tries to reach a server that is not there: each try leaves threads behind."""
MOST_LINES = 10_000
"""Kept for a performer that does not read; of more, the oldest are lost."""


class _Guard:
    """Ends this process if what is done inside does not come back; the kernel does it, not Python."""

    def __enter__(self) -> None:
        self._before_s = 0.0
        if hasattr(signal, "setitimer"):
            self._before_s, _ = signal.setitimer(signal.ITIMER_REAL, BLOCKED_S)

    def __exit__(self, *failed: object) -> None:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, self._before_s)


_UNHEARD = (KEY_PRESSURE, CHANNEL_PRESSURE, PITCH_BEND)
"""They come in floods, and no note begins or ends with them."""


@dataclass(frozen=True)
class Hears:
    """What an input is listened to for; see above."""

    role: str = CLOCK_IN
    channel: int | None = None
    thru: int | None = None

    def has(self, data: bytes) -> bool:
        """Whether this channel message is for us."""
        return data[0] < SYSTEM and self.channel in (None, data[0] & 0x0F)


class Receiver:
    """Listens and watches until stdin ends."""

    def __init__(self, commands: Reader, lines: Writer, clock: Clock) -> None:
        self._commands, self._lines, self._clock = commands, lines, clock
        self._hears = Hears()
        self._stamps = Stamps()
        self._thru: ThruIn | None = None
        self._input: RtMidiInput | None = None
        self._watches: dict[str, Watch] = {}
        self._lists: dict[str, PortLists] = {}
        self._tries = 0
        self._raised = False  # the input's thread has its priority
        self._dismissed = False

    def run(self, state: dict[str, Any] | None = None) -> None:
        """Serve until the end. `state`: what an earlier self left, see `_become_new`."""
        next_ns = self._clock.now_ns()
        if state is not None:
            self._commands.partial = bytes.fromhex(state["partial"])
            self._hear_as(state["hears"])
            self._begin(state["watched"])
        try:
            while True:
                commands = self._commands.read(next_ns)
                if commands is None:
                    break
                for command, *arguments in commands:
                    self._obey(command, arguments)
                if self._clock.now_ns() >= next_ns:
                    self._lines.flush()
                    self._look()
                    next_ns = self._clock.now_ns() + POLL_NS
        except ImprovError as error:
            self._say("error", type(error).__name__, str(error))
        self._end()

    def _obey(self, command: str, arguments: list[Any]) -> None:
        if command == "start":
            wanted, watched, *hears = arguments
            self._hear_as(*hears)
            info = None
            if wanted is not None:
                with _Guard():
                    self._input = open_input(PortRequest(*wanted), self._heard, opening=self._list)
                info = asdict(self._input.info)
                watched = [*watched, [self._hears.role, info, True]]
            realtime = prepare()
            self._begin(watched)
            self._say("opened", info, asdict(realtime))
        elif command == "bye":
            self._dismissed = True
        elif command == "watch":
            role, port = arguments
            self._watches.pop(role, None)
            if port is not None:
                self._watch(role, port, True)

    def _say(self, *values: Any) -> None:
        self._lines.put(*values)
        self._lines.flush()

    def _hear_as(self, hears: dict[str, Any] | None = None) -> None:
        self._hears = Hears(**hears or {})
        self._thru = ThruIn(self._hears.thru) if self._hears.thru is not None else None

    def _begin(self, watched: list[list[Any]]) -> None:
        for role, port, there in watched:
            self._watch(role, port, there)

    def _watch(self, role: str, port: dict[str, Any], there: bool) -> None:
        info = PortInfo(**port)
        if info.backend == "none":
            return
        self._watches[role] = Watch(info, listens=role == self._hears.role, there=there)

    def _heard(self, data: bytes, since_s: float) -> None:
        """In the MIDI system's thread."""
        now_ns = self._clock.now_ns()
        ns = self._stamps.of(since_s, now_ns)
        if self._hears.role == CLOCK_IN:
            if data[0] >= SYSTEM:
                self._say("in", now_ns, data.hex())
        elif self._hears.has(data):
            if self._thru is not None:
                self._thru.put(ns, data)
            if kind_of(data) not in _UNHEARD:
                self._say("in", ns, data.hex())
        if not self._raised:
            self._raised = True
            # ALSA's thread has no priority of its own; JACK's and CoreMIDI's have.
            watch = self._watches.get(self._hears.role)
            if sys.platform == "linux" and watch is not None and watch.info.backend == "alsa":
                ask_linux()

    def _look(self) -> None:
        backends = {watch.info.backend for watch in self._watches.values()}
        looks = {backend: self._list(backend) for backend in sorted(backends)}
        now_ns = self._clock.now_ns()
        dead = False
        for role, watch in list(self._watches.items()):
            listed = looks[watch.info.backend]
            was_there = watch.there
            for there in watch.look(listed, now_ns):
                if role == self._hears.role and there:
                    watch.there = there = self._listen_again(watch)
                if there != was_there:
                    said = ["port", role, watch.info.name, there]
                    if listed is None:
                        said.append(False)
                    elif there and watch.is_same(listed):
                        said += [True, True]
                    self._say(*said)
                    was_there = there
            dead = dead or (listed is None and watch.info.backend in self._lists)
        if dead or self._tries >= TRIES:
            self._become_new()

    def _list(self, backend: str) -> Listed | None:
        with _Guard():
            if backend not in self._lists:
                try:
                    with quiet_c_libraries():
                        self._lists[backend] = PortLists(backend)
                except PortError:
                    self._tries += 1
                    return None
            watches = [watch for watch in self._watches.values() if not watch.info.virtual]
            return self._lists[backend].look(
                {each.info.name: own_end(each.info, listens=each.listens) for each in watches}
            )

    def _listen_again(self, watch: Watch) -> bool:
        try:
            self._stamps = Stamps()
            with _Guard(), quiet_c_libraries():
                if self._input is not None:
                    return self._input.connect_again()
                info = watch.info
                self._input = open_input(
                    PortRequest(info.name, info.backend),
                    self._heard,
                    "virtual" if info.virtual else "existing",
                )
                watch.info = self._input.info
        except ImprovError:
            return False  # gone again, or held by another: the next look tries once more
        return True

    def _become_new(self) -> None:
        """Be replaced by a new process with this number, these pipes and what is known."""
        if not hasattr(signal, "pthread_sigmask"):
            raise PortError("The MIDI system does not answer any more.")  # Windows: start another
        state = {
            "partial": self._commands.partial.hex(),
            "watched": [[role, asdict(w.info), w.there] for role, w in self._watches.items()],
            "hears": asdict(self._hears),
        }
        self._lines.finish()
        # What the libraries opened goes with this process; and their signals are not the next one's.
        highest = os.sysconf("SC_OPEN_MAX")
        for fd in range(3, min(highest, 4096)):
            try:
                os.set_inheritable(fd, False)
            except OSError:
                pass  # not open
        if self._hears.thru is not None:
            os.set_inheritable(self._hears.thru, True)
        os.dup2(self._lines.file.fileno(), 1)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        argv = [sys.executable, "-m", "improv.midi.receiver", json.dumps(state)]
        os.execv(sys.executable, argv)

    def _end(self) -> None:
        watch = self._watches.get(OUT)
        if not self._dismissed and watch is not None:
            from improv.midi import panic  # not while it keeps time: it brings `subprocess`

            # A sender that was stopped sees the end of its pipe now, and is silent.
            panic.wake(watch.info.pid)
            if not panic.lives(watch.info.pid):
                panic.release_elsewhere(watch.info, 0.0)
        with _Guard():
            self._lines.finish()
            # In order, where there still is somebody to be told: a JACK server in synchronous mode takes
            # 5 s to get over a client that just ended.
            if all(lists.answers for lists in self._lists.values()):
                if self._input is not None:
                    self._input.close()
                for lists in self._lists.values():
                    lists.close()
        # Not by returning: what a library still holds of a dead server crashes when it is cleaned up.
        os._exit(0)


def main() -> None:
    """Run the receiver on stdin and stdout."""
    lines = to_whoever_started_this(MOST_LINES)
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    state = json.loads(sys.argv[1]) if len(sys.argv) > 1 else None
    if state is not None:
        prepare()
    commands = Reader(CommandPipe(sys.stdin.fileno()).read)
    Receiver(commands, lines, MonotonicClock()).run(state)


if __name__ == "__main__":
    main()
