"""Silence for a port that somebody left sounding, whoever that was and whatever it was.

Input -> output:  Port  ->  every channel: pedal up, sound off, controllers reset, notes off, wheel centred
"""

from __future__ import annotations

from collections.abc import Callable

from improv.clock import Clock, sleep_until_ns
from improv.midi.messages import (
    NOTES_OFF,
    RESET_CONTROLLERS,
    SOUND_OFF,
    SUSTAIN,
    control,
    note_off,
    wheel_centred,
)
from improv.midi.ports import Port

PAUSE_NS = 50_000_000
"""After each batch: a JACK cycle lasts up to 43 ms and takes a limited number of messages along; a DIN cable
needs as long for 50 messages, and what is behind it buffers the rest."""

CHANNELS, PITCHES = 16, 128


def batches() -> list[list[bytes]]:
    """What to send: first what silences most synths on all channels, then an off for each single note."""
    first = []
    for channel in range(CHANNELS):
        first += [
            control(channel, controller, 0)
            for controller in (SUSTAIN, SOUND_OFF, RESET_CONTROLLERS, NOTES_OFF)
        ]
        first.append(wheel_centred(channel))
    offs = [[note_off(channel, pitch) for pitch in range(PITCHES)] for channel in range(CHANNELS)]
    return [first, *offs]


def silence(port: Port, clock: Clock, sleep: Callable[[int], None] = sleep_until_ns) -> int:
    """Silence all that listens to `port`, in about 0.9 s; give how many messages that took.

    Raises whatever the port's library raises where the port has gone.
    """
    count = 0
    for batch in batches():
        for data in batch:
            port.send(data)
        count += len(batch)
        sleep(clock.now_ns() + PAUSE_NS)
    return count
