"""Where off-beat eighths fall: the swing ratio of a tempo, and how to swing a straight tick.

    tempo_bpm   up to 150   200    250   300   340 and above
    ratio           2.0     1.75   1.4   1.1   1.0              first eighth against the second

Measured on the soloists of the Weimar Jazz Database (17,489 beats of two eighths in its swing solos), the
median place of the off-beat in its beat is 1.6 to 1.7 to 1 from 100 to 200 bpm, then 1.40 at 230, 1.22 at 290
and 1.05 at 330. Drummers swing harder: 3.5:1 when slow, falling evenly to 1:1 when fast, the short note never
much under 100 ms (Friberg and Sundström, "Swing Ratios and Ensemble Timing in Jazz Performance", *Music
Perception* 19, 2002), which is 3:1 at 150 bpm and 2:1 at 200. Here one ratio has to serve both, so that
everybody's off-beats coincide: the middle of the two, never beyond the triplet.
"""

from __future__ import annotations

from itertools import pairwise

from improv.music.feel import Feel
from improv.music.note import TICKS_PER_BEAT

AUTO_SWING: tuple[tuple[float, float], ...] = (
    (150.0, 2.0),
    (200.0, 1.75),
    (250.0, 1.4),
    (300.0, 1.1),
    (340.0, 1.0),
)
"""(tempo in quarter notes a minute, ratio); straight lines in between, constant outside."""


def auto_swing(feel: Feel, tempo_bpm: float) -> float:
    """The ratio at which a tune of this feel swings at this tempo; 1 if eighths are even."""
    if not feel.swung:
        return 1.0
    if tempo_bpm <= AUTO_SWING[0][0]:
        return AUTO_SWING[0][1]
    for (slow, above), (fast, below) in pairwise(AUTO_SWING):
        if tempo_bpm <= fast:
            return round(above + (below - above) * (tempo_bpm - slow) / (fast - slow), 3)
    return AUTO_SWING[-1][1]


def swing_tick(tick: int, ratio: float) -> int:
    """Where a straight `tick` falls when eighths are swung `ratio` to 1.

    Only the off-beat eighth moves: triplets and sixteenths are played as written. At 2.0 the off-beat is
    the last third of a triplet.
    """
    beat, within = divmod(tick, TICKS_PER_BEAT)
    if within != TICKS_PER_BEAT // 2:
        return tick
    return beat * TICKS_PER_BEAT + round(TICKS_PER_BEAT * ratio / (1 + ratio))
