"""The partner's input while it plays: the receiver that listens there, and the ears that make notes of it.

Input -> output:  Config, the ports that are open  ->  Hearing: HeardNotes, and what an input comes and goes
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from improv.clock import Clock, Mailbox
from improv.config import Config
from improv.errors import PortError
from improv.midi.events import IN, PortEvent, ReceiverGone
from improv.midi.ports import PortInfo, PortRequest
from improv.midi.receiver_process import ReceiverProcess
from improv.midi.thru import Thru
from improv.partner.ears import Ears

_LOOPS = ("midi through", "iac", "loopmidi")
"""Ports, by a part of their name, that send on what they are sent."""


class Hearing:
    """An input that is open, in a process of its own: no flood of notes holds up a clock that comes in."""

    def __init__(
        self,
        config: Config,
        outputs: Iterable[PortInfo],
        clock: Clock,
        inbox: Mailbox[Any],
        thru: Thru | None,
    ) -> None:
        """Open the input that `config` names. `outputs`: ports of this session, which it is not to hear.

        Raises PortError, MissingError.
        """
        self._thru = thru
        self.ears = Ears(latency_ns=round(config.input_latency_ms * 1e6))
        ours = {name for port in outputs for name in _heard_as(port)}
        request = PortRequest(config.input, config.backend, tuple(sorted(ours)))
        if thru is not None and request.name in ours:
            raise PortError(f"{request.name!r} is where --thru plays: it would go round for ever.")
        self._receiver = ReceiverProcess(
            request, [], inbox, role=IN, channel=config.input_channel, thru=thru
        )
        try:
            port = self._receiver.opened(clock)
            if port is None:
                raise PortError(f"The MIDI input {request.name!r} was not opened.")
        except BaseException:
            self._receiver.close()
            raise
        self.port = port

    def attend(self, item: PortEvent | ReceiverGone, now_ns: int) -> str | None:
        """Deal with the port's going and coming, or the receiver's death; the line to be said, if any."""
        if isinstance(item, ReceiverGone):
            return self._receiver.attend(item)
        if item.role != IN:
            return None
        if not item.there:
            self.ears.let_go(now_ns)
            if self._thru is not None:
                self._thru.let_go(now_ns)
        return f"The input {item.name!r} is {'back' if item.there else 'gone'}."

    def close(self) -> None:
        """Stop listening."""
        self._receiver.close()


def _heard_as(port: PortInfo) -> list[str]:
    """The names under which an input would find what this session sends."""
    if port.backend == "none":
        return []
    if port.virtual:
        return [port.name, f"{port.client}:{port.name}"]
    return [port.name] if any(loop in port.name.casefold() for loop in _LOOPS) else []
