"""What the cell's two steps answer with: scores from several points of view, and gates for the memory.

A candidate's score is the sum of what each view says of it. The numbers are sizes on the number line of the
answer; `improv.training.line.network` (TensorFlow) and `line.score` (NumPy) both go by them.

    melody      interval          89   from the last note, in semitones (wide ones together)
                pitch            128   the MIDI number itself: register
                degree            12   over the chord that sounds
                tonic             12   in the key
                next              12   over the chord that comes
                interval_before   89   from the note before the last one
                gates             16   how much each expert of the memory counts (softplus of it)
    rhythm      wait              61   its class
                landing           48   where in the bar the next note would fall
                landing_beat      12   where in the beat
                gates             12
                length            35   and, after the wait is known, LENGTH_BY_WAIT
                loudness           9   and, by that of the note before, LOUDNESS_AFTER
"""

from __future__ import annotations

from improv.grammar.line.form import BAR_STEPS
from improv.grammar.line.inputs import INTERVALS, MELODY_EXPERTS, RHYTHM_EXPERTS
from improv.grammar.line.table import LENGTHS, LOUDNESSES, PITCHES, WAITS
from improv.music.note import STEPS_PER_BEAT

MELODY_HEADS: tuple[tuple[str, int], ...] = (
    ("interval", INTERVALS),
    ("pitch", PITCHES),
    ("degree", 12),
    ("tonic", 12),
    ("next", 12),
    ("interval_before", INTERVALS),
    ("gates", MELODY_EXPERTS),
)
RHYTHM_HEADS: tuple[tuple[str, int], ...] = (
    ("wait", WAITS),
    ("landing", BAR_STEPS),
    ("landing_beat", STEPS_PER_BEAT),
    ("gates", RHYTHM_EXPERTS),
    ("length", len(LENGTHS)),
    ("loudness", LOUDNESSES),
)


def slices(heads: tuple[tuple[str, int], ...]) -> dict[str, slice]:
    """Where each head is in the answer."""
    found, place = {}, 0
    for name, size in heads:
        found[name] = slice(place, place + size)
        place += size
    return found


def width(heads: tuple[tuple[str, int], ...]) -> int:
    """Length of the answer."""
    return sum(size for _, size in heads)


def heads_layout() -> dict[str, object]:
    """What a trained cell relies on here; part of the grammar's fingerprint."""
    return {
        "melody": [list(head) for head in MELODY_HEADS],
        "rhythm": [list(head) for head in RHYTHM_HEADS],
    }
