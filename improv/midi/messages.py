"""MIDI messages: their status bytes, and the small facts about them that everybody needs.

(MIDI 1.0 Detailed Specification 4.2, tables I to V.) A message is the bytes that are sent; channels count
from 0.
"""

from __future__ import annotations

from typing import NamedTuple

NOTE_OFF, NOTE_ON, KEY_PRESSURE, CONTROL = 0x80, 0x90, 0xA0, 0xB0
PROGRAM, CHANNEL_PRESSURE, PITCH_BEND = 0xC0, 0xD0, 0xE0
"""Status bytes of channel 0; the lower four bits are the channel."""

SYSTEM = 0xF0
"""From here on a status belongs to no channel; by itself it is system exclusive."""
TIME_CODE, SONG_POSITION, SONG_SELECT, TUNE_REQUEST = 0xF1, 0xF2, 0xF3, 0xF6
PULSE, START, CONTINUE, STOP = 0xF8, 0xFA, 0xFB, 0xFC

VOLUME, SUSTAIN, SOUND_OFF, RESET_CONTROLLERS, NOTES_OFF = 7, 64, 120, 121, 123
"""Controllers: the pedal, and those that silence a channel."""

MOST_SIXTEENTHS = (1 << 14) - 1
"""The last place that a song position can name."""
_RELEASE_VELOCITY = 64  # what stands for "not measured"
_CENTRE = (0x00, 0x40)  # of the pitch wheel: 8192


class Planned(NamedTuple):
    """A message that is to be sent."""

    note_id: int
    """What a note's on and its off share; 0: it is no note."""
    deadline_ns: int
    data: bytes
    place: object = None
    """Where in the music it belongs, for whoever planned it; it comes back with the Report."""


def kind_of(data: bytes) -> int:
    """The kind of a message: its status without the channel, or the whole status of a system message."""
    return data[0] if data[0] >= SYSTEM else data[0] & 0xF0


def is_on(data: bytes) -> bool:
    """Whether a note begins with it (by its status: `normal` makes an off of one with velocity 0)."""
    return data[0] & 0xF0 == NOTE_ON


def is_off(data: bytes) -> bool:
    """Whether a note ends with it."""
    return data[0] & 0xF0 == NOTE_OFF


def key_of(data: bytes) -> tuple[int, int]:
    """(channel, pitch) of a note's on or off."""
    return data[0] & 0x0F, data[1]


def normal(data: bytes) -> bytes:
    """`data`; a note-on with velocity 0, which is a note-off by the MIDI standard, is made one."""
    if data[0] & 0xF0 == NOTE_ON and data[2] == 0:
        return note_off(data[0] & 0x0F, data[1])
    return data


def note_on(channel: int, pitch: int, velocity: int) -> bytes:
    """A note's on."""
    return bytes((NOTE_ON | channel, pitch, velocity))


def note_off(channel: int, pitch: int) -> bytes:
    """A note's off."""
    return bytes((NOTE_OFF | channel, pitch, _RELEASE_VELOCITY))


def control(channel: int, controller: int, value: int) -> bytes:
    """A controller at a value."""
    return bytes((CONTROL | channel, controller, value))


def program(channel: int, number: int) -> bytes:
    """The choice of a sound, from 0."""
    return bytes((PROGRAM | channel, number))


def wheel_centred(channel: int) -> bytes:
    """The pitch wheel at rest."""
    return bytes((PITCH_BEND | channel, *_CENTRE))


def holds(data: bytes) -> bool:
    """Whether it puts a pedal down or bends the wheel: what must be undone before a channel is at rest."""
    kind = kind_of(data)
    return bool(
        (kind == CONTROL and data[1] == SUSTAIN and data[2])
        or (kind == PITCH_BEND and tuple(data[1:]) != _CENTRE)
    )


def begins(data: bytes) -> bool:
    """Whether it begins something that must be ended before a channel is at rest."""
    return is_on(data) or holds(data)


def song_position(sixteenths: int) -> bytes:
    """A place in the song; the last there is where it lies beyond."""
    place = min(sixteenths, MOST_SIXTEENTHS)
    return bytes((SONG_POSITION, place & 0x7F, place >> 7))


def sixteenths_of(data: bytes) -> int:
    """The place that a song position names."""
    return data[1] | data[2] << 7
