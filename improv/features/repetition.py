"""What comes again within the stretch: cells, bars, heads of phrases; how far the line can be packed."""

from __future__ import annotations

import numpy as np

from improv.features.counting import NOTHING, again, grams, mean, share
from improv.features.notes import Integers, Notes
from improv.features.phrases import heads

_CELL, _PATTERN, _STUCK_NOTES, _HEAD = 3, 4, 8, 3


def repetition(notes: Notes) -> dict[str, float]:
    """The family "repetition"."""
    if len(notes) < 2:
        return {}
    ioi, interval = np.minimum(notes.ioi, 60), np.clip(notes.interval, -24, 24)
    way = np.sign(interval)
    cells = grams([ioi], _CELL)
    uneven = _uneven(ioi)
    shaped = grams([ioi, way], _CELL)
    exact = grams([ioi, interval], _CELL)
    first = heads(notes)
    whole = first[first + _HEAD < len(notes)]
    rhythms = grams([ioi], _HEAD)[whole] if len(whole) else np.zeros(0, np.int64)
    shapes = grams([way], _HEAD)[whole] if len(whole) else np.zeros(0, np.int64)
    both = grams([ioi, way], _HEAD)[whole] if len(whole) else np.zeros(0, np.int64)
    onsets = [frozenset(row) for row in _by_bar(notes.onset % notes.bar_steps, notes)]
    return {
        "rhythm cells again": share(again(cells)),
        "uneven rhythm cells again": share(again(cells[uneven])) if uneven.any() else 0.0,
        "cells again with their contour": share(again(shaped)),
        "uneven cells again with their contour": share(again(shaped[uneven]))
        if uneven.any()
        else 0.0,
        "cells again with their intervals": share(again(exact)),
        "cells again within two beats": share(_near(cells, notes.onset[: len(cells)], 24)),
        "four intervals again": share(again(grams([interval], _PATTERN))),
        "four pitches again": share(again(grams([notes.pitch], _PATTERN))),
        "two pitches again": share(again(grams([notes.pitch], 2))),
        "contours of five again": share(again(grams([way], 5))),
        "stuck on two pitches": share(on_two_pitches(notes.pitch, _STUCK_NOTES)),
        "bars like the bar before": _alike(onsets, 1),
        "bars like two bars before": _alike(onsets, 2),
        "phrases begin like the last": share(both[1:] == both[:-1]),
        "phrases begin in its rhythm": share(rhythms[1:] == rhythms[:-1]),
        "phrases begin in its shape": share(shapes[1:] == shapes[:-1]),
        "heads of phrases again": share(again(both)),
        "rhythm, packed": _packed(ioi),
        "intervals, packed": _packed(interval),
        "rhythm and contour, packed": _packed(grams([ioi, way], 1)),
        "next pitch heard in eight": _heard(notes.pitch, 8),
        "next interval heard in eight": _heard(interval, 8),
        "next step heard in eight": _heard(ioi, 8),
    }


def _uneven(ioi: Integers) -> np.ndarray:
    """(n - 2,) cells of three steps that are not all alike."""
    if len(ioi) < _CELL:
        return np.zeros(0, bool)
    return (ioi[:-2] != ioi[1:-1]) | (ioi[1:-1] != ioi[2:])


def _near(cells: Integers, onset: Integers, steps: int) -> np.ndarray:
    """(n,) whether the same cell began at most so many steps before."""
    order = np.argsort(cells, kind="stable")
    close = np.zeros(len(cells), bool)
    same = cells[order][1:] == cells[order][:-1]
    close[order[1:]] = same & (onset[order][1:] - onset[order][:-1] <= steps)
    return close


def _by_bar(places: Integers, notes: Notes) -> list[list[int]]:
    bar = notes.onset // notes.bar_steps
    rows: list[list[int]] = [[] for _ in range(int(bar[-1] - bar[0]) + 1)]
    for at, place in zip((bar - bar[0]).tolist(), places.tolist(), strict=True):
        rows[at].append(place)
    return rows


def _alike(bars: list[frozenset[int]], lag: int) -> float:
    """How much of what either of two bars has both have, mean over pairs in which there is something."""
    found = [
        len(one & other) / len(one | other)
        for one, other in zip(bars, bars[lag:], strict=False)
        if one and other
    ]
    return mean(np.array(found)) if found else NOTHING


def on_two_pitches(pitch: Integers, notes: int) -> np.ndarray:
    """(windows,) whether each window of so many successive notes has one or two different pitches."""
    if len(pitch) < notes:
        return np.zeros(0, bool)
    windows = np.lib.stride_tricks.sliding_window_view(pitch, notes)
    low, high = windows.min(axis=1)[:, None], windows.max(axis=1)[:, None]
    both: np.ndarray = ((windows == low) | (windows == high)).all(axis=1)
    return both


def _packed(symbols: Integers) -> float:
    """Phrases of Ziv and Lempel (1978) against those of as many different symbols: small packs well."""
    if len(symbols) < 4:
        return NOTHING
    known: set[tuple[int, int]] = set()
    names: dict[tuple[int, int], int] = {}
    at, count = 0, 0
    for symbol in symbols.tolist():
        key = (at, symbol)
        if key in known:
            at = names[key]
            continue
        known.add(key)
        names[key] = len(names) + 1
        at, count = 0, count + 1
    return count / len(symbols) * float(np.log2(len(symbols)))


def _heard(symbols: Integers, back: int) -> float:
    """How many stood among the `back` before."""
    if len(symbols) <= back:
        return NOTHING
    windows = np.lib.stride_tricks.sliding_window_view(symbols, back + 1)
    return share((windows[:, :-1] == windows[:, -1:]).any(axis=1))
