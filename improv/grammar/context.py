"""What the cell is told beside the last token: blocks of inputs, one of each block on.

The number line of the inputs, V being the size of the vocabulary:

    0 .. V-1   the last token (none on before the first)
    V + ...
      0   step         12   grid step within the beat
     12   beat          8   beat of the bar (the eighth and later ones together)
     20   bar           4   bar of four, counted from the top of the chart
     24   quality       9   quality of the chord now: QUALITIES, then no chord
     33   motion       12   root of the next chord above the root now, semitones
     45   next         9    quality of the next chord
     54   change       10   steps until it: up to 6, 12, 18, 24, 36, 48, 72, 96, 192, more
     64   register     13   last pitch: up to 51, 54, 57 ... 84, 85 and above (before: the centre)
     77   degree       13   last pitch above the root NOW (the chord may have changed), then none
     90   phrase       12   none yet; notes in the phrase so far: 1, 2, 4, 8, 16, 32, more;
                            or silence so far in steps: up to 12, 24, 48, more

Blocks are one-hot: each says exactly one thing each step, so a step is 10 or 11 active inputs.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from improv.grammar.tokens import STEP_TICK, STEPS_PER_BEAT
from improv.music.chart import Chart
from improv.music.chord import QUALITIES, Chord

CHANGE_STEPS = (6, 12, 18, 24, 36, 48, 72, 96, 192)
REGISTER_PITCHES = tuple(range(51, 85, 3))
PHRASE_NOTES = (1, 2, 4, 8, 16, 32)
SILENCE_STEPS = (12, 24, 48)

PHRASE_GAP_STEPS = 6
"""Silence that ends a phrase: an eighth; anything shorter is articulation (see encode.py)."""

NO_CHORD = len(QUALITIES)
_SILENCE_FIRST = 1 + len(PHRASE_NOTES) + 1

BLOCKS: tuple[tuple[str, int], ...] = (
    ("step", STEPS_PER_BEAT),
    ("beat", 8),
    ("bar", 4),
    ("quality", len(QUALITIES) + 1),
    ("motion", 12),
    ("next", len(QUALITIES) + 1),
    ("change", len(CHANGE_STEPS) + 1),
    ("register", len(REGISTER_PITCHES) + 1),
    ("degree", 13),
    ("phrase", _SILENCE_FIRST + len(SILENCE_STEPS) + 1),
)
"""Name and size of each block, in order."""

CONTEXT_SIZE = sum(size for _, size in BLOCKS)


def block_offsets() -> dict[str, int]:
    """First input of each block, counted after the vocabulary."""
    offsets, place = {}, 0
    for name, size in BLOCKS:
        offsets[name] = place
        place += size
    return offsets


_OFFSET = block_offsets()
_STEP, _BEAT, _BAR = _OFFSET["step"], _OFFSET["beat"], _OFFSET["bar"]
_CHANGE, _REGISTER = _OFFSET["change"], _OFFSET["register"]
_DEGREE, _PHRASE = _OFFSET["degree"], _OFFSET["phrase"]


def context_layout() -> dict[str, object]:
    """What a trained cell relies on in these blocks; part of the grammar's fingerprint."""
    return {
        "blocks": [[name, size] for name, size in BLOCKS],
        "qualities": list(QUALITIES),
        "change_steps": list(CHANGE_STEPS),
        "register_pitches": list(REGISTER_PITCHES),
        "phrase_notes": list(PHRASE_NOTES),
        "silence_steps": list(SILENCE_STEPS),
        "phrase_gap_steps": PHRASE_GAP_STEPS,
    }


def _quality(chord: Chord | None) -> int:
    return QUALITIES.index(chord.quality) if chord is not None else NO_CHORD


def _sounding_roots(chords: list[Chord | None]) -> list[int]:
    """Root of each chord; where there is none, of the last real one before, the form repeating."""
    last = next((chord.root_pc for chord in reversed(chords) if chord is not None), 0)
    roots = []
    for chord in chords:
        last = chord.root_pc if chord is not None else last
        roots.append(last)
    return roots


class ChartView:
    """A chart laid out for a quick answer to "what is at this tick", for ever on."""

    __slots__ = (
        "_bar_ticks",
        "_bars_of_four",
        "_chord_at",
        "_chord_inputs",
        "_ends",
        "_place",
        "_roots",
        "_starts",
    )

    def __init__(self, chart: Chart) -> None:
        self._place, self._chord_at = chart.place, chart.chord_at
        self._bar_ticks = chart.bar_ticks
        # Bars are counted from the top of their chorus; in a lead-in, from its first.
        counted = [chart.chorus_and_bar(bar)[1] for bar in range(chart.bars)]
        self._bars_of_four = [_BAR + bar % 4 for bar in counted]
        starts: list[int] = []
        chords: list[Chord | None] = []
        for tick, chord in chart.changes:
            if not chords or chord != chords[-1]:
                starts.append(tick)
                chords.append(chord)
        self._starts = starts
        self._roots = _sounding_roots(chords)
        following = [chart.next_change(tick) for tick in starts]
        self._ends = [tick for tick, _ in following]
        self._chord_inputs = [
            (
                _OFFSET["quality"] + _quality(chord),
                # Into a bar without a chord the last root goes on.
                _OFFSET["motion"] + ((after.root_pc - root) % 12 if after is not None else 0),
                _OFFSET["next"] + _quality(after),
            )
            for chord, root, (_, after) in zip(chords, self._roots, following, strict=True)
        ]

    def root_at(self, tick: int) -> int:
        """Pitch class that degrees count from: the chord's root, or the last real chord's."""
        return self._roots[bisect_right(self._starts, self._place(tick)) - 1]

    def tones_at(self, tick: int) -> tuple[int, ...]:
        """Tones of the chord as semitones above its root; all twelve where there is no chord."""
        chord = self._chord_at(tick)
        return chord.tones if chord is not None else tuple(range(12))

    def step_at(self, tick: int) -> int:
        """Grid step within the beat, 0-11, at `tick`."""
        place = self._place(tick)
        bar_tick = self._bar_ticks[bisect_right(self._bar_ticks, place) - 1]
        return (place - bar_tick) // STEP_TICK % STEPS_PER_BEAT

    def inputs(
        self, tick: int, pitch: int, *, has_sounded: bool, phrase_notes: int, silence_steps: int
    ) -> list[int]:
        """Active inputs of all blocks, ascending, 0 <= i < CONTEXT_SIZE.

        `pitch` is the last one (the centre before the first note: `has_sounded` False);
        `phrase_notes` counts the phrase's notes, `silence_steps` the silence since the last one.
        """
        place = self._place(tick)
        bar = bisect_right(self._bar_ticks, place) - 1
        beat, step = divmod((place - self._bar_ticks[bar]) // STEP_TICK, STEPS_PER_BEAT)
        index = bisect_right(self._starts, place) - 1
        quality, motion, following = self._chord_inputs[index]
        to_change = (self._ends[index] - place) // STEP_TICK
        if silence_steps >= PHRASE_GAP_STEPS:
            phrase = _SILENCE_FIRST + bisect_left(SILENCE_STEPS, silence_steps)
        elif phrase_notes:
            phrase = 1 + bisect_left(PHRASE_NOTES, phrase_notes)
        else:
            phrase = 0
        return [
            _STEP + step,
            _BEAT + (beat if beat < 8 else 7),
            self._bars_of_four[bar],
            quality,
            motion,
            following,
            _CHANGE + bisect_left(CHANGE_STEPS, to_change),
            _REGISTER + bisect_left(REGISTER_PITCHES, pitch),
            _DEGREE + ((pitch - self._roots[index]) % 12 if has_sounded else 12),
            _PHRASE + phrase,
        ]
