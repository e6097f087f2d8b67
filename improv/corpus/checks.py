"""Whether a piece is where its file says: its key, its bar line, its beats.

MIDI files are often saved with the settings of an empty project: C major, four quarters, bar 1 where the
recording began. What the music itself says is compared with what the file says.
"""

from __future__ import annotations

import cmath
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import correlation

from improv.errors import ChartError
from improv.music.chord import parse_chord_or_nc
from improv.music.note import STEPS_PER_BEAT
from improv.music.spelling import read_key
from improv.music.transcription import Transcription

# Krumhansl and Kessler's probe-tone profiles (Krumhansl, Cognitive Foundations of Musical Pitch, 1990).
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
_TONICS = "C Db D Eb E F F# G Ab A Bb B".split()
_CLEARLY = 0.3
"""Correlations this much apart do not come from one key heard two ways (relative, dominant)."""
_FEWEST_CHORDS = 8
_FEWEST_ONSETS = 64
_CHANCE = 2.5
"""Concentration, in units of what chance gives, below which onsets have nothing to do with the beat: chance
alone goes beyond in 2 files of 1,000 for each of four spacings."""


def key_of(solo: Transcription, said: str) -> tuple[str, str]:
    """(key, remark): the key of a solo as the Weimar database spells it, and what was changed, or "".

    `said` is the file's, as charts write it ("Bb", "Cm"). One that is missing is estimated from the notes
    and chords; one that these contradict is replaced.
    """
    written = weimar_key(said)
    weights = _weights(solo)
    if min(weights) == max(weights):
        return written, ""
    scores = {
        (tonic, mode): correlation(profile, weights[tonic:] + weights[:tonic])
        for mode, profile in (("maj", _MAJOR), ("min", _MINOR))
        for tonic in range(12)
    }
    tonic, mode = max(scores, key=lambda key: scores[key])
    found = f"{_TONICS[tonic]}-{mode}"
    read = read_key(said)
    if read is None:
        return found, f"its file names no key; {found} is heard"
    major = read.fifths * 7 % 12  # all modes of one signature are one here
    near = max(scores[major, "maj"], scores[(major + 9) % 12, "min"])
    if scores[tonic, mode] - near > _CLEARLY:
        return found, f"its file names the key {said}, but {found} is heard"
    return written, ""


def weimar_key(text: str) -> str:
    """A key as charts write it ("Bb", "Cm", "D dorian"), as the Weimar database does; "" for what is none."""
    key = read_key(text)
    if key is None:
        return ""
    tonic = text.strip().split()[0]
    if len(tonic) > 1 and tonic.endswith("m"):
        tonic = tonic[:-1]
    modes = {"major": "maj", "minor": "min", "aeolian": "min", "dorian": "dor", "mixolydian": "mix"}
    return f"{tonic}-{modes.get(key.mode, key.mode[:4])}"


def _weights(solo: Transcription) -> list[float]:
    """How long each pitch class sounds, in the notes and, half as loud, in the chords."""
    weights = [0.0] * 12
    for note in solo.notes:
        weights[note.pitch % 12] += min(note.duration_step, 4 * STEPS_PER_BEAT)
    end = max((note.onset_step for note in solo.notes), default=0)
    for (step, symbol), (after, _) in pairwise([*solo.chords, (end, "NC")]):
        if after <= step:
            continue
        try:
            chord = parse_chord_or_nc(symbol)
        except ChartError:
            continue
        for pitch_class in chord.tone_pcs if chord is not None else ():
            weights[pitch_class] += (after - step) / 6
    return weights


def bar_line_shift(chord_steps: Iterable[int], beats_per_bar: int) -> int:
    """Beats from the written bar line to where the chords say that it is; 0 where they do not contradict it.

    Chords change at bar lines before all. The bar line is moved only where more than half of at least 8
    chords begin on one other beat, and at least three times as many as on the written one.
    """
    bar_steps = beats_per_bar * STEPS_PER_BEAT
    places = Counter(step % bar_steps // STEPS_PER_BEAT for step in chord_steps)
    total = sum(places.values())
    if total < _FEWEST_CHORDS:
        return 0
    beat = max(range(beats_per_bar), key=lambda at: (places[at], -at))
    if 2 * places[beat] > total and places[beat] >= 3 * places[0]:
        return beat
    return 0


def keeps_a_beat(onsets_beat: Sequence[float]) -> bool:
    """Whether onsets (in beats) gather at beats, halves, thirds or quarters of them.

    True where they are too few to tell. A performance that was recorded without a click has none of it.
    """
    count = len(onsets_beat)
    if count < _FEWEST_ONSETS:
        return True
    return any(
        abs(sum(cmath.exp(2j * math.pi * parts * at) for at in onsets_beat))
        > _CHANCE * math.sqrt(count)
        for parts in (1, 2, 3, 4)
    )
