"""One token of the seed's grammar: `K,D` or `K,D,<U,L>`.

K   C chord tone, S scale tone, A approach tone, X none of these, R rest
D   length in quarter notes, a decimal: 0.250, 0.333 (a third), 0.5
U,L interval names: how far above and below the previous note this one may lie
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from improv.course.interval import read_range
from improv.errors import ModelError

_TOKEN = re.compile(r"([CSAXR]),(\d+(?:\.\d*)?|\.\d+)(?:,(<[^<>]+>))?")


@dataclass(frozen=True, slots=True)
class SeedToken:
    """A token's fields. `length_text` as written; `reach` is (upper, lower) semitones, or None."""

    kind: str
    length_text: str
    reach: tuple[int, int] | None
    range_text: str = ""

    @property
    def length(self) -> Fraction:
        """The decimal as it stands, in quarter notes: 0.333 is 333/1000."""
        return Fraction(self.length_text)

    @property
    def exact_length(self) -> Fraction:
        """What the decimal stands for, in quarter notes: 0.333 is a third, 0.667 two."""
        return self.length.limit_denominator(16)

    def with_length(self, length_text: str) -> SeedToken:
        """The same token with another length."""
        return SeedToken(self.kind, length_text, self.reach, self.range_text)

    def __str__(self) -> str:
        tail = f",{self.range_text}" if self.range_text else ""
        return f"{self.kind},{self.length_text}{tail}"


def parse_token(text: str) -> SeedToken:
    """Read a token such as `C,0.250,<m2,P-4>`."""
    match = _TOKEN.fullmatch(text)
    if match is None:
        raise ModelError(
            f"Cannot read the token {text!r}: "
            "expected kind, length and range, e.g. 'C,0.250,<m2,P-4>'."
        )
    kind, length, range_text = match[1], match[2], match[3] or ""
    return SeedToken(kind, length, read_range(range_text) if range_text else None, range_text)


def parse_tokens(text: str) -> list[SeedToken]:
    """Read tokens joined by spaces."""
    return [parse_token(each) for each in text.split()]
