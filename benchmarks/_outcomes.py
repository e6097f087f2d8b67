"""What can come out of an attempt (see _attacks.py), and the types of attempts."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

WELL, SAID, STUCK, ASTRAY, HANG, TRACEBACK = "well", "said", "stuck", "astray", "hang", "traceback"
"""It played or was read; it was refused in a sentence; a note sounds on; the place in the form is wrong; it
took more than 10 s; a fault of the program."""
LIMIT_S = 10
ROOT = Path(__file__).resolve().parent.parent

Attempt = Callable[[], str]
Attempts = Callable[[int, random.Random, Path], Iterator[Attempt]]
