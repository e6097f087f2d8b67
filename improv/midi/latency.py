"""What is added to the time of messages so that they are heard in time."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

LONGEST_MS = 1000.0


@dataclass(frozen=True)
class Latency:
    """Milliseconds to be added, for each port; below 0: sent earlier.

    `by_velocity` is for synths whose soft notes speak late: rows of (velocity, ms) by velocity, between two
    on a line, beyond them as the last; it is added to `notes_ms`, and a note's off moves with its on.
    `system_ms` is that of the port to which the clock is sent.
    """

    notes_ms: float = 0.0
    by_velocity: tuple[tuple[int, float], ...] = ()
    system_ms: float = 0.0

    def of_note_ns(self, velocity: int) -> int:
        """For a note of a velocity, 1 to 127."""
        return round((self.notes_ms + self._by_velocity_ms(velocity)) * 1e6)

    def of_system_ns(self) -> int:
        """For a pulse of the clock and the like."""
        return round(self.system_ms * 1e6)

    def _by_velocity_ms(self, velocity: int) -> float:
        rows = self.by_velocity
        if not rows:
            return 0.0
        at = bisect_left(rows, velocity, key=lambda row: row[0])
        if at == 0 or at == len(rows):
            return rows[min(at, len(rows) - 1)][1]
        (low, low_ms), (high, high_ms) = rows[at - 1], rows[at]
        return low_ms + (high_ms - low_ms) * (velocity - low) / (high - low)

    @property
    def earliest_ns(self) -> int:
        """How much earlier than written anything may be due: 0 or more."""
        notes = [self.of_note_ns(velocity) for velocity, _ in self.by_velocity or ((64, 0.0),)]
        return max(0, -min(notes), -self.of_system_ns())


def parse_latency_table(text: str) -> tuple[tuple[int, float], ...]:
    """Rows of "velocity:ms", as in "10:-155,64:-40,100:0". Raises ValueError, the end of a sentence."""
    rows: dict[int, float] = {}
    for part in text.split(","):
        velocity, colon, ms = part.partition(":")
        try:
            row = int(velocity), float(ms)
        except ValueError:
            row = (0, 0.0)
        if not (colon and 1 <= row[0] <= 127 and abs(row[1]) <= LONGEST_MS):
            raise ValueError(
                f"{part.strip()!r} is no row of it: expected a velocity from 1 to 127 and milliseconds from "
                f"{-LONGEST_MS:g} to {LONGEST_MS:g}, as in '10:-155,100:0'"
            )
        if row[0] in rows:
            raise ValueError(f"velocity {row[0]} is there twice")
        rows[row[0]] = row[1]
    return tuple(sorted(rows.items()))
