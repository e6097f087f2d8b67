"""What stands over the bars of an iReal chart: text that is obeyed, coda signs, endings, where jumps lead."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from improv.charts.feel_words import section_in
from improv.charts.written import Jump, WrittenBar

_MOST_TIMES = 64
_POSITION = re.compile(r"^\*\d{2}")
_TIMES = re.compile(r"(?:(?:repeat|play)\s*)?(?:(\d{1,2})\s*(?:x|times)|x\s*(\d{1,2}))\.?")
_JUMP = re.compile(
    r"(?:d\.?\s?(?P<to>[cs])\.?|d(?:a\s+(?P<capo>c)apo|al\s+(?P<segno>s)egno))\s*(?:al|to)\s*"
    r"(?:(?P<fine>fine|end\b)|(?P<coda>(?:the\s+)?(?:coda|𝄌))|(?P<ending>\d)(?:st|nd|rd|th)?)"
)
_NUMBERS = {"first": "1st", "second": "2nd", "third": "3rd"}
_TO_CODA = re.compile(r"(?:go )?to (?:the )?(?:coda|𝄌)\.?")
_LAST_TIME = re.compile(r"(?:the )?last (?:time|x)(?: only)?\W*")


@dataclass(frozen=True, slots=True)
class Sign:
    """A coda sign in a bar (its index); `before_chords`: at the bar's beginning."""

    bar: int
    before_chords: bool


def plain_text(raw: str) -> str:
    """Text without the height at which it stands ("*74") and in single blanks."""
    return " ".join(_POSITION.sub("", raw).split())


def meaning_of(text: str) -> tuple[str, Jump | int | None]:
    """(kind, value): "fine", "jump" with its Jump, "times" with 3, "to coda", "last time"; else ""."""
    words = text.lower()
    for word, number in _NUMBERS.items():
        words = words.replace(word, number)
    if words.rstrip(".") == "fine":
        return "fine", None
    if found := _JUMP.search(words):
        to_segno = "s" in (found["to"], found["segno"])
        until = next(name for name in ("fine", "coda", "ending") if found[name])
        return "jump", Jump(to_segno, until, int(found["ending"] or 0))
    if found := _TIMES.fullmatch(words):
        times = int(found[1] or found[2])
        return ("times", times) if 2 <= times <= _MOST_TIMES else ("", None)
    if _TO_CODA.fullmatch(words):
        return "to coda", None
    return ("last time" if _LAST_TIME.fullmatch(words) else ""), None


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
) -> list[WrittenBar]:
    """The bars with their codas and ways marked, once all of them are known.

    `named_codas` are bars that text calls Coda, `unnumbered` those at which an ending without a number
    begins, `ends` those before a double bar line that opens.
    """
    marked = list(bars)
    if not _mark_unnumbered(marked, signs, unnumbered):
        _mark_codas(marked, signs, named_codas, ends)
    _check_jumps(marked)
    return marked


def _mark_unnumbered(
    bars: list[WrittenBar], signs: Sequence[Sign], unnumbered: Sequence[int]
) -> bool:
    """Two endings without numbers are "for repeats" and "to end": the second is for the last time."""
    if len(unnumbered) != 2 or not unnumbered[0] or signs or any(bar.jump for bar in bars):
        return False
    always, at_last = unnumbered
    bars[always - 1] = replace(bars[always - 1], to_coda=True)
    bars[at_last - 1] = replace(bars[at_last - 1], closes=0)
    bars[at_last] = replace(bars[at_last], coda=True)
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
            bars[at] = replace(bars[at], to_coda=True)
    bars[coda.bar] = replace(bars[coda.bar], coda=True)


def _check_jumps(bars: list[WrittenBar]) -> None:
    """A jump that leads nowhere is left out; Fine without a jump is where it ends the last time."""
    wants_fine = any(bar.jump and bar.jump.until == "fine" for bar in bars)
    if wants_fine and not any(bar.fine for bar in bars):
        bars[:] = [replace(bar, fine=True) if bar.ends else bar for bar in bars]
    leads = {
        "fine": any(bar.fine for bar in bars),
        "coda": any(bar.coda for bar in bars),
    }
    for at, bar in enumerate(bars):
        if bar.jump is None:
            continue
        has_ending = any(bar.jump.ending in other.endings for other in bars)
        if not leads.get(bar.jump.until, has_ending):
            bars[at] = replace(bar, jump=None)
    if not any(bar.jump for bar in bars):
        bars[:] = [replace(bar, ends=True) if bar.fine else bar for bar in bars]
