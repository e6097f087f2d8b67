"""A table of figures as text, as wide as it may be: what stands at the left is broken between words."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

_LEAST_LABEL = 24


def lines_of(
    rows: Sequence[Sequence[str]], width: int | None = None, *, last_left: bool = False
) -> list[str]:
    """The lines of a table of `rows` with as many cells each, the first to the left, the others to the right.

    `width`: of the terminal; the labels are broken where the rows were longer. `last_left`: the last column
    stands to the left too.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if width is not None:
        others = sum(widths[1:]) + 2 * len(widths[1:])
        widths[0] = min(widths[0], max(_LEAST_LABEL, width - others))
    lines = []
    for label, *cells in rows:
        texts = [cell.rjust(room) for cell, room in zip(cells, widths[1:], strict=True)]
        if last_left:
            texts[-1] = cells[-1]
        *above, last = textwrap.wrap(label, widths[0], break_on_hyphens=False) or [""]
        lines += [*above, "  ".join([last.ljust(widths[0]), *texts]).rstrip()]
    return lines
