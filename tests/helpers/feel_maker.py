"""Feels made by hand, for tests."""

from __future__ import annotations

from improv.feel.model import Feel, PlayerFeel
from improv.feel.tables import GAPS, LENGTH, LOUDNESS, SPREAD, TIMING, Block, Shapes, Sum
from improv.music.note import STEPS_PER_BEAT


def made_sum(shapes: Shapes, first: dict[int, int] | int = 0) -> Sum:
    """Tables of these shapes: `first` gives rows of the first (thousandths), all else is 0."""
    blocks = []
    for number, (name, n, tempi) in enumerate(shapes):
        values = [0] * n
        if number == 0:
            values = [first] * n if isinstance(first, int) else [first.get(i, 0) for i in range(n)]
        blocks.append(Block(name, tempi, tuple((value,) * len(tempi) for value in values)))
    return Sum(tuple(blocks))


def made_feel(
    late: dict[int, int] | int = 0,
    spread: int = 0,
    loud: dict[int, int] | int = 0,
    length: int = 800,
    players: dict[str, PlayerFeel] | None = None,
) -> Feel:
    """`late` and `spread` in thousandths of a beat by step, `loud` in those of a standard deviation."""
    assert len(TIMING[0][2]) > 1
    assert TIMING[0][1] == STEPS_PER_BEAT
    return Feel(
        timing=made_sum(TIMING, late),
        spread=made_sum(SPREAD, spread),
        follows=(0.4,) * GAPS,
        loudness=made_sum(LOUDNESS, loud),
        mood=(0.0, 0.9),
        length=made_sum(LENGTH, length),
        legato=(0.95,) * GAPS,
        sd_db=6.4,
        players=players or {},
        about={"source": "a test"},
    )
