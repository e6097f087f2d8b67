"""Loudness in the grammar's classes, and as MIDI velocity.

    class     0    1    2    3    4    5    6    7    8       half standard deviations about the solo's mean
    velocity  34   41   50   60   72   87  105  126  127      at the spread of a usual soloist

A General MIDI sound's amplitude goes with the square of the velocity (the default modulator of SoundFont 2,
section 8.4.1, which FluidSynth and others follow), so a difference of d dB is a factor of 10^(d / 40) in
velocity.
"""

from __future__ import annotations

import math

from improv.music.loudness import MEAN_CLASS, SD_DB, SD_PER_CLASS

MEAN_VELOCITY = 72
"""A soloist's mean. It is low enough for the second-loudest class, beyond which there is hardly a note, to
sound louder than the class below it."""

_DB_A_DECADE = 40.0


def louder(velocity: float, decibel: float) -> float:
    """The velocity that sounds `decibel` dB louder than `velocity`, neither rounded nor limited."""
    return float(velocity * 10.0 ** (decibel / _DB_A_DECADE))


def decibels_of(velocity: int) -> float:
    """How much louder than the mean a velocity sounds, in dB."""
    return _DB_A_DECADE * math.log10(max(1, velocity) / MEAN_VELOCITY)


def as_velocity(value: float) -> int:
    """A MIDI velocity, 1 to 127."""
    return max(1, min(127, round(value)))


def velocity_of(loudness_class: int, sd_db: float = SD_DB) -> int:
    """MIDI velocity of a loudness class (0-8, 4 the mean, steps of half a standard deviation, `sd_db`)."""
    return as_velocity(louder(MEAN_VELOCITY, sd_db * SD_PER_CLASS * (loudness_class - MEAN_CLASS)))
