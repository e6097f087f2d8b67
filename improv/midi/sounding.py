"""Which notes were struck and which sound, by what went out: both ends of the sender keep count of it. Pure.

Input -> output:  messages, as they go out  ->  who sounds, who was struck before, what a new plan leaves
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from improv.midi.messages import NOTE_OFF, NOTE_ON, Planned, is_off, is_on, normal

MOST_REMEMBERED = 4096
"""How many of the latest notes are known: minutes of music; plans reach a second or two."""

_K = TypeVar("_K")
_V = TypeVar("_V")


class Latest(dict[_K, _V]):
    """A dict of the latest things: of more than `MOST_REMEMBERED` those are forgotten that came in first."""

    def __setitem__(self, key: _K, value: _V) -> None:
        super().__setitem__(key, value)
        if len(self) > MOST_REMEMBERED:
            del self[next(iter(self))]


@dataclass(slots=True)
class Sounding:
    """The notes of one port."""

    holders: dict[tuple[int, int], int] = field(default_factory=dict)
    """(channel, pitch) of what sounds, and the note that holds it."""
    channels: set[int] = field(default_factory=set)
    """Those that anything was sent to."""
    _struck: Latest[int, None] = field(default_factory=Latest)

    def strike(self, note_id: int) -> bool:
        """A note is struck, or is not to be any more; False where it was before. 0 is nobody's, ever anew."""
        if note_id in self._struck:
            return False
        if note_id:
            self._struck[note_id] = None
        return True

    def was_struck(self, note_id: int) -> bool:
        """Whether it was struck, as far as that is remembered."""
        return note_id in self._struck

    def went_out(self, note_id: int, data: bytes) -> None:
        """A message to a channel went out."""
        kind, channel = data[0] & 0xF0, data[0] & 0x0F
        self.channels.add(channel)
        if kind == NOTE_ON:
            self.holders[channel, data[1]] = note_id
        elif kind == NOTE_OFF and self.holders.get((channel, data[1])) == note_id:
            del self.holders[channel, data[1]]

    def stays(
        self, waiting: Iterable[Planned], from_ns: int, messages: Sequence[Planned]
    ) -> Callable[[Planned], bool]:
        """Which of the `waiting` stay where they are when `messages` are planned for `from_ns` and later.

        What is due before. And the off of a note that sounds already (or will, before `from_ns`), unless
        `messages` holds another for it.
        """
        begun = {m.note_id for m in waiting if m.deadline_ns < from_ns and is_on(m.data)}
        begun.update(self.holders.values())
        anew = {m.note_id for m in messages if is_off(normal(m.data))} - {0}

        def stays(message: Planned) -> bool:
            note_id, deadline_ns, data, _ = message
            if data[0] & 0xF0 != NOTE_OFF:
                return deadline_ns < from_ns
            return note_id not in anew and (deadline_ns < from_ns or note_id in begun)

        return stays
