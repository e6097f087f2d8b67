"""Phrases: notes between silences of a beat and more; how long, how many, where they begin and end.

Shorter silences are a matter of how long notes are held: they are of the family "durations".
"""

from __future__ import annotations

import numpy as np

from improv.features.counting import over
from improv.features.lines import REST_STEPS, Lines
from improv.features.notes import Floats
from improv.music.note import STEPS_PER_BEAT


def phrases(lines: Lines) -> dict[str, Floats]:
    """The family "phrases"."""
    each, first = lines.picked(lines.heads())
    count = each.counts
    there = each.there(first)
    # The last note of each: before the next one's first; of the last one, the last of all.
    last = np.append(first[:, 1:], np.zeros((len(first), 1), np.int64), axis=1) - 1
    rows = np.flatnonzero(count)
    last[rows, count[rows] - 1] = lines.counts[rows] - 1
    last = np.where(there, last, 0)

    def at(values: np.ndarray, places: np.ndarray) -> np.ndarray:
        return np.take_along_axis(values, places, axis=1)

    sizes = np.where(there, last - first + 1, 1)
    beats = (at(lines.end, last) - at(lines.onset, first)) / STEPS_PER_BEAT
    rests = (at(lines.onset, first)[:, 1:] - at(lines.end, last)[:, :-1]) / STEPS_PER_BEAT
    final = np.maximum(lines.counts - 1, 0)[:, None]
    span = (at(lines.onset, final) - lines.onset[:, :1])[:, 0]
    start, stop = at(lines.onset, first), at(lines.onset, last)
    inner = there & (
        (np.arange(each.width) > 0) | (count == 1)[:, None]
    )  # but the first of several
    ending = at(lines.interval, np.maximum(last[:, :-1] - 1, 0))
    ended = last[:, :-1] > 0  # by an interval
    some = count > 0
    return {
        "phrases a bar": over(count * lines.bar_steps[:, 0], span),
        "notes a phrase, median": each.median(sizes),
        "notes a phrase, mean": each.mean(sizes),
        "notes a phrase, deviation": each.deviation(np.log(sizes)),
        "longest phrase, notes": each.largest(sizes),
        "shortest phrase, notes": each.smallest(sizes),
        **each.shares(
            {
                "phrases of one or two notes": sizes <= 2,
                "phrases of three to five notes": (sizes > 2) & (sizes <= 5),
            }
        ),
        "notes in phrases of twelve and more": over(each.total(sizes, sizes >= 12), lines.counts),
        "beats a phrase, median": each.median(beats),
        "longest phrase, beats": each.largest(beats),
        "rests, mean beats": each.mean(rests),
        "rests, deviation": each.deviation(rests),
        "longest rest, beats": np.where(some, np.nan_to_num(each.largest(rests)), np.nan),
        "silence in rests": over(lines.total(lines.gap, lines.gap >= REST_STEPS), span),
        **each.shares(
            {
                "phrases begin on the beat": start % STEPS_PER_BEAT == 0,
                "phrases begin on one": start % lines.bar_steps == 0,
                "phrases begin on half beats": start % STEPS_PER_BEAT == 6,
            },
            inner,
        ),
        **each.shares(
            {
                "phrases end on the beat": stop % STEPS_PER_BEAT == 0,
                "phrases end on half beats": stop % STEPS_PER_BEAT == 6,
            }
        ),
        "phrases rise, semitones": each.mean(at(lines.pitch, last) - at(lines.pitch, first)),
        "phrases end by falling": each.share(ending < 0, ended),
        "phrases end by leaping": each.share(np.abs(ending) > 4, ended),
    }
