"""What stands over the bars of an iReal chart: text that is obeyed, coda signs, endings, where jumps lead."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from improv.charts import form
from improv.charts.doubts import Doubts
from improv.charts.feel_words import section_in
from improv.charts.form import say_unobeyed
from improv.charts.form_words import ways_in
from improv.charts.written import Jump, WrittenBar

_POSITION = re.compile(r"^\*\d{2}")
_LABEL = re.compile(r"\[\s*([^\[\]]+?)\s*\]")
_REMARK = re.compile(r"«\s*(.*?)\s*»")
"""Text as our own links quote what the app, and this reader, would else obey: sections and remarks."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A coda sign in a bar (its index); `before_chords`: at the bar's beginning."""

    bar: int
    before_chords: bool
    text: str = ""
    """What says it, where it is no sign."""


def plain_text(raw: str) -> str:
    """Text without the height at which it stands ("*74") and in single blanks."""
    return " ".join(_POSITION.sub("", raw).split())


def quoted(text: str) -> tuple[str, str]:
    """(section, remark) of a text that quotes one of them, so that it is not obeyed; both empty in others."""
    label, remark = _LABEL.fullmatch(text), _REMARK.fullmatch(text)
    return label[1] if label else "", remark[1] if remark else ""


def meaning_of(text: str) -> tuple[str, Jump | int | None]:
    """(kind, value): "fine", "jump" with its Jump, "times" with 3, "to coda", "last time"; else ""."""
    ways = ways_in(text)
    found = {way.kind: way for way in ways}
    jump = next((way.jump for way in ways if way.jump and way.jump.until != "end"), None)
    if jump is not None:
        return "jump", jump
    if "jump" in found:
        return "", None  # what follows the end is the top anyway
    for kind in ("fine", "to coda", "times", "last time", "unknown"):
        if kind in found:
            return kind, found[kind].number if kind == "times" else None
    return "", None


def section_of(text: str) -> str:
    """The section that text names, else empty. Letters tell of an order, and a break is none."""
    label = section_in(text)
    if len(label) <= 2 or label.lower() == "break":
        return ""
    return label.capitalize() if label.isupper() or label.islower() else label


def settle(
    bars: Sequence[WrittenBar],
    signs: Sequence[Sign],
    named_codas: Sequence[int],
    unnumbered: Sequence[int],
    ends: Sequence[int],
    where: Callable[[int], str],
    doubts: Doubts,
) -> list[WrittenBar]:
    """The bars with their codas and ways marked, once all of them are known; `where` names a bar.

    `named_codas` are bars that text calls Coda, `unnumbered` those at which an ending without a number
    begins, `ends` those before a double bar line that opens.
    """
    marked = list(bars)
    if not _mark_unnumbered(marked, signs, unnumbered):
        _mark_codas(marked, signs, named_codas, ends)
        for sign in signs:
            if sign.text and not any(bar.coda for bar in marked):
                say_unobeyed(sign.text, where(min(sign.bar, len(marked) - 1)), doubts)
    _end_with_fine(marked)
    return form.settle(marked, where, doubts)


def _mark_unnumbered(
    bars: list[WrittenBar], signs: Sequence[Sign], unnumbered: Sequence[int]
) -> bool:
    """Two endings without numbers are "for repeats" and "to end": the second is for the last time."""
    if len(unnumbered) != 2 or not unnumbered[0] or signs or any(bar.jump for bar in bars):
        return False
    always, at_last = unnumbered
    bars[always - 1] = replace(bars[always - 1], to_coda=1)
    bars[at_last - 1] = replace(bars[at_last - 1], closes=0)
    bars[at_last] = replace(bars[at_last], coda=1)
    return True


def _mark_codas(
    bars: list[WrittenBar], signs: Sequence[Sign], named: Sequence[int], ends: Sequence[int]
) -> None:
    """The last sign is where the coda begins, those before are where it is gone to."""
    there = [sign for sign in signs if sign.bar < len(bars)]
    jumps = any(bar.jump and bar.jump.until == "coda" for bar in bars)
    if named and (there or jumps) and all(sign.bar != named[-1] for sign in there):
        there.append(Sign(named[-1], before_chords=True))
    if not there:
        return
    *leave, coda = there
    if not leave and not jumps:
        # Alone it stands over an outro, which is the last thing in the chart.
        goes_on = any(coda.bar <= end < len(bars) - 1 for end in ends)
        if not coda.before_chords or goes_on or not coda.bar:
            return
    for sign in leave:
        # A sign over the beginning of a bar is gone away from before it.
        at = sign.bar - 1 if sign.before_chords and sign.bar else sign.bar
        if at < coda.bar:
            bars[at] = replace(bars[at], to_coda=1)
    bars[coda.bar] = replace(bars[coda.bar], coda=1)


def _end_with_fine(bars: list[WrittenBar]) -> None:
    """A jump al Fine without a Fine goes to where the player ends, if that is marked."""
    wants_fine = any(bar.jump and bar.jump.until == "fine" for bar in bars)
    if wants_fine and not any(bar.fine for bar in bars):
        bars[:] = [replace(bar, fine=True) if bar.ends else bar for bar in bars]
