"""The Output that lasts: a sender for each port, replaced when it dies or its port comes back.

Input -> output:  plan(...), replan(...)  ->  the sender of the port that the message is for
Thread:           the performer's (midi.output_port has the others)

Each port has a sender of its own, so that replacing one leaves the other alone: a virtual port that is made
anew loses its connections. System messages go to the clock's port if there is one, else where notes go.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from improv.clock import Clock
from improv.errors import SenderError
from improv.midi.events import CLOCK_OUT, OUT, Gone, PortEvent, Realtime
from improv.midi.messages import SYSTEM, Planned
from improv.midi.output_port import DEATHS, OutputPort
from improv.midi.panic import release_elsewhere
from improv.midi.ports import PortInfo, PortRequest
from improv.midi.sender_process import Inbox, MakeSender, SenderProcess
from improv.midi.thru import Thru


class Outputs:
    """The Output that lasts: a sender for each port, replaced when it dies or its port comes back."""

    def __init__(
        self,
        request: PortRequest,
        clock_request: PortRequest | None,
        inbox: Inbox[Any],
        clock: Clock,
        make_sender: MakeSender = SenderProcess,
        release: Callable[[PortInfo, float], bool] = release_elsewhere,
        thru: Thru | None = None,
    ) -> None:
        """Start the senders. `clock_request`: the clock's own port; None: it goes where the notes go.

        What comes through `thru` goes out with the notes.
        """
        self.clock_port: PortInfo | None = None
        """The clock's own port, once it is open; None where there is none."""
        deaths: deque[int] = deque(maxlen=DEATHS)
        make_first = make_sender if thru is None else partial(SenderProcess, thru=thru)
        self._out = OutputPort(OUT, request, inbox, clock, make_first, deaths, release)
        self._ports = [self._out]
        if clock_request is not None:
            try:
                self._ports.append(
                    OutputPort(CLOCK_OUT, clock_request, inbox, clock, make_sender, deaths, release)
                )
            except SenderError:
                self.quit()
                raise

    def opened(self, clock: Clock) -> tuple[PortInfo, Realtime]:
        """Wait until the ports are open; what that for notes is. Raises what opening raised."""
        first, *others = [port.opened(clock) for port in self._ports]
        self.clock_port = others[0][0] if others else None
        return first

    def tell_moved(self, moved: Callable[[str, PortInfo], None]) -> None:
        """Have `moved(role, info)` called when a port was opened anew: what is to be watched from now on.

        In another thread; it must not wait, nor call this object.
        """
        for port in self._ports:
            port.moved = moved

    def _port(self, message: Planned) -> OutputPort:
        return self._ports[-1] if message.data[0] >= SYSTEM else self._out

    def plan(self, message: Planned) -> None:
        """Have a message sent at its time."""
        self._port(message).plan(message)

    def waiting(self) -> list[Planned]:
        """What is planned and not known to have been sent."""
        return [message for port in self._ports for message in port.waiting()]

    def flush(self) -> None:
        """Hand over what was planned since the last flush, at once."""
        for port in self._ports:
            port.flush()

    def replan(self, from_ns: int, messages: Sequence[Planned]) -> None:
        """Take back what is planned for `from_ns` or later and have `messages` sent instead; see Output."""
        for port in self._ports:
            port.replan(from_ns, [m for m in messages if self._port(m) is port])

    def silence(self) -> None:
        """Take back everything and release every sounding note, now; playing may go on."""
        for port in self._ports:
            port.silence()

    def attend(self, item: Gone | PortEvent) -> str | None:
        """Deal with a sender that died or a port that went or came back; the line to be said, if any.

        Raises SenderError where senders die one after another.
        """
        lines = [port.attend(item) for port in self._ports]
        return next((line for line in lines if line is not None), None)

    def quit(self) -> dict[str, int]:
        """Silence every note, close the ports, end; give what was counted (see `output_port.FIGURES`).

        Safe to call twice and at any moment.
        """
        return _sum([port.quit() for port in self._ports])


def _sum(counters: Iterable[Counter[str]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for counter in counters:
        total.update(counter)
    return dict(total)
