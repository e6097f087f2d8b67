"""Numbers as options take them; what is none, or is out of range, is refused in words and with an example.

'fast', for --tempo  ->  expected a number from 20 to 400 bpm, such as 140, not 'fast'
"""

from __future__ import annotations

import math
from typing import Any

import click


class _InWords:
    """Mixed into click's ranges, of which both ends belong to the range."""

    what = "a number"

    def __init__(
        self,
        low: float | None = None,
        high: float | None = None,
        *,
        unit: str = "",
        such_as: float | None = None,
        automatic: bool = False,
    ) -> None:
        """`such_as` is an example, None: the least; `automatic`: "auto" is as if it had not been given."""
        super().__init__(low, high)  # type: ignore[call-arg]  # of the range, which is the next class
        self.low, self.high = low, high
        self.unit, self.automatic = unit, automatic
        self.such_as = low if such_as is None else such_as

    def expected(self) -> str:
        """What is expected, as the end of a sentence."""
        ends = (("from", self.low), ("to", self.high))
        parts = [self.what, *(f"{word} {end:g}" for word, end in ends if end is not None)]
        if self.unit:
            parts.append(self.unit)
        example = f", such as {self.such_as:g}" if self.such_as is not None else ""
        return f"expected {' '.join(parts)}{example}{', or auto' if self.automatic else ''}"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number, None for "auto"; fails as click's types do."""
        if self.automatic and value == "auto":
            return None
        try:
            number = super().convert(value, param, ctx)  # type: ignore[misc]  # as above
        except click.BadParameter:
            number = math.nan
        if not math.isfinite(number):  # nan compares as inside any range
            raise click.BadParameter(f"{self.expected()}, not {str(value)!r}.", ctx, param)
        return number


class Number(_InWords, click.FloatRange):
    """A number."""


class Whole(_InWords, click.IntRange):
    """A whole number."""

    what = "a whole number"
