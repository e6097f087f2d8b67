"""The sender: a process of its own that owns a MIDI port and every sounding note.

Input -> output:  planned messages with absolute deadlines (stdin)  ->  MIDI port, and reports (stdout)
Process:          its own; imports the port library and little else, so that nothing the performer does
                  (a busy GIL, a garbage collection, a crash) can make a note late or leave it on

One JSON array a line each way.

    to the sender                                   from the sender
    ["open", name|null, backend, only, thru?]       ["opened", {name, backend, ...}, {granted, why, locked}]
                                                    ["error", class name, sentence]
    ["plan", note_id, deadline_ns, "903c40"]        ["sent", note_id, deadline_ns, sent_ns, "903c40"]
                                                    ["late", note_id, deadline_ns, now_ns, "903c40"]
    ["replan", from_ns, [[note_id, deadline_ns, "903c40"], ...]]
    ["release", [[note_id, channel, pitch], ...], [channel, ...]]
    ["silence"]                                     ["broken", sentence]
    ["here"]                                        ["bye", {counters}]

`only`: "existing" (none of that name is made), "virtual" (none that exists is taken) or null. `thru`:
[descriptor, channel]; what comes in there is sent at once (midi.thru). "release"
silences what another sender left sounding. "broken": the port refused a message; from then on everything is
timed and reported, nothing leaves. "here" means only that the performer lives: when it has said nothing for
longer than it had planned ahead (it was stopped, the machine is overloaded), what still sounds is released.

When stdin ends (the performer closed it, crashed or was killed) the sender silences every note, says "bye",
closes the port and goes. The same on SIGTERM. It is started in a session of its own, so Ctrl-C does not
reach it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from improv.clock import Clock, CommandPipe, MonotonicClock, sleep_until_ns, spin_until_ns
from improv.errors import ImprovError
from improv.midi.messages import Planned, begins
from improv.midi.pipe import Reader, Writer, set_blocking, to_whoever_started_this
from improv.midi.ports import NullPort, Port, PortRequest, open_output
from improv.midi.realtime import SPIN_NS, prepare
from improv.midi.send_queue import Due, SendQueue
from improv.midi.thru import ThruOut

LINGER_NS = 60_000_000
"""How long the port stays open after the last offs. A JACK client that goes takes along what its readers
have not fetched yet, and they fetch a cycle later (up to 43 ms with 2048 frames at 48 kHz): offs sent
just before closing were seen to be lost."""


QUIET_NS = 2_000_000_000
"""A performer that has said nothing for so long stands still: it says something four times a second."""
AFTER_NS = 1_000_000_000
"""How long after the last planned message what sounds is then released: a beat or two."""


class Sender:
    """Sends what is planned at its time, until the performer closes the pipe or is gone."""

    def __init__(
        self,
        commands: Reader,
        reports: Writer,
        clock: Clock,
        wake_at: Callable[[int], None] = lambda fd: None,
    ) -> None:
        """`wake_at` has `commands` also come back when there is something to read at a descriptor."""
        self._commands, self._reports, self._clock = commands, reports, clock
        self._wake_at = wake_at
        self._thru: ThruOut | None = None
        self._queue = SendQueue()
        self._port: Port = NullPort()
        self._spin_ns = SPIN_NS
        self._heard_ns = self._sent_ns = clock.now_ns()
        self._rests = True  # nothing was struck, held or bent since all was silenced

    def run(self) -> None:
        """Serve until nobody is there to serve; whatever the reason for the end, end in silence."""
        try:
            while True:
                deadline_ns = self._queue.next_deadline_ns
                wake_ns = None if deadline_ns is None else deadline_ns - self._spin_ns
                if deadline_ns is not None and deadline_ns - self._spin_ns <= self._clock.now_ns():
                    # Before reading: however much comes in, what is due goes out first. What to send is
                    # worked out before the last stretch of waiting, not after it.
                    messages = self._queue.due(max(deadline_ns, self._clock.now_ns()))
                    spin_until_ns(deadline_ns)
                    self._deliver(messages)
                    continue
                commands = self._commands.read(self._quiet_ns if wake_ns is None else wake_ns)
                if commands is None:
                    return
                if commands:
                    self._heard_ns = self._clock.now_ns()
                elif (quiet_ns := self._quiet_ns) and quiet_ns <= self._clock.now_ns():
                    self._silence()
                for command, *arguments in commands:
                    self._obey(command, arguments)
                if self._thru is not None:
                    for message in self._thru.read():
                        self._queue.plan(message)
        except ImprovError as error:
            self._reports.put("error", type(error).__name__, str(error))
        finally:
            self._end()

    @property
    def _quiet_ns(self) -> int | None:
        """When the performer has been quiet for too long for what sounds; None: never, or not yet known."""
        if self._rests or self._queue.next_deadline_ns is not None:
            return None
        return max(self._heard_ns + QUIET_NS, self._sent_ns + AFTER_NS)

    def _end(self) -> None:
        try:
            self._deliver(self._queue.silence(self._clock.now_ns()))
            self._deliver(self._queue.stop_clock(self._clock.now_ns()))
            # Before the port is closed: that takes a second where the MIDI system has gone.
            self._reports.put("bye", asdict(self._queue.counters))
            self._reports.flush()
            if not isinstance(self._port, NullPort):
                sleep_until_ns(self._clock.now_ns() + LINGER_NS)
        finally:
            self._port.close()
            self._reports.finish()

    def _obey(self, command: str, arguments: list[Any]) -> None:
        if command == "plan":
            self._queue.plan(_planned(*arguments))
        elif command == "replan":
            from_ns, messages = arguments
            self._queue.replan(from_ns, [_planned(*message) for message in messages])
        elif command == "silence":
            self._silence()
        elif command == "release":
            notes, channels = arguments
            self._deliver(self._queue.release(notes, channels, self._clock.now_ns()))
        elif command == "open":
            name, backend, only, *thru = arguments
            self._port = open_output(PortRequest(name, backend), only)
            for fd, channel in thru:
                self._thru = ThruOut(fd, channel, -self._clock.now_ns())
                self._wake_at(fd)
            realtime = prepare()
            self._spin_ns = realtime.spin_ns
            self._reports.put("opened", asdict(self._port.info), asdict(realtime))
            self._reports.flush()

    def _silence(self) -> None:
        self._deliver(self._queue.silence(self._clock.now_ns()))
        self._rests = True

    def _deliver(self, messages: list[Due]) -> None:
        now_ns = self._clock.now_ns
        reports = []
        for due in messages:
            sent_ns = now_ns()
            if not due.dropped:
                try:
                    self._port.send(due.data)
                except Exception as error:  # the libraries have classes of their own for it
                    self._lose(error)
                self._sent_ns = sent_ns
                self._rests = self._rests and not begins(due.data)
            reports.append((due, sent_ns))
        for due, sent_ns in reports:  # after the sending: a chord must not wait for its paperwork
            kind = "late" if due.dropped else "sent"
            self._reports.put(kind, due.note_id, due.deadline_ns, sent_ns, due.data.hex())
        self._reports.flush()

    def _lose(self, error: Exception) -> None:
        """Go on without the port: what sounds is still known, and whoever takes over is told."""
        why = f"The port {self._port.info.name!r} refuses the messages it is sent ({error})."
        # Closing may take a second, and this is the thread that keeps time.
        threading.Thread(target=self._port.close, daemon=True).start()
        self._port = NullPort(why)
        self._reports.put("broken", why)


def _planned(note_id: int, deadline_ns: int, data: str) -> Planned:
    return Planned(note_id, deadline_ns, bytes.fromhex(data))


def main() -> None:
    """Run the sender on stdin and stdout."""
    reports = to_whoever_started_this()
    # SIGTERM ends the command pipe, as the performer's death does: no handler that raises could be
    # trusted between taking an off out of the queue and sending it.
    end_fd, wakeup_fd = os.pipe()
    set_blocking(wakeup_fd, False)
    signal.set_wakeup_fd(wakeup_fd)
    signal.signal(signal.SIGTERM, lambda signum, frame: None)
    pipe = CommandPipe(sys.stdin.fileno(), end_fd=end_fd)

    def wake_at(fd: int) -> None:
        pipe.also_fd = fd

    Sender(Reader(pipe.read), reports, MonotonicClock(), wake_at).run()


if __name__ == "__main__":
    main()
