"""A chart as the cell is told about it: for any grid step, what sounds, what comes, where in the form it is.

Input -> output:  Chart, step  ->  Place

Places are worked out once and kept, so a chorus that comes again costs only a look-up.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import NamedTuple

from improv.music.chart import Chart
from improv.music.chord import Chord
from improv.music.note import STEPS_PER_BEAT, TICKS_PER_STEP
from improv.music.spelling import read_key

CLASSES = (
    *("none", "maj", "maj7", "min", "min7", "minmaj", "dom", "domb9", "alt", "sus"),
    *("hdim", "dim", "aug", "6", "min6", "other"),
)
"""What kind of chord, in sixteen classes; "none" is no chord."""
NO_MOTION = 12
"""Motion of the root into a bar without a chord."""
BAR_STEPS = 4 * STEPS_PER_BEAT
"""How many positions in a bar are distinguished; in longer bars the last beat stands for all later ones."""
CHANGE_STEPS = (0, 3, 6, 9, 12, 18, 24, 36, 48, 72, 96, 144)
"""Upper ends of the classes of the time to the next chord."""
SECTION_BARS = 16
CHORUSES = 6
"""How many choruses are distinguished: the lead-in, the first four, the later ones."""
NO_KEY = 12
_MINOR = frozenset({"minor", "aeolian", "dorian", "phrygian", "locrian"})


class Place(NamedTuple):
    """What is known of one step of a chart."""

    root_pc: int
    """Of the chord; where there is none, the last root, before any the key's tonic."""
    chord_class: int
    bass: int
    """Semitones of the bass above the root."""
    next_root_pc: int
    next: int
    """Motion of the root to the next chord (0-11, NO_MOTION) * len(CLASSES) + its class."""
    after: int
    """The same of the chord after that, the motion counted from the root now."""
    change: int
    """Class of the steps to the next chord, 0..len(CHANGE_STEPS)."""
    position: int
    """Steps into the bar, 0..BAR_STEPS - 1."""
    bar: int
    """Bar of four, counted from the top of the chorus."""
    section_bar: int
    """Bar of the section, the sixteenth and later ones together."""
    tonality: int
    """Root above the tonic of the key, + 12 where that is minor."""
    tonic_pc: int
    """Tonic of the key; where that is not known, the root."""
    chorus_step: int
    """Steps since the top of the chorus (of the chart, in a lead-in)."""
    bar_steps: int
    """Steps in the bar."""
    bar_position: int
    """Steps into the bar, exactly."""


class _Harmony(NamedTuple):
    """What holds from one change of the chart to the next; the fields are those of Place."""

    root_pc: int
    chord_class: int
    bass: int
    next_root_pc: int
    next: int
    after: int
    tonality: int
    tonic_pc: int
    next_tick: int
    """Where the next chord is."""


def class_of(chord: Chord | None) -> int:
    """The index in CLASSES."""
    if chord is None:
        return 0
    tones, quality = set(chord.tones), chord.quality
    name: str = quality
    if quality == "maj":
        name = "maj7" if 11 in tones else "6" if 9 in tones else "maj"
    elif quality == "min":
        name = (
            "minmaj" if 11 in tones else "min7" if 10 in tones else "min6" if 9 in tones else "min"
        )
    elif quality == "dom":
        name = "domb9" if 1 in tones else "dom"
    return CLASSES.index(name) if name in CLASSES else len(CLASSES) - 1


MOST_KEPT = 4096
"""Places that are known without another look: twice as many steps as a chorus of 32 bars has."""


class Form:
    """A chart laid out for a quick answer."""

    def __init__(self, chart: Chart) -> None:
        self._chart = chart
        key = read_key(chart.key) if chart.key else None
        self._is_minor = key is not None and key.mode in _MINOR
        self._tonic = key.tonic_pc if key is not None else NO_KEY
        self._places: dict[int, Place] = {}
        self._harmonies: dict[int, _Harmony] = {}
        self._bar_ticks = chart.bar_ticks
        self._top_ticks = chart.tops
        self._top_bars = [chart.bar_of(tick) for tick in chart.tops]
        self._section_ticks = [tick for tick, _ in chart.sections]
        self._section_bars = [chart.bar_of(tick) for tick in self._section_ticks]
        self._change_ticks = [tick for tick, _ in chart.changes]
        self._roots: list[int] = []
        root = self._tonic if self._tonic != NO_KEY else 0
        for _, chord in chart.changes:
            root = chord.root_pc if chord is not None else root
            self._roots.append(root)

    def place(self, step: int) -> Place:
        """What is at a step from the start of the chart (>= 0), which repeats without end."""
        inside = self._chart.place(step * TICKS_PER_STEP)
        found = self._places.get(inside)
        if found is None:
            if len(self._places) >= MOST_KEPT:  # a chart may be a whole evening's
                self._places.clear()
                self._harmonies.clear()
            found = self._places[inside] = self._look(inside)
        return found

    def root_pc(self, step: int) -> int:
        """`place(step).root_pc` alone, against which a token's pitch is written."""
        tick = self._chart.place(step * TICKS_PER_STEP)
        return self._roots[bisect_right(self._change_ticks, tick) - 1]

    def chorus(self, step: int) -> int:
        """Which chorus: 0 the lead-in, 1 .. the first ones, CHORUSES - 1 all later ones."""
        tick = step * TICKS_PER_STEP
        if tick < self._chart.length_tick:  # tops are beginnings of bars
            return min(bisect_right(self._top_ticks, tick), CHORUSES - 1)
        bar = self._chart.bar_of(tick)
        return min(self._chart.chorus_and_bar(bar)[0] + 1, CHORUSES - 1)

    def tones(self, step: int) -> frozenset[int]:
        """Pitch classes of the chord; all twelve where there is none."""
        chord = self._chart.chord_at(step * TICKS_PER_STEP)
        return frozenset(chord.tone_pcs) if chord is not None else frozenset(range(12))

    def _look(self, tick: int) -> Place:
        change = bisect_right(self._change_ticks, tick) - 1
        harmony = self._harmonies.get(change)
        if harmony is None:
            harmony = self._harmonies[change] = self._harmony(change)
        bar = bisect_right(self._bar_ticks, tick) - 1
        bar_tick, end_tick = self._bar_ticks[bar], self._chart.bar_tick(bar + 1)
        position = (tick - bar_tick) // TICKS_PER_STEP
        inside = position
        if inside >= BAR_STEPS:
            inside = BAR_STEPS - STEPS_PER_BEAT + inside % STEPS_PER_BEAT
        chorus = bisect_right(self._top_ticks, tick) - 1
        top, top_bar = (0, 0) if chorus < 0 else (self._top_ticks[chorus], self._top_bars[chorus])
        section = bisect_right(self._section_ticks, tick) - 1
        section_bar = max(top_bar, self._section_bars[section]) if section >= 0 else top_bar
        to_change = (harmony.next_tick - tick) // TICKS_PER_STEP
        return Place(
            root_pc=harmony.root_pc,
            chord_class=harmony.chord_class,
            bass=harmony.bass,
            next_root_pc=harmony.next_root_pc,
            next=harmony.next,
            after=harmony.after,
            change=bisect_left(CHANGE_STEPS, to_change),
            position=inside,
            bar=(bar - top_bar) % 4,
            section_bar=min(bar - section_bar, SECTION_BARS - 1),
            tonality=harmony.tonality,
            tonic_pc=harmony.tonic_pc,
            chorus_step=(tick - top) // TICKS_PER_STEP,
            bar_steps=max(1, (end_tick - bar_tick) // TICKS_PER_STEP),
            bar_position=position,
        )

    def _harmony(self, change: int) -> _Harmony:
        chart = self._chart
        tick, chord = chart.changes[change]
        root = self._roots[change]
        next_tick, following = chart.next_change(tick)
        _, later = chart.next_change(next_tick)
        tonic = self._tonic if self._tonic != NO_KEY else root
        return _Harmony(
            root_pc=root,
            chord_class=class_of(chord),
            bass=(chord.bass_pc - root) % 12 if chord is not None else 0,
            next_root_pc=following.root_pc if following is not None else root,
            next=_coming(root, following),
            after=_coming(root, later),
            tonality=(root - tonic) % 12 + 12 * self._is_minor,
            tonic_pc=tonic,
            next_tick=next_tick,
        )


def _coming(root: int, chord: Chord | None) -> int:
    motion = (chord.root_pc - root) % 12 if chord is not None else NO_MOTION
    return motion * len(CLASSES) + class_of(chord)


def form_layout() -> dict[str, object]:
    """What a trained cell relies on here; part of the grammar's fingerprint."""
    return {
        "classes": list(CLASSES),
        "bar_steps": BAR_STEPS,
        "change_steps": list(CHANGE_STEPS),
        "section_bars": SECTION_BARS,
        "choruses": CHORUSES,
    }
