"""What words over the bars say about the way through a chart, in every usual wording and spelling.

    "(D.S.al 2nd Coda)"        -> a jump to the sign, until the way to coda 2
    "Last time to Coda 𝄌"      -> a way to the coda
    "4x Fine"                  -> played four times; the end after a jump al Fine
    "Go to trio"               -> "unknown": words that send somewhere, and nobody knows where

Brackets, quotes, stops between words, case and the signs that fonts of music have do not count.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from improv.charts.written import Jump

MOST_TIMES = 64
_LONGEST = 200  # characters that are looked at; more is prose


@dataclass(frozen=True, slots=True)
class Way:
    """One thing that words say. `number` is that of a coda or segno (1 unless it is said), or how often.

    Kinds: "jump", "to coda", "coda", "segno", "fine", "times"; "al coda" and "al fine" alone, which complete
    a jump beside them; "last time"; "unknown".
    """

    kind: str
    number: int = 1
    jump: Jump | None = None


_SIGNS = {
    **dict.fromkeys("𝄌⊕\ue048\ue049", " coda "),
    **dict.fromkeys("𝄋§\ue047\ue04a\ue04b", " segno "),
    "\ue045": " d.s. ",
    "\ue046": " d.c. ",
}
"""Signs within words, as Unicode and fonts of music (SMuFL) have them."""
_NO_SENSE = re.compile(r"[\"'“”‘’‚„«»‹›`´()\[\]{}<>*_~^|:;,!?=→►–—/+-]+")
_NUMBERS = (
    (r"first|1re|1er|prima", "1st"),
    (r"second|segunda", "2nd"),
    (r"third", "3rd"),
    (r"twice", "2 times"),
    (r"two(?= times)", "2"),
    (r"three(?= times)", "3"),
    (r"four(?= times)", "4"),
    (r"five(?= times)", "5"),
    (r"six(?= times)", "6"),
    (r"eight(?= times)", "8"),
)
_CODA_BY_LETTER = re.compile(r"(?<=\bto )[øØ⌀∅](?!\w)|(?<=\bal )[øØ⌀∅](?!\w)")

_ORDINAL = r"(?:st|nd|rd|th|º|ª|e)?"
_NUMBER = r"(?: ?#?(?P<{0}>\d|iii|ii|i|[ab])(?![a-z\d]))?"
_BEHIND = r"(?=[^a-z]|$|al|to\b|e\b)"
_GO = r"(?:(?:go|jump|back|return|repeat|play|then|and|straight) )*"
_TOP = r"(?:the )?(?:very )?(?:top|beginning|start)(?: of (?:the )?(?:tune|form|song|head|chart|piece))?"
_HEAD = re.compile(
    r"(?<![a-z])(?:"
    rf"(?P<capo>d ?\. ?c(?:\.|{_BEHIND})|dc{_BEHIND}|d c(?= al\b)|d[ae](?:l|)? ?capo"
    rf"|(?:{_GO}|^)(?:to|from) {_TOP}(?=$|[ .]))"
    rf"|(?P<segno>d ?\. ?s(?:\.|{_BEHIND})(?P<twice> ?s\.)?|ds{_BEHIND}|d s(?= al\b)"
    r"|d[aeio]l? (?:segno|sign)|dalsegno"
    r"|(?:(?:go|jump|back|return|repeat) )+(?:to|from) (?:the )?(?:segno|sign)"
    r"|(?:from|al) (?:the )?(?:segno|sign))"
    r"(?: ?(?:segno|sign|%))?(?: ?#?(?P<which>[1-4])(?!st|nd|rd|th| ?x| times|\.| end|\d))?(?: (?:segno|%))?"
    r")"
)
"""D.C. and D.S. in their spellings; the first alternatives are the usual ones."""
_CODA = (
    r"(?:(?P<pre>\d)(?:st|nd|rd|th|º|ª|e)? ?)?(?P<double>double )?(?:coda|codetta)"
    + _NUMBER.format("post")
)
_UNTIL = re.compile(
    rf"(?P<coda>{_CODA})"
    r"|(?P<ending>(?P<by>\d)(?:st|nd|rd|th)?\.? ?(?:ending|end\b|volta|bracket|time bar))"
    r"|(?P<only>(?:al|to|take) ?(?P<end>\d)(?:st|nd|rd|th)?\.?(?= |$)(?! (?:double )?cod))"
    r"|(?P<fine>\b(?:al ?)?fin(?:e|al)?\b|alfine|\bfim\b|\b(?:al|to|till) (?:the )?end\b)"
)
_TO_SEGNO = re.compile(r" ?(?:al|to) (?:the )?(?:segno|sign)")
_WITH_REPEATS = re.compile(
    r"(?<!no )\b(?:with|w|con|take|incl\w*) (?:all )?(?:the )?(?:reps?|repeats?|repetizioni)\b"
)
_TO_CODA = re.compile(
    r"(?:(?:go|jump|skip|cut|straight) )*(?:\b(?P<way>to|take|into)|\bal|\balla|\bà la|\ba la|\bao)"
    rf" ?(?:the )?{_CODA}"
)
_TIMES = re.compile(
    r"^(?:(?:repeat|play|vamp|rpt|rep|total|do)\.? ?(?:this |all |section |both |head |verse |bars? )*)?"
    r"(?:x ?(?P<x>\d{1,2})|(?P<n>\d{1,2}) ?(?:x|×|times?|xs|tms|mal|fois|veces|vezes|volte))(?: ?s)?\.?"
    r"(?: (?:total|in all|altogether))?(?=$| fine\b| then\b| and\b| \d(?:st|nd|rd|th)\b)"
)
_FINE = re.compile(
    rf"^(?:(?:last|final|\d{{1,2}}{_ORDINAL}|times?|x|the|on|only|after|solos?|to|chorus|head|out)\b ?)*"
    r"(?P<al>al ?)?"
    r"(?:fine|(?:fin|fim|ende)(?=$|\W*$))(?![a-z])(?=.{0,30}$)"
)
_LAST_TIME = re.compile(r"^(?:the )?(?:last|final) (?:time|x)(?: only)?\W*$")
_CODA_HERE = re.compile(rf"^(?:the )?{_CODA}(?![a-z])(?=.{{0,30}}$)")
_SEGNO_HERE = re.compile(r"^(?:the )?(?:segno|sign)(?: ?#?(?P<which>\d))?$")
_SUSPECT = re.compile(
    r"(?<![a-z])(?:d ?\. ?[sc]\.|da ?capo|dal ?segno|(?:to|al|at|the) .{0,12}coda\b|segno\b|al fine\b"
    r"|(?:go|jump|skip|return|back) to\b)"
)
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "a": 1, "b": 2}


def ways_in(text: str) -> list[Way]:
    """What a text says about the way through the chart; empty where it says nothing of it."""
    words = plain_words(text[:_LONGEST])
    found: list[Way] = []
    left = words
    while (head := _HEAD.search(left)) and len(found) < 4:
        rest = left[head.end() :]
        if head["capo"] and _TO_SEGNO.match(rest):
            return [Way("unknown")]  # from the top to the sign, and then the coda
        following = _HEAD.search(rest)
        jump, end = _jump(head, rest[: following.start()] if following else rest)
        found.append(Way("jump", jump=jump))
        left = f"{left[: head.start()]} {rest[end:]}".strip(" .")
    if way := _TO_CODA.search(left):
        kind = "to coda" if way["way"] or way.start() or way.end() < len(left) else "al coda"
        found.append(Way(kind, _coda_number(way) or 1))
        left = f"{left[: way.start()]} {left[way.end() :]}".strip(" .")
    if times := _TIMES.match(left):
        count = int(times["x"] or times["n"])
        if 2 <= count <= MOST_TIMES:
            found.append(Way("times", count))
            left = left[times.end() :].strip(" .")
    if fine := _FINE.match(left):
        found.append(Way("al fine" if fine["al"] and not fine.start("al") else "fine"))
    elif coda := _CODA_HERE.match(left):
        found.append(Way("coda", _coda_number(coda) or 1))
    elif segno := _SEGNO_HERE.match(left):
        found.append(Way("segno", int(segno["which"] or 1)))
    elif _LAST_TIME.match(left):
        found.append(Way("last time"))
    if not found and _SUSPECT.search(words):
        found.append(Way("unknown"))
    return found


def plain_words(text: str) -> str:
    """Words as they are compared: lower case, single blanks, names in place of signs, numbers as digits."""
    for sign, name in _SIGNS.items():
        text = text.replace(sign, name)
    text = _NO_SENSE.sub(" ", unicodedata.normalize("NFKC", text).lower())
    text = " ".join(_CODA_BY_LETTER.sub("coda", " ".join(text.split())).split())
    for spelled, number in _NUMBERS:
        text = re.sub(rf"\b(?:{spelled})\b", number, text)
    for name in ("coda", "segno"):
        text = re.sub(rf"\b{name}(?: {name})+\b", name, text)  # the word and its sign
    return text.strip(" .")


def _jump(head: re.Match[str], rest: str) -> tuple[Jump, int]:
    """The jump that begins so, and where in `rest` the words about it end."""
    to_segno = head["segno"] is not None
    segno = int(head["which"] or (2 if head["twice"] else 0)) if to_segno else 0
    repeats = _WITH_REPEATS.search(rest) is not None
    until = _UNTIL.search(rest)
    if until is None:
        return Jump(to_segno, segno=segno, repeats=repeats), 0
    if until["coda"]:
        return Jump(to_segno, "coda", _coda_number(until), segno, repeats), until.end()
    if until["fine"]:
        return Jump(to_segno, "fine", 0, segno, repeats), until.end()
    return Jump(to_segno, "ending", int(until["by"] or until["end"]), segno, repeats), until.end()


def _coda_number(found: re.Match[str]) -> int:
    """Which coda is meant; 0 where it is not said."""
    said = found["pre"] or found["post"]
    if said is None:
        return 2 if found["double"] else 0
    return _ROMAN.get(said) or int(said)
