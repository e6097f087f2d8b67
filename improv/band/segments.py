"""Stretches of beats in one group and over one chord, for which a bass line is made."""

from __future__ import annotations

from dataclasses import dataclass

from improv.band.base import BarView, same_chord
from improv.music.chord import Chord


@dataclass(frozen=True, slots=True)
class Segment:
    """Beats of one group over one chord."""

    beats: tuple[int, ...]
    end: int
    chord: Chord
    following: Chord | None
    """The chord after it, in this bar or the next."""
    beat_tick: int


def segments(shown: BarView) -> list[Segment]:
    """The stretches of a bar that a bass player thinks in: same group, same chord; NC is left out."""
    runs: list[tuple[list[int], Chord | None, int]] = []
    for group in shown.pulse.groups:
        new = True
        for index in range(group.beats):
            beat = group.start + index * group.beat_tick
            chord = shown.chord_at(beat)
            if new or not same_chord(chord, runs[-1][1]):
                runs.append(([beat], chord, group.beat_tick))
            else:
                runs[-1][0].append(beat)
            new = False
    found = []
    for at, (beats, chord, beat_tick) in enumerate(runs):
        last = at + 1 == len(runs)
        end = shown.length_tick if last else runs[at + 1][0][0]
        if chord is None:
            continue
        # A chord that goes before the next beat takes its note along.
        going = next(s.end for s in shown.spans if beats[-1] < s.end)
        end = min(end, going) if shown.chord_at(going) is None else end
        following = shown.after if last else runs[at + 1][1]
        found.append(Segment(tuple(beats), end, chord, following, beat_tick))
    return found
