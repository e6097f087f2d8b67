"""The drum kit as General MIDI numbers it (level 1 percussion map, MIDI channel 10)."""

from __future__ import annotations

KICK = 36
SIDE_STICK = 37
SNARE = 38
LOW_TOM = 43
CLOSED_HAT = 42
PEDAL_HAT = 44
MID_TOM = 47
OPEN_HAT = 46
CRASH = 49
HIGH_TOM = 50
RIDE = 51
BELL = 53

PITCHES = frozenset(
    {
        *(KICK, SIDE_STICK, SNARE, LOW_TOM, CLOSED_HAT, PEDAL_HAT),
        *(MID_TOM, OPEN_HAT, CRASH, HIGH_TOM, RIDE, BELL),
    }
)
"""All the sounds that the band's drums and the count-in use."""

STROKE_TICK = 60
"""How long a stroke is held; drums decay by themselves."""
