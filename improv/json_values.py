"""Values from JSON that others may have written: each function gives back what it has made sure of.

For anything else it raises ValueError, with what was expected.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

_MOST = sys.float_info.max


def whole(value: Any, low: int = 0, high: int | None = None, what: str = "a whole number") -> int:
    """Neither true nor 1.0 are whole numbers."""
    if type(value) is not int or value < low or (high is not None and value > high):
        to = "on" if high is None else f"to {high:,}"
        raise _other(f"{what} from {low:,} {to}", value)
    return value


def finite(value: Any, low: float = -_MOST, high: float = _MOST) -> float:
    """A number; whole numbers stay so."""
    if type(value) not in (int, float) or not low <= value <= high:
        limits = "" if (low, high) == (-_MOST, _MOST) else f" from {low:g} to {high:g}"
        raise _other(f"a number{limits}", value)
    return value


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise _other("a text", value)
    return value


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _other("true or false", value)
    return value


def one_of(names: Iterable[str], value: Any) -> str:
    if value not in (known := tuple(names)):
        raise _other(f"one of {', '.join(filter(None, known))}", value)
    return str(value)


def listed(value: Any, length: int | None = None) -> list[Any]:
    if not isinstance(value, list) or length not in (None, len(value)):
        raise _other("a list" if length is None else f"a list of {length}", value)
    return value


def _other(expected: str, value: Any) -> ValueError:
    return ValueError(f"{expected} was expected, not {shortened(value)}")


def shortened(value: Any) -> str:
    """The value as a message quotes it."""
    shown = repr(value)
    return shown if len(shown) <= 40 else f"{shown[:37]}..."
