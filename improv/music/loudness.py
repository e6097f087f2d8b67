"""Loudness as solos have it: classes of half a standard deviation about the mean of the solo."""

from __future__ import annotations

LOUDNESS_CLASSES = 9
MEAN_CLASS = 4
SD_PER_CLASS = 0.5

SD_DB = 6.4
"""What a solo's loudness spreads about its mean: the median over the solos of the Weimar Jazz Database."""
