"""Logs of sessions, damaged: each value of each kind of line exchanged, then lines and bytes at random."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

DEEP = b"[" * 100_000
BAD: tuple[Any, ...] = (
    *(None, True, -1, 0, 0.5, 127, 128, 10**6, 10**12, 10**30, -(10**12), 1e308),
    *(
        float("nan"),
        float("inf"),
        "",
        "x",
        "\x1b]0;mine\x07\x1b[31m",
        "9" * 5000,
        [],
        {},
        [[]],
        [1],
    ),
)
"""What may stand where something else was."""


def kinds_of(lines: list[bytes]) -> list[int]:
    """Where the first line of each kind is."""
    found: dict[tuple[str, ...], int] = {}
    for at, line in enumerate(lines):
        found.setdefault(tuple(json.loads(line)), at)
    return list(found.values())


def exchanged(lines: list[bytes]) -> Iterator[bytes]:
    """In a line of each kind each value, however deep, is each of `BAD` once, or is not there."""
    for at in kinds_of(lines):
        value = json.loads(lines[at])
        for path in _paths(value):
            for bad in (*BAD, KeyError):
                again = json.loads(lines[at])
                place = again
                for step in path[:-1]:
                    place = place[step]
                if bad is KeyError:
                    del place[path[-1]]
                else:
                    place[path[-1]] = bad
                yield (
                    b"\n".join([*lines[:at], json.dumps(again).encode(), *lines[at + 1 :]]) + b"\n"
                )


def _paths(value: Any) -> Iterator[tuple[Any, ...]]:
    """The way to everything in a value: of a list the first and the last."""
    keys: list[Any] = []
    if isinstance(value, dict):
        keys = list(value)
    elif isinstance(value, list) and value:
        keys = sorted({0, len(value) - 1})
    for key in keys:
        yield (key,)
        for path in _paths(value[key]):
            yield (key, *path)


def damaged(lines: list[bytes], count: int, rng: np.random.Generator) -> Iterator[bytes]:
    """So many copies, each damaged in one to four places."""
    for _ in range(count):
        kept = list(lines)
        for _ in range(int(rng.integers(1, 5))):
            _damage_lines(kept, rng)
        content = bytearray(b"\n".join(kept) + b"\n")
        for _ in range(int(rng.integers(0, 4))):
            _damage_bytes(content, rng)
        yield bytes(content)


def _damage_lines(lines: list[bytes], rng: np.random.Generator) -> None:
    if not lines:
        return
    at, other = (int(rng.integers(len(lines))) for _ in range(2))
    kind = int(rng.integers(8))
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(other, lines[at])
    elif kind == 2:
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == 3:
        lines[at] = lines[at][: int(rng.integers(len(lines[at]) + 1))]
    elif kind == 4:
        lines.insert(at, [DEEP, b"\xff\xfe", b"\0" * 500, b"[]", b"{}", b'"'][int(rng.integers(6))])
    elif kind == 5:
        del lines[at : at + int(rng.integers(20))]
    elif kind == 6 and int(rng.integers(4)) == 0:
        del lines[0]
    elif kind == 7 and int(rng.integers(4)) == 0:
        del lines[at:]


def _damage_bytes(content: bytearray, rng: np.random.Generator) -> None:
    at = int(rng.integers(len(content) + 1))
    kind = int(rng.integers(4))
    if kind == 0 and at < len(content):
        content[at] ^= 1 << int(rng.integers(8))
    elif kind == 1:
        del content[at : at + int(rng.integers(30))]
    elif kind == 2:
        digits = [i for i in range(at, min(len(content), at + 400)) if 48 <= content[i] <= 57]
        if digits:
            place = digits[int(rng.integers(len(digits)))]
            content[place : place + 1] = [b"99999", b"-", b"1e9", b"e", b"0.", b"7"][
                int(rng.integers(6))
            ]
    elif int(rng.integers(10)) == 0:
        del content[at:]
