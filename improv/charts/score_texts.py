"""What stands over the notes of a score, from the text of its file: chords, and words about the way through.

music21 leaves out, or misreads, what is found here; it is put back by `charts.score`, at its place.

    ABC      "Dm7"A2 !fine!|     ->  quotes, and decorations made quotes, before the note that ends their bar
    Humdrum  **mxhm **jazz       ->  (quarters from the beginning, token), timed by the **kern beside it
    MEI      <harm tstamp="3">   ->  (number of the measure, place in it, text), and the measures of endings
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from xml.etree.ElementTree import Element, SubElement

from improv.charts.musicxml_file import ScoreError
from improv.charts.musicxml_harmony import chord_of, symbol_of
from improv.errors import ChartError

# -- ABC

_FIELD = re.compile(r"[A-Za-z+]:")
_QUOTE = r'"[^"\n]*"'
_MARK = rf"(?:{_QUOTE}|![^!\s|]{{1,20}}!)"
_NOTE = r"(?:\[[^\]|:\"]*\]|[_=^]*[A-Ga-gxz][,']*)[\d/]*[-<>)]*"
_LAST = rf"({_NOTE}\s*)((?:{_MARK}\s*)+)"
_BEFORE_BAR_LINE = re.compile(rf"{_LAST}(?=[:|\]]|\[\|)")
_BEFORE_LINE_END = re.compile(rf"{_LAST}(?=\\?\s*$)")
_DECORATION = re.compile(r"!([^!\s|]{1,20})!")
_FORM = {
    "fine": "Fine",
    "segno": "!segno!",
    "coda": "!coda!",
    "D.C.": "D.C.",
    "dacapo": "D.C.",
    "D.S.": "D.S.",
    "D.C.alfine": "D.C. al Fine",
    "D.C.alcoda": "D.C. al Coda",
    "D.S.alfine": "D.S. al Fine",
    "D.S.alcoda": "D.S. al Coda",
    "dacoda": "To Coda",
}
"""Decorations about the way through (ABC 2.2, "Decorations") as words or signs."""
_SIGNS = {
    "!coda!": ("sign", "coda"),
    "!segno!": ("sign", "segno"),
    **dict.fromkeys(("d.c.", "d.c", "dc"), ("jump", "dacapo")),
    **dict.fromkeys(("d.s.", "d.s", "ds"), ("jump", "dalsegno")),
}
"""Signs that say less than words: where they lead to depends on the others."""
_BASS = re.compile(r"/([A-Ga-g])([b#+]?)$")
_PLACED = re.compile(r"[\^_<>]|@\s*-?[\d.]*\s*,?\s*-?[\d.]*")


def abc_tunes(text: str) -> list[str]:
    """The tunes of a file, each with the fields that stand before all."""
    head, *tunes = re.split(r"(?m)^(?=X:)", text)
    fields = "".join(
        line
        for line in head.splitlines(keepends=True)
        if re.match(r"[A-WYZ]:", line) and not line.startswith("T:")
    )
    if not tunes:
        return [head] if head.strip() else []
    return [re.sub(r"(X:.*\n)", lambda found: found[1] + fields, tune, count=1) for tune in tunes]


def abc_marked(tune: str) -> str:
    """The tune with all that music21 drops in quotes, each before the last note of its bar.

    A quote goes to the note behind it, wherever that is; one that ends a bar belongs to that bar.
    """
    lines: list[str] = []
    label = ""
    written = tune.splitlines()
    for line, following in zip(written, [*written[1:], "|"], strict=True):
        if _FIELD.match(line) or line.startswith("%"):
            if line.startswith("P:") and any(before.startswith("K:") for before in lines):
                label = f'"^[{line[2:].strip()}]"'
            lines.append(line)
            continue
        line = _DECORATION.sub(
            lambda found: f'"^{_FORM[found[1]]}"' if found[1] in _FORM else found[0], line
        )
        line = _BEFORE_BAR_LINE.sub(r"\2\1", line)
        if following.lstrip()[:1] in ("|", ":", ""):
            line = _BEFORE_LINE_END.sub(r"\2\1", line)
        if label and line.strip():
            line, label = re.sub(r"^((?:[\s|:\]]|\[\|)*)", rf"\1{label}", line, count=1), ""
        lines.append(line)
    return "\n".join(lines) + "\n"


def abc_in_order(tune: str) -> str:
    """The tune with its parts in the order in which its head wants them ("P:ABA"), which music21 passes over.

    Parts are lettered (P:A) in the body. Raises ScoreError where they cannot be put one after another.
    """
    head, key, body = (
        re.split(r"(?m)(^K:.*\n)", tune, maxsplit=1) if "\nK:" in tune else (tune, "", "")
    )
    wanted = re.search(r"(?m)^P:\s*([A-Z]{2,})\s*(?:%.*)?$", head)
    before, *lettered = re.split(r"(?m)^(P:\s*[A-Z]\b.*\n)", body)
    parts = {
        label[2:].strip()[0]: label + text
        for label, text in zip(*[iter(lettered)] * 2, strict=True)
    }
    if wanted is None or not parts:
        return tune
    order = wanted[1]
    if list(dict.fromkeys(order)) == [*order] == [*parts]:
        return tune
    unknown = set(order) - set(parts)
    if unknown or re.search(r"(?m)^[KLMV]:|\[[KLMV]:", body):
        raise ScoreError(
            f"its parts are to be played as {order!r}: expected parts with these letters, all in one voice, "
            "meter and key"
        )
    return head + key + before + "".join(parts[letter] for letter in order)


def abc_said(quote: str) -> tuple[str, str]:
    """(kind, text) of a quote: "words" and the like where it says where it stands, else "maybe" a chord."""
    text = quote.strip('"').strip()
    placed = _PLACED.match(text)
    if placed is None:
        bare = text[1:-1] if text[:1] == "(" and text[-1:] == ")" else text
        # A bass is often written small, and F sharp as f+.
        symbol = _BASS.sub(
            lambda bass: f"/{bass[1].upper()}{bass[2].replace('+', '#')}", bare.strip()
        )
        return _SIGNS.get(bare.lower(), ("maybe", symbol))
    text = text[placed.end() :].strip()
    return _SIGNS.get(text.lower(), ("words", text))


# -- Humdrum

CHORD_SPINES = ("mxhm", "jazz", "chord", "harm")
"""Spines of chords, the first that is there; **harm has degrees of a key."""
_TIMED = ("kern", "recip")
_DURATION = re.compile(r"(\d+)(?:%(\d+))?(\.*)")
_KEY = re.compile(r"\*([A-Ga-g][#-]*):")
_MXHM = re.compile(r"([A-G])([-#]{0,2})\s*(.*?)(?:/([A-G])([-#]{0,2}))?")


@dataclass(eq=False)
class _Spine:
    """A column, for as long as it is there. `end` is where what sounds in it ends, in quarters."""

    kind: str
    key: str = "C"
    end: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Token:
    """A chord of a spine, as it is written there; `key` is the one in force, as Humdrum writes keys."""

    quarters: Fraction
    kind: str
    text: str
    key: str


@dataclass
class HumdrumTexts:
    """What music21 leaves out of a file of Humdrum with one piece, in quarters from its beginning."""

    chords: list[Token] = field(default_factory=list)
    repeats: list[tuple[Fraction, str]] = field(default_factory=list)
    """(place, "start" or "end"); music21 reads some, by version."""
    end: Fraction = Fraction(0)
    """Where its notes end."""


def humdrum_texts(text: str) -> HumdrumTexts:
    """Chords and repeats by their place.

    A chord that begins while all notes go on shares its time with the one before it, as MusicXML does.
    """
    texts = HumdrumTexts()
    spines: list[_Spine] = []
    now = Fraction(0)
    for line in text.splitlines():
        fields = line.split("\t")
        if not line.strip() or line.startswith("!"):
            continue
        if line.startswith("*"):
            spines = _moved(spines, fields) if spines else [_Spine(each[2:]) for each in fields]
            continue
        timed = [spine for spine in spines if spine.kind in _TIMED]
        if line.startswith("="):
            at = min((spine.end for spine in timed), default=now)
            for which, sign in (("end", r":[|!]"), ("start", r"[|!]:")):
                if re.search(sign, fields[0]):
                    texts.repeats.append((at, which))
            continue
        here = [*zip(spines, fields, strict=False)]
        begins = [(spine, each) for spine, each in here if spine in timed and each != "."]
        if begins:
            now = min(spine.end for spine in timed)
            for spine, each in begins:
                spine.end = now + _duration(each)
                texts.end = max(texts.end, spine.end)
        texts.chords += [
            Token(now, spine.kind, each, spine.key)
            for spine, each in here
            if spine.kind in CHORD_SPINES and each != "."
        ]
    _check_order(text, texts)
    kinds = {token.kind for token in texts.chords}
    chosen = next((kind for kind in CHORD_SPINES if kind in kinds), "")
    texts.chords = [token for token in texts.chords if token.kind == chosen]
    return texts


def _check_order(text: str, texts: HumdrumTexts) -> None:
    """Refuse an order of sections that bar lines do not show."""
    order = re.search(r"(?m)^\*>\[([^\]\t]*)\]", text)
    if texts.chords and order and not texts.repeats:
        sections = order[1].split(",")
        if len({*sections}) < len(sections):
            raise ScoreError(
                f"its sections are to be played as {order[1]!r}: expected repeats as bar lines"
            )


def _moved(spines: Sequence[_Spine], fields: Sequence[str]) -> list[_Spine]:
    """The spines behind a line of interpretations: split, joined, ended, exchanged, added; keys noted."""
    moved: list[_Spine] = []
    before = ""
    for spine, each in zip(spines, fields, strict=False):
        if each == "*v" == before:
            continue
        if key := _KEY.fullmatch(each):
            spine.key = key[1]
        if each.startswith("**"):
            spine.kind = each[2:]
        if each == "*x" == before:
            moved.insert(-1, spine)
            before = ""
            continue
        if each != "*-":
            moved.append(spine)
        if each in ("*^", "*+"):
            moved.append(_Spine(spine.kind if each == "*^" else "", spine.key, spine.end))
        before = each
    return moved


def _duration(token: str) -> Fraction:
    """Quarters that a token of **kern lasts."""
    first = token.split(" ")[0]
    found = _DURATION.search(first)
    if found is None or "q" in first.lower():
        return Fraction(0)  # a grace note
    if set(found[1]) == {"0"}:
        quarters = Fraction(4 * 2 ** len(found[1]))
    else:
        quarters = Fraction(4 * int(found[2] or 1), int(found[1]))
    return quarters * (2 - Fraction(1, 2 ** len(found[3])))


def humdrum_symbol(token: Token) -> str:
    """The chord of a **mxhm, **jazz or **chord token as text for our parser; the token where it is none."""
    if token.kind == "mxhm":
        return _mxhm_symbol(token.text)
    text = token.text
    if token.kind == "jazz":
        text = re.sub(r"^[\d.%]+", "", text)
    root, colon, rest = text.partition(":")
    return (root.replace("-", "b") + rest.replace("-", "b")) if colon else text


def _mxhm_symbol(text: str) -> str:
    """ "B- major-seventh/D": the words of a MusicXML `harmony`."""
    found = _MXHM.fullmatch(text.strip())
    if found is None:
        return "NC" if text.strip() == "none" else text
    harmony = Element("harmony")
    for tag, step, sign in (("root", found[1], found[2]), ("bass", found[4], found[5])):
        if step:
            note = SubElement(harmony, tag)
            SubElement(note, f"{tag}-step").text = step
            alter = sign.count("#") - sign.count("-")
            SubElement(note, f"{tag}-alter").text = str(alter)
        if tag == "root":
            SubElement(harmony, "kind").text = found[3] or "major"
    try:
        chord = chord_of(harmony, "")
    except ChartError:
        return text
    return chord.text if chord else "NC"


def chord_of_pitches(root: int, name: str, pitch_classes: Sequence[int], bass: str) -> str:
    """The symbol of the chord with these pitch classes; empty where it has none.

    Names are as music21 writes them, a flat as "-".
    """
    symbol = symbol_of({(each - root) % 12 for each in pitch_classes})
    if symbol is None:
        return ""
    over = f"/{bass.replace('-', 'b')}" if bass != name else ""
    return name.replace("-", "b") + symbol + over


# -- MEI

_MEI = "{http://www.music-encoding.org/ns/mei}"
_MEI_TEXTS = {"harm": "maybe", "dir": "words", "reh": "words", "tempo": "words"}
_MEI_MARKS = {
    "coda": ("sign", "coda"),
    "segno": ("sign", "segno"),
    "fine": ("words", "Fine"),
    "daCapo": ("jump", "dacapo"),
    "dalSegno": ("jump", "dalsegno"),
}


@dataclass(frozen=True, slots=True)
class Over:
    """What stands over a measure: at `quarters` in it, or with the note of that `id`."""

    measure: int
    kind: str
    text: str
    quarters: Fraction
    id: str = ""


@dataclass
class MeiTexts:
    """What music21 leaves out of a file of MEI."""

    measures: int = 0
    over: list[Over] = field(default_factory=list)
    endings: dict[int, tuple[str, bool, bool]] = field(default_factory=dict)
    """Measure -> (passes, whether the bracket begins with it, whether it ends)."""


def mei_texts(root: Element) -> MeiTexts:
    """Chords, words and endings by their measure; endings are made sections, which music21 reads."""
    texts = MeiTexts()
    unit = Fraction(4)
    for element in root.iter():
        tag = element.tag.removeprefix(_MEI) if isinstance(element.tag, str) else ""
        if tag in ("scoreDef", "staffDef") and (said := element.get("meter.unit", "")).isdigit():
            unit = Fraction(said)
        elif tag == "meterSig" and (said := element.get("unit", "")).isdigit():
            unit = Fraction(said)
        elif tag == "ending":
            element.tag = f"{_MEI}section"
            inside = range(
                texts.measures, texts.measures + sum(1 for _ in element.iter(f"{_MEI}measure"))
            )
            for index in inside:
                ends = index == inside[0], index == inside[-1]
                texts.endings[index] = (element.get("n", "1"), *ends)
        elif tag == "measure":
            texts.over += _over(element, texts.measures, unit)
            texts.measures += 1
    return texts


def _over(measure: Element, index: int, unit: Fraction) -> Iterator[Over]:
    for element in measure:
        tag = element.tag.removeprefix(_MEI) if isinstance(element.tag, str) else ""
        text = " ".join("".join(element.itertext()).split())
        kind = _MEI_TEXTS.get(tag, "")
        if tag == "repeatMark":
            kind, text = _MEI_MARKS.get(element.get("func", ""), ("", ""))
        if not kind or not text:
            continue
        try:
            beats = Fraction(element.get("tstamp", "1")) - 1
        except ValueError:
            raise ScoreError(
                f"the place {element.get('tstamp')!r} of {text!r} in its measure {index + 1} is no number"
            ) from None
        yield Over(
            index,
            kind,
            text,
            max(beats, Fraction(0)) * 4 / unit,
            element.get("startid", "").lstrip("#"),
        )


# -- Capella


def capella_texts(element: Element) -> Iterator[str]:
    """The texts drawn over a note or rest, but for signs, which are letters of Capella's own fonts."""
    for text in element.iterfind("drawObjects//text"):
        font = text.find("font")
        content = " ".join((text.findtext("content") or "").split())
        face = font.get("face", "") if font is not None else ""
        if content and not face.lower().startswith("capella"):
            yield content
