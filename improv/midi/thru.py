"""What the partner plays, from the receiver to the sender directly: one pipe, no process in between.

    receiver  ──(when it was played, the message)──>  pipe  ──>  sender, which plays it on a channel

Whatever the performer does, it is heard at once. The sender counts its notes among those that sound, so every
way out silences them too; what comes too late to be heard is dropped as any note is.
"""

from __future__ import annotations

import os
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass, field

from improv.errors import PortError
from improv.midi.messages import (
    CHANNEL_PRESSURE,
    CONTROL,
    NOTES_OFF,
    PROGRAM,
    SOUND_OFF,
    SUSTAIN,
    Planned,
    control,
    is_off,
    is_on,
    kind_of,
    normal,
    note_off,
    wheel_centred,
)

_FRAME = struct.Struct("<q3s")
_CHUNK = 4096 // _FRAME.size * _FRAME.size
_LENGTHS = {PROGRAM: 2, CHANNEL_PRESSURE: 2}


class Thru:
    """The pipe, as the performer has it: who starts receivers and senders hands them its ends."""

    def __init__(self, channel: int) -> None:
        """`channel`: on which it is to sound, 0-15. Raises PortError where processes cannot share a pipe."""
        if sys.platform == "win32":
            raise PortError("Windows has no --thru: a program cannot hand over a pipe there.")
        self.channel = channel
        self.read_fd, self.write_fd = os.pipe()
        for fd in (self.read_fd, self.write_fd):
            os.set_blocking(fd, False)

    def let_go(self, ns: int) -> None:
        """End what sounds through it: the port it was played at has gone, or its receiver has died."""
        into = ThruIn(self.write_fd)
        for data in (control(0, SUSTAIN, 0), control(0, NOTES_OFF, 0), wheel_centred(0)):
            into.put(ns, data)

    def close(self) -> None:
        """Close it. Safe to call twice."""
        for fd in (self.read_fd, self.write_fd):
            with suppress(OSError):
                os.close(fd)
        self.read_fd = self.write_fd = -1


@dataclass
class ThruIn:
    """The receiver's end."""

    fd: int
    _lost: bool = False

    def put(self, ns: int, data: bytes) -> None:
        """Pass a channel message on; it is lost where the sender has not read for thousands of them."""
        if kind_of(data) == PROGRAM:
            return
        frames = _FRAME.pack(ns, data)
        if self._lost:
            frames = _FRAME.pack(ns, control(0, NOTES_OFF, 0)) + frames
        try:
            os.write(self.fd, frames)  # whole or not at all: it is shorter than PIPE_BUF
            self._lost = False
        except OSError:
            self._lost = True


@dataclass
class ThruOut:
    """The sender's end."""

    fd: int
    channel: int
    next_id: int
    """Of the next note; below 0, where no other messages are, and going down."""
    _ids: dict[int, int] = field(default_factory=dict)

    def read(self) -> list[Planned]:
        """What has come in, to be sent at once."""
        try:
            chunk = os.read(self.fd, _CHUNK)
        except OSError:
            return []
        planned: list[Planned] = []
        for ns, data in _FRAME.iter_unpack(chunk[: len(chunk) // _FRAME.size * _FRAME.size]):
            planned += self._planned(ns, data[: _LENGTHS.get(kind_of(data), 3)])
        return planned

    def _planned(self, ns: int, data: bytes) -> list[Planned]:
        data = normal(bytes((kind_of(data) | self.channel, *data[1:])))
        if is_on(data):
            self._ids[data[1]], self.next_id = self.next_id, self.next_id - 1
            return [Planned(self._ids[data[1]], ns, data)]
        if is_off(data):
            ended = self._ids.pop(data[1], None)
            return [] if ended is None else [Planned(ended, ns, data)]
        planned = [Planned(self.next_id, ns, data)]
        if kind_of(data) == CONTROL and data[1] in (NOTES_OFF, SOUND_OFF):
            planned += [Planned(i, ns, note_off(self.channel, p)) for p, i in self._ids.items()]
            self._ids.clear()
        return planned
