"""The tokens of iReal Pro's music, and where the cells of a bar fall in time.

A line of an iReal chart has 16 cells, and a bar as many of them as its bar lines leave it, usually four. A
chord takes one cell, and so does a blank.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from improv.music.chord_tables import SIGNS_READ
from improv.music.meter import Meter

# What a quality may be made of; `improv.music.chord` has the last word.
_QUALITY = (
    r"(?:6/9|sus|alt|add|omit|maj|Maj|min|dim|aug|ma|mi|[-+^ohmMjø°Δb#\d" + SIGNS_READ + "]"
    r"|\([b#+-]?\d{1,4}(?:,?[b#+-]\d{1,4}|,\d{1,4})*,?\))*"
)
TOKEN = re.compile(
    r"(?P<text><[^<>]*>)"
    r"|(?P<packed>LZ|Kcl|XyQ)"
    r"|(?P<end>END)"
    r"|(?P<meter>T\d{2})"
    r"|(?P<ending>N\d)"
    r"|(?P<section>\*[A-Za-z])"
    r"|(?P<line>[|\[\]{}Z])"
    rf"|(?P<chord>(?P<root>[A-G][b#]?)(?P<quality>{_QUALITY})(?:\*(?P<custom>[^*|\[\]{{}}<>]*)\*)?"
    r"(?:/(?P<over>[A-G][b#]?))?)"
    r"|(?P<bass>W(?:/(?P<under>[A-G][b#]?))?)"
    r"|(?P<alternate>\([^()<>|\[\]{}]*(?:\([^()]*\)[^()<>|\[\]{}]*)*\))"
    r"|(?P<cell>[nprx ])"
    r"|(?P<mark>[QSUf])"
    r"|(?P<idle>[slY,*\r\n\t\"])"
)
"""One token. `idle` is size, spacing and what separates; `cell` and `chord` and `bass` take a cell each."""

_USUAL = 4  # cells of a bar

METERS = {"12": "12/8", "22": "2/2", "32": "3/2"}
"""Meters whose two digits are not beats and unit."""


@dataclass
class NextBar:
    """A bar being read: its cells, and what stands over it."""

    cells: list[re.Match[str]] = field(default_factory=list)
    opens: bool = False
    ending: int | None = None
    label: str = ""
    segno: bool = False
    fine: bool = False
    ends: bool = False
    remarks: list[str] = field(default_factory=list)


def is_filled(cells: Sequence[re.Match[str]]) -> bool:
    """Whether anything but blanks is there."""
    return any(cell[0] != " " for cell in cells)


def meter_of(digits: str) -> Meter:
    """The meter of a `T` token; ChartError where there is none such."""
    return Meter.parse(METERS.get(digits, f"{digits[0]}/{digits[1]}"))


def place(cells: Sequence[int], count: int, meter: Meter) -> list[int]:
    """Where in the bar, in ticks, begins what stands in these `cells` (ascending) of a bar of `count` cells.

    1. Where cells divide the pulses of the meter, or pulses the cells, every cell lasts equally long.
    2. Where a bar has a blank or two too many (3/4 in four cells) or one too few (4/4 in three), a cell is a
       pulse.
    3. Else the bar is parted as the cells are, later rather than earlier, so that the longer part comes
       first: the half of a bar of 5/4 is its fourth beat.

    Two in one place: there are too many; the list is then not ascending.
    """
    pulses, pulse_tick = meter.beats_per_bar, meter.ticks_per_beat
    if meter.is_compound:
        dotted = pulses // 3
        if pulses % count or count < dotted or count % dotted == 0:  # else the cells are eighths
            pulses, pulse_tick = dotted, 3 * pulse_tick
    used = cells[-1] + 1
    if count > pulses and count % pulses:
        if used <= pulses:
            count = pulses
        elif count > _USUAL:
            count = -(-count // pulses) * pulses
    elif count == pulses - 1 and pulses == _USUAL:
        count = pulses
    if count % pulses == 0 or pulses % count == 0:
        ticks = [cell * pulses * pulse_tick // count for cell in cells]
    else:
        ticks = _parted(cells, count, pulses, pulse_tick)
        if len(set(ticks)) < len(ticks) and not pulse_tick % 2:
            ticks = _parted(cells, count, 2 * pulses, pulse_tick // 2)
    if meter.is_compound:  # no chord between eighths
        grain = meter.ticks_per_beat
        ticks = [-(-tick // grain) * grain for tick in ticks]
    return ticks


def _parted(cells: Sequence[int], count: int, pulses: int, pulse_tick: int) -> list[int]:
    ticks = [-(-cell * pulses // count) * pulse_tick for cell in cells]
    latest = pulses * pulse_tick
    for at in range(len(ticks) - 1, -1, -1):  # what would fall behind the bar comes forward
        latest = ticks[at] = max(0, min(ticks[at], latest - pulse_tick))
    return ticks


def most_places(meter: Meter) -> int:
    """How many chords a bar may have: one on each half of a beat."""
    return 2 * meter.beats_per_bar


def says_meter(meter: Meter) -> bool:
    """Whether a `T` token is this meter."""
    digits = f"{meter.beats_per_bar}{meter.beat_unit}"
    return str(meter) in METERS.values() or (len(digits) == 2 and digits not in METERS)


def counts_of(meter: Meter) -> list[int]:
    """How many cells a bar may be written in, the usual number first: beats, or halves of them."""
    return list(dict.fromkeys((_USUAL, meter.beats_per_bar, 2 * meter.beats_per_bar)))


def cells_of(ticks: Sequence[int], count: int, meter: Meter) -> list[int]:
    """The cells of a bar of `count` from which these ticks are read; empty where there are none."""
    if len(ticks) > most_places(meter):
        return []
    exact = [tick * count // meter.ticks_per_bar for tick in ticks]
    beats = [tick // meter.ticks_per_beat for tick in ticks]
    for cells in (exact, beats):
        if (
            cells[-1] < count
            and len(set(cells)) == len(cells)
            and place(cells, count, meter) == list(ticks)
        ):
            return cells
    return []
