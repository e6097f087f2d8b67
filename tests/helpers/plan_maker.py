"""A plan of a phrase, for tests of where it is shown."""

from __future__ import annotations

from improv.soloist.phrase_plan import PhrasePlan


def plan(
    begin_tick: int = 0,
    notes: int = 14,
    division: str = "eighths",
    target_pitch: int | None = 76,
    takes_up: int | None = None,
    loudness: str = "as before",
) -> PhrasePlan:
    """To E5, if nothing else is said."""
    return PhrasePlan(
        begin_tick=begin_tick,
        notes=notes,
        division=division,
        target_pitch=target_pitch,
        centre_pitch=target_pitch,
        loudness=loudness,
        touch="as usual",
        takes_up=takes_up,
    )
