"""What comes again within the stretch: cells, bars, heads of phrases; how far the line can be packed."""

from __future__ import annotations

from math import log2

import numpy as np

from improv.features.counting import LEAST_WIDTH, Flags, Rows, grams, over
from improv.features.lines import Lines
from improv.features.notes import Floats, Integers

_CELL, _PATTERN, _STUCK_NOTES, _HEAD = 3, 4, 8, 3
_NEAR_STEPS = 24


def repetition(lines: Lines) -> dict[str, Floats]:
    """The family "repetition"."""
    ioi, interval = np.minimum(lines.ioi, 60), np.clip(lines.interval, -24, 24)
    pitch, way = lines.pitch, np.sign(interval)
    cells = grams([ioi], _CELL)
    uneven = (ioi[:, :-2] != ioi[:, 1:-1]) | (ioi[:, 1:-1] != ioi[:, 2:])
    shaped = grams([ioi, way], _CELL)
    each, both, rhythms, shapes = _heads(
        lines, grams([ioi, way], _HEAD), cells, grams([way], _HEAD)
    )
    bars, onsets = _by_bar(lines)
    found = {
        "rhythm cells again": lines.again(cells),
        "uneven rhythm cells again": np.nan_to_num(lines.again(cells, uneven)),
        "cells again with their contour": lines.again(shaped),
        "uneven cells again with their contour": np.nan_to_num(lines.again(shaped, uneven)),
        "cells again with their intervals": lines.again(grams([ioi, interval], _CELL)),
        "cells again within two beats": _near(lines, cells),
        "four intervals again": lines.again(grams([interval], _PATTERN)),
        "four pitches again": lines.again(grams([pitch], _PATTERN)),
        "two pitches again": lines.again(grams([pitch], 2)),
        "contours of five again": lines.again(grams([way], 5)),
        "stuck on two pitches": lines.share(on_two_pitches(pitch, _STUCK_NOTES)),
        "bars like the bar before": _alike(bars, onsets, 1),
        "bars like two bars before": _alike(bars, onsets, 2),
        **each.shares(
            {
                "phrases begin like the last": both[:, 1:] == both[:, :-1],
                "phrases begin in its rhythm": rhythms[:, 1:] == rhythms[:, :-1],
                "phrases begin in its shape": shapes[:, 1:] == shapes[:, :-1],
            }
        ),
        "heads of phrases again": each.again(both),
        "rhythm, packed": _packed(lines, ioi),
        "intervals, packed": _packed(lines, interval),
        "rhythm and contour, packed": _packed(lines, grams([ioi, way], 1)),
        "next pitch heard in eight": _heard(lines, pitch, 8),
        "next interval heard in eight": _heard(lines, interval, 8),
        "next step heard in eight": _heard(lines, ioi, 8),
    }
    some = lines.counts > 1
    return {name: np.where(some, values, np.nan) for name, values in found.items()}


def _heads(lines: Lines, *of: Integers) -> tuple[Rows, Integers, Integers, Integers]:
    """The phrases that have more notes than a head after their first, and what stands at each."""
    whole = lines.heads()
    whole &= np.arange(lines.width) + _HEAD < lines.counts[:, None]
    each, first = lines.picked(whole)
    both, rhythms, shapes = (np.take_along_axis(values, first, axis=1) for values in of)
    return each, both, rhythms, shapes


def _near(lines: Lines, cells: Integers) -> Floats:
    """How many cells began at most two beats before."""
    there = lines.there(cells)
    # What is not there sorts after all else; so those that are there stay in front.
    order = np.lexsort((cells, ~there), axis=1)
    cells = np.take_along_axis(cells, order, axis=1)
    onset = np.take_along_axis(lines.onset, order, axis=1)
    near = np.diff(onset) <= _NEAR_STEPS
    near &= (cells[:, 1:] == cells[:, :-1]) & there[:, 1:]
    return over(near.sum(1), there.sum(1))


def _by_bar(lines: Lines) -> tuple[Rows, Flags]:
    """The bars of each stretch, and (k, bars, places) whether a note begins at a place of a bar."""
    bar, counts = lines.bars()
    bars = Rows(counts, int(counts.max(initial=LEAST_WIDTH)))
    onsets = np.zeros((len(counts), bars.width, int(lines.bar_steps.max(initial=1))), bool)
    row, at = lines.there(bar).nonzero()
    place = lines.onset % lines.bar_steps
    onsets[row, bar[row, at], place[row, at]] = True
    return bars, onsets


def _alike(bars: Rows, onsets: Flags, lag: int) -> Floats:
    """How much of what either of two bars has both have, mean over pairs in which there is something."""
    one, other = onsets[:, :-lag], onsets[:, lag:]
    common, either = (one & other).sum(2), (one | other).sum(2)
    some: Flags = np.asarray(onsets.any(2))
    return bars.mean(common / np.maximum(either, 1), some[:, :-lag] & some[:, lag:])


def on_two_pitches(pitch: Integers, notes: int) -> Flags:
    """(..., windows) whether each window of so many successive notes has one or two different pitches."""
    if pitch.shape[-1] < notes:
        return np.zeros((*pitch.shape[:-1], 0), bool)
    windows = np.lib.stride_tricks.sliding_window_view(pitch, notes, axis=-1)
    low, high = windows.min(axis=-1)[..., None], windows.max(axis=-1)[..., None]
    both: Flags = ((windows == low) | (windows == high)).all(axis=-1)
    return both


def _packed(lines: Lines, symbols: Integers) -> Floats:
    """Phrases of Ziv and Lempel (1978) against those of as many different symbols: small packs well."""
    found = []
    for row, count in zip(symbols.tolist(), (lines.counts - 1).tolist(), strict=True):
        if count < 4:
            found.append(np.nan)
            continue
        root: dict[int, dict] = {}
        at, words = root, 0
        for symbol in row[:count]:
            longer = at.get(symbol)
            if longer is None:
                at[symbol], at = {}, root
                words += 1
            else:
                at = longer
        found.append(words / count * log2(count))
    return np.array(found)


def _heard(lines: Lines, symbols: Integers, back: int) -> Floats:
    """How many stood among the `back` before."""
    windows = np.lib.stride_tricks.sliding_window_view(symbols, back + 1, axis=1)
    return lines.share((windows[..., :-1] == windows[..., -1:]).any(axis=2))
