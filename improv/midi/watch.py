"""Whether a port in use is there: what changed, from one look at the ports to the next. Pure.

Input -> output:  the ports listed, the time  ->  True (it is back), False (it is lost), in order

A port of somebody else is known by its stable name. One that is ours (virtual) is there while its process
is; when it was lost it is "back" as soon as its MIDI system is, for then it can be made again.
"""

from __future__ import annotations

from dataclasses import dataclass

from improv.midi.port_names import plain_name
from improv.midi.ports import Listed, PortInfo, own_name

POLL_NS = 250_000_000
"""How often the ports are looked at."""
KICKED_NS = 1_000_000_000
"""A port of ours that is missing this long, while its system answers, was taken from us. A process that
died is replaced sooner, and is not a matter of ports."""
_LOOSE_LOOKS = 4
"""So often in a row our end must lead nowhere before the port is taken to have been made anew: who patches by
hand takes one wire away before the next is there."""
MADE_NS = 5_000_000_000
"""How long it may take until a port of ours has been made again."""


@dataclass
class Watch:
    """One port in use. `listens`: it is one that we hear, not one that we send to."""

    info: PortInfo
    listens: bool
    there: bool = True
    _seen: str | None = None
    _number: str | None = None  # of its JACK client, as last told
    _missing_ns: int | None = None
    _away: bool = False  # it was seen to be gone
    _loose: int = 0  # how often in a row our end led nowhere

    def look(self, listed: Listed | None, now_ns: int) -> list[bool]:
        """What has changed at `now_ns`; `listed` None: the system does not answer."""
        port = None if listed is None else self._find(listed)
        # The same name with another number: unplugged and back since the last look.
        changed = listed is not None and (
            self._has_another_number(port, listed) or self._is_loose(listed)
        )
        if not self.there:
            self._away = self._away or changed or (listed is not None and port is None)
            if port is None and (listed is None or not self.info.virtual):
                return []
            self.there, self._seen, self._missing_ns = True, port, None
            return [True]
        if port is not None:
            self._seen, self._missing_ns = port, None
            self._away = self._away or changed
            return [False, True] if changed else []
        if listed is not None and self.info.virtual:
            if self._missing_ns is None:
                self._missing_ns = now_ns
            if now_ns - self._missing_ns < (MADE_NS if self._seen is None else KICKED_NS):
                return []
        self.there, self._away = False, listed is not None
        return [False]

    def _has_another_number(self, port: str | None, listed: Listed) -> bool:
        """Than when it was seen last: ALSA's is in its name, JACK's is not told at every look."""
        if port is None or self.info.virtual:
            self._number = None
            return False
        before, self._number = self._number, listed.numbers.get(port, self._number)
        return self._seen not in (None, port) or before not in (None, self._number)

    def _is_loose(self, listed: Listed) -> bool:
        """Whether it was let go of without having been seen to go: JACK's ports have no numbers of their
        own."""
        self._loose = self._loose + 1 if self.there and self.info.name in listed.loose else 0
        if self._loose < _LOOSE_LOOKS:
            return False
        self._loose = -2 * _LOOSE_LOOKS  # until it has been taken again
        return True

    def is_same(self, listed: Listed | None) -> bool:
        """Whether who opened our output has it still: it was not gone."""
        if listed is None or self.listens or self._away:
            return False
        if self.info.virtual:
            return self._find(listed) is not None
        return any(port.endswith(f":{own_name(self.info.pid)}") for port in listed.inputs)

    def _find(self, listed: Listed) -> str | None:
        """The full name of the port, as the system lists it now."""
        if self.info.virtual:
            names = {self.info.name, f"{self.info.client}:{self.info.name}"}
        else:
            names = {self.info.name}
        # A port that sends is an input to those who list it: another's clock, and our own output.
        ports = listed.inputs if self.listens != self.info.virtual else listed.outputs
        return next((port for port in ports if plain_name(port) in names), None)
