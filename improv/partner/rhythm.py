"""What rhythm was meant: where notes were to begin that a hand played early or late.

    steps as heard ── every way in which they could have been meant ──> the likeliest wait after each note,
                                                                        and how likely it is

Either most notes stand where they were meant, or the hand slips: which of the two makes more of what people
play is what counts. Each is a hidden Markov model over the steps near the heard ones, with people's waits in
between (forward and backward: L. R. Rabiner, "A Tutorial on Hidden Markov Models", 1989).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from improv.music.note import STEPS_PER_BEAT

_SLIP_MS, _MOST_MS = 35.0, 65.0
"""How far a hand that slips is usually off, and at the most."""
_SELDOM = 0.03
"""How many notes are off where a hand does not slip."""
_WAITS = """
    319 6:38 12:12 3:12 8:9 4:9 9:4 2:4 18:3 24:2
      2 1:54 2:17 3:15 4:8 5:3 7:2 9:1
     26 2:44 3:15 1:14 4:11 8:8 6:5 5:1
     79 3:49 6:38 1:5 9:2 2:1
     59 4:62 2:21 8:4 1:3 6:3
     10 2:74 1:17 5:3 4:3 3:3
    250 6:52 3:19 12:6 2:5 9:3 18:2 4:2 10:1
     10 3:57 1:24 2:16 4:2
     83 4:44 2:22 10:8 1:6 7:6 8:3 16:3
    114 3:46 9:14 6:12 1:7 7:4 15:3 5:3 12:2 21:1
     43 2:47 5:10 4:10 8:9 1:8 6:4 14:2 11:1
      5 1:56 3:17 4:7 2:6 7:3 5:2 10:1"""
"""A row for each step of the beat: how many notes in a thousand begin there, and after how many steps the
next one, in percent. Counted in the training split of the Weimar Jazz Database."""
_LONGEST = 49
"""All longer waits are alike."""


def _likely() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    begin, wait = np.zeros(STEPS_PER_BEAT), np.zeros((STEPS_PER_BEAT, _LONGEST + 1))
    for step, row in enumerate(_WAITS.split("\n")[1:]):
        thousandth, *waits = row.split()
        begin[step] = float(thousandth)
        for each in waits:
            steps, percent = each.split(":")
            wait[step, int(steps)] = float(percent)
    wait += 0.06
    wait[:, 0] = 0.0
    return begin / begin.sum(), wait / wait.sum(axis=1, keepdims=True)


_BEGINS, _FOLLOWS = _likely()


class Meant(NamedTuple):
    """The rhythm of n notes, as it was probably meant."""

    first_step: int
    """Of its first note."""
    waits: list[int]
    """(n - 1) steps from each note to the next."""
    sure: list[float]
    """(n - 1) logarithm of how likely that wait is, give or take a step."""


def meant(onsets: Sequence[int], tempo_bpm: float) -> Meant:
    """Of notes that were heard at these steps, one or more, in order; two at one step are a step apart."""
    onsets = [
        at + most
        for at, most in enumerate(accumulate((onset - at for at, onset in enumerate(onsets)), max))
    ]
    step_ms = 60_000 / tempo_bpm / STEPS_PER_BEAT
    most = max(1, round(_MOST_MS / step_ms))
    off = np.arange(-most, most + 1)
    slips = np.exp(-0.5 * (off * step_ms / _SLIP_MS) ** 2)
    slips /= slips.sum()
    steps = np.array(onsets)[:, None] + off
    waits = steps[1:, None, :] - steps[:-1, :, None]
    follows = np.where(
        waits > 0, _FOLLOWS[(steps[:-1] % STEPS_PER_BEAT)[:, :, None], waits.clip(0, _LONGEST)], 0.0
    )
    begins = _BEGINS[steps[0] % STEPS_PER_BEAT]
    ways = [
        _forward(begins, follows, (1.0 - share) * (off == 0) + share * slips)
        for share in (_SELDOM, 1.0)
    ]
    _, forward, follows = max(ways, key=lambda way: way[0])
    after = np.ones(len(off))
    found, sure = [], []
    for at in range(len(follows) - 1, -1, -1):
        pairs = forward[at][:, None] * follows[at] * after
        pairs /= pairs.sum()
        after = follows[at] @ after
        after /= after.sum()
        by_wait = np.bincount(waits[at].clip(0).ravel(), pairs.ravel())
        wait = int(by_wait.argmax())
        found.append(wait)
        sure.append(math.log(max(1e-9, by_wait[wait - 1 : wait + 2].sum())))
    return Meant(int(steps[0][int((forward[0] * after).argmax())]), found[::-1], sure[::-1])


def _forward(
    begins: NDArray[np.float64], follows: NDArray[np.float64], slips: NDArray[np.float64]
) -> tuple[float, list[NDArray[np.float64]], NDArray[np.float64]]:
    """(logarithm of how likely all of it is, where each note was meant as known from what came before, waits
    and slips together)."""
    here = begins * slips
    follows = follows * slips
    likely, found = math.log(here.sum()), [here / here.sum()]
    for each in follows:
        here = found[-1] @ each
        likely += math.log(here.sum())
        found.append(here / here.sum())
    return likely, found, follows
