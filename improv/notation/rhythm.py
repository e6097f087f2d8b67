"""A bar of sounds and silences -> the note values that write it: ties, dots, triplets, beams.

Input -> output:  spans that fill a bar (12 steps a quarter)  ->  Value, Value, ...

    0 ... 8 ... 12          a quarter and an eighth of a triplet
    6 .............. 30     in 4/4: a dotted quarter tied to an eighth, so that beat 3 is visible

How values are grouped follows Gould, *Behind Bars* (Faber, 2011), "Grouping of rhythms": the middle of a 4/4
bar and the groups of 5/4, 7/4 and 6/8 stay visible, a value may hide the beat around which it is symmetrical
(eighth quarter eighth), and rests hide nothing. Every rhythm on the grid can be written: a beat is plain if
everything falls on its sixteenths, one triplet if everything falls on that, and otherwise each half is
considered by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from improv.music.meter import Meter
from improv.music.note import STEPS_PER_BEAT

_SIXTEENTH = 3

_PLAIN = {48: "whole", 24: "half", 12: "quarter", 6: "eighth", 3: "16th", 1.5: "32nd"}
_DOTTED = {steps * 3 / 2: name for steps, name in _PLAIN.items()}
_BEAMS = {"eighth": 1, "16th": 2, "32nd": 3}

# How strong a place is: a note may not hide a place that is stronger than the one where it begins.
_BEAT, _MIDDLE, _GROUP = 2, 3, 4


@dataclass(frozen=True, slots=True)
class Span:
    """`item`, a number, sounds from `start` to `end` (steps within the bar); None: silence.

    `before`: it comes from the bar before. `after`: it continues into the next.
    """

    start: int
    end: int
    item: int | None
    before: bool = False
    after: bool = False


@dataclass(slots=True)
class Value:
    """One written note or rest. `tuplet` is "" or the type of three in the time of two ("eighth")."""

    start: int
    end: int
    item: int | None
    type: str
    dots: int = 0
    tuplet: str = ""
    opens: bool = False
    """Whether the tuplet begins here."""
    closes: bool = False
    bracket: bool = False
    tied_from: bool = False
    tied_to: bool = False
    beams: tuple[str, ...] = ()
    """"begin", "continue", "end", "forward hook" or "backward hook" of each beam, the eighths' first."""


def groups_of(meter: Meter) -> tuple[int, ...]:
    """The beats in each group that is read at a glance: 4/4 is one group, 5/4 is 3+2, 6/8 is 3+3."""
    beats = meter.beats_per_bar
    if beats % 3 == 0:
        return (3,) * (beats // 3)
    fours, rest = divmod(beats, 4)
    if rest == 1 and fours:
        return (4,) * (fours - 1) + (3, 2)
    return (4,) * fours + ((rest,) if rest else ())


class _Grid:
    """The places of a bar of `steps` steps, and how strong each is."""

    def __init__(self, meter: Meter, steps: int) -> None:
        self.steps = steps
        self.beat = 4 * STEPS_PER_BEAT // meter.beat_unit
        self.compound = meter.beat_unit >= 8 and meter.beats_per_bar % 3 == 0
        self.cell = min(self.beat, STEPS_PER_BEAT)
        """Triplets are looked for in cells of this many steps."""
        edges, middles = [0], set()
        for beats in groups_of(meter):
            if beats == 4:
                middles.add(edges[-1] + 2 * self.beat)
            edges.append(edges[-1] + beats * self.beat)
        self.edges = sorted({min(edge, steps) for edge in edges} | {steps})
        self._strength = [self._measure(place, middles) for place in range(steps + 1)]

    def _measure(self, place: int, middles: set[int]) -> int:
        if place in self.edges:
            return _GROUP
        if place in middles:
            return _MIDDLE
        strength, unit = _BEAT, self.beat
        while place % unit and unit > 1:
            unit //= 2
            strength -= 1
        return strength

    def strength(self, place: int) -> int:
        return self._strength[place]

    def _hides_group(self, start: int, end: int) -> bool:
        inside = any(start < edge < end for edge in self.edges)
        return inside and not (start in self.edges and end in self.edges)

    def may_be_note(self, start: int, end: int) -> bool:
        """Whether one symbol may last from `start` to `end`."""
        length = end - start
        if (length not in _PLAIN and length not in _DOTTED) or self._hides_group(start, end):
            return False
        here, there = self.strength(start), self.strength(end)
        hidden = [self.strength(p) for p in range(start + 1, end) if self.strength(p) > here]
        if not hidden:
            return True
        if max(hidden) > here + 1:
            return False
        about_it = len(hidden) == 1 and self.strength((start + end) // 2) == here + 1
        return (about_it and there == here) or there >= here + 1

    def may_be_rest(self, start: int, end: int) -> bool:
        length = end - start
        if self.compound and length == 3 * self.beat and start in self.edges and length in _DOTTED:
            return True
        if length not in _PLAIN or self._hides_group(start, end):
            return False
        here, there = self.strength(start), self.strength(end)
        if length > self.beat and min(here, there) < _MIDDLE:
            return False
        return all(self.strength(p) < here for p in range(start + 1, end))

    def weakest_cut(self, start: int, end: int) -> int:
        """Where to cut what cannot be one symbol: at the strongest place inside."""
        return max(range(start + 1, end), key=lambda place: (self.strength(place), -place))


@lru_cache(maxsize=64)
def _grid(meter: Meter, steps: int) -> _Grid:
    return _Grid(meter, steps)


@lru_cache(maxsize=16384)
def _plain_cuts(meter: Meter, steps: int, start: int, end: int, rest: bool) -> tuple[int, ...]:
    """Where the symbols of a plain stretch begin."""
    grid = _grid(meter, steps)
    if (grid.may_be_rest if rest else grid.may_be_note)(start, end):
        return (start,)
    cut = grid.weakest_cut(start, end)
    return _plain_cuts(meter, steps, start, cut, rest) + _plain_cuts(meter, steps, cut, end, rest)


@dataclass(frozen=True, slots=True)
class _Region:
    """A stretch of the bar that is plain (`third` 0) or one tuplet of three times `third` steps."""

    start: int
    end: int
    third: int = 0


def _regions(meter: Meter, steps: int, places: Sequence[int]) -> list[_Region]:
    """The bar in plain stretches and triplets, given the places where something begins."""
    grid = _grid(meter, steps)
    found: list[_Region] = []
    at = 0
    while at < steps:
        for length in (4 * grid.cell, 2 * grid.cell):
            if grid.cell == STEPS_PER_BEAT and _is_broad(grid, places, at, length):
                found.append(_Region(at, at + length, length // 3))
                break
        else:
            length = grid.cell
            while at + length > steps:
                length = 6 if length > 6 else 3
            found += _cell(at, length, [p - at for p in places if at < p < at + length])
        at = found[-1].end
    merged: list[_Region] = []
    for region in found:
        if merged and not merged[-1].third and not region.third:
            region = _Region(merged.pop().start, region.end)
        merged.append(region)
    return merged


def _is_broad(grid: _Grid, places: Sequence[int], at: int, length: int) -> bool:
    """Whether a triplet of quarters or halves begins here: its three notes and nothing else."""
    third = length // 3
    if [p - at for p in places if at < p < at + length] != [third, 2 * third]:
        return False
    if at + length > grid.steps or any(at < edge < at + length for edge in grid.edges):
        return False
    inside = [grid.strength(p) for p in range(at + 1, at + length)]
    return max(inside) < _MIDDLE or grid.strength(at) == _GROUP


def _cell(at: int, length: int, inside: list[int]) -> list[_Region]:
    if all(place % _SIXTEENTH == 0 for place in inside):
        return [_Region(at, at + length)]
    third, half = length // 3, length // 2
    on_thirds = [place for place in inside if place % third == 0]
    divides = half not in inside and all(2 * place % third == 0 for place in inside)
    # A sixteenth has only its thirds; elsewhere, what is not a triplet is two halves.
    if len(on_thirds) == len(inside) or (on_thirds and divides) or length == _SIXTEENTH:
        return [_Region(at, at + length, third)]
    return _cell(at, half, [p for p in inside if p < half]) + _cell(
        at + half, half, [p - half for p in inside if p > half]
    )


def _triplet_cuts(start: int, end: int, region: _Region) -> list[int]:
    """Where the symbols of a stretch within a triplet begin: on its thirds, or half of one."""
    cuts = []
    while start < end:
        cuts.append(start)
        off = (start - region.start) % region.third
        length = end - start
        if off and length > region.third - off:
            start += region.third - off
        elif length * 3 / 2 in _PLAIN or (not off and length * 3 / 2 in _DOTTED):
            break
        else:
            start += length - length % region.third
    return cuts


def write_bar(spans: Sequence[Span], meter: Meter, steps: int) -> list[Value]:
    """The values of one bar of `steps` steps (a multiple of 3); the spans fill it, in order."""
    whole = steps == meter.beats_per_bar * _grid(meter, steps).beat
    if len(spans) == 1 and spans[0].item is None and whole:
        return [Value(0, steps, None, "whole")]  # the rest of a whole bar, whatever the meter
    regions = _regions(meter, steps, [span.start for span in spans[1:]])
    values: list[Value] = []
    at = 0
    for span in spans:
        first = len(values)
        while regions[at].end <= span.start:
            at += 1
        number = at
        while number < len(regions) and regions[number].start < span.end:
            region = regions[number]
            start, end = max(span.start, region.start), min(span.end, region.end)
            if region.third:
                cuts: Sequence[int] = _triplet_cuts(start, end, region)
            else:
                cuts = _plain_cuts(meter, steps, start, end, span.item is None)
            for begin, stop in zip(cuts, [*cuts[1:], end], strict=True):
                values.append(_value(begin, stop, span.item, region))
            number += 1
        if span.item is not None:
            for index in range(first, len(values)):
                values[index].tied_from = span.before or index > first
                values[index].tied_to = span.after or index < len(values) - 1
    _beam(values, meter, steps)
    _bracket(values)
    return values


def _value(start: int, end: int, item: int | None, region: _Region) -> Value:
    length = (end - start) * 3 / 2 if region.third else end - start
    dotted = length in _DOTTED
    value = Value(start, end, item, (_DOTTED if dotted else _PLAIN)[length], int(dotted))
    if region.third:
        value.tuplet = _PLAIN[region.third * 3 / 2]
        value.opens, value.closes = start == region.start, end == region.end
    return value


# -- beams


def _beam(values: Sequence[Value], meter: Meter, steps: int) -> None:
    grid = _grid(meter, steps)
    window: list[Value] = []
    ends_at = 0
    for value in [*values, None]:
        if value is None or value.start >= ends_at:
            _beam_window(window)
            window = []
            if value is not None:
                ends_at = _window_end(values, value.start, grid)
        if value is not None:
            window.append(value)


def _window_end(values: Sequence[Value], start: int, grid: _Grid) -> int:
    """How far a beam from here may go: to the end of the beat, or over four even eighths of half a bar."""
    group_end = next(edge for edge in grid.edges if edge > start)
    if grid.compound or grid.beat < STEPS_PER_BEAT:
        return group_end
    half = 2 * STEPS_PER_BEAT
    if start % half == 0 and grid.beat == STEPS_PER_BEAT and group_end % half == 0:
        four = [v for v in values if start <= v.start < start + half]
        if len(four) == 4 and all(v.type == "eighth" and v.item is not None for v in four):
            return start + half
    return (start // STEPS_PER_BEAT + 1) * STEPS_PER_BEAT


def _beam_window(window: Sequence[Value]) -> None:
    together: list[Value] = []
    for value in [*window, None]:
        if value is not None and value.item is not None and value.type in _BEAMS:
            together.append(value)
            continue
        if len(together) > 1:
            for index in range(len(together)):
                together[index].beams = _beams(together, index)
        together = []


def _beams(group: Sequence[Value], index: int) -> tuple[str, ...]:
    own = _BEAMS[group[index].type]
    before = _BEAMS[group[index - 1].type] if index else 0
    after = _BEAMS[group[index + 1].type] if index + 1 < len(group) else 0
    beams = []
    for level in range(1, own + 1):
        if before >= level and after >= level:
            beams.append("continue")
        elif after >= level:
            beams.append("begin")
        elif before >= level:
            beams.append("end")
        else:
            beams.append("backward hook" if index else "forward hook")
    return tuple(beams)


def _bracket(values: Sequence[Value]) -> None:
    """Whether a tuplet needs a bracket: it does unless one beam holds all of it and nothing else."""
    opened: Value | None = None
    beamed = True
    for value in values:
        if value.opens:
            opened, beamed = value, bool(value.beams) and value.beams[0] == "begin"
        elif value.tuplet and value.beams[:1] not in (("continue",), ("end",)):
            beamed = False
        if value.closes and opened is not None:
            opened.bracket = not (beamed and value.beams[:1] == ("end",))
