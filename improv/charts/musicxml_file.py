"""The bytes of a MusicXML file -> its tree, and the measures of its parts side by side.

A `.mxl` is a zip whose META-INF/container.xml names the score; where that is damaged, missing or wrong, the
one score in the zip is read. What a file says of its encoding is believed last: most that is wrong says
UTF-16 of UTF-8. The standard library's parser is enough: it fetches nothing from outside, and what could blow
a small file up is refused before it does: entities that the file declares, elements too deep, and files or
members of a zip too long.
"""

from __future__ import annotations

import codecs
import html.entities
import io
import re
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from improv.errors import InputFileError
from improv.music.note import TICKS_PER_BEAT

MOST_BYTES = 4 * 1024 * 1024
"""Of a score, unpacked: over ten times the longest lead sheet there is; more takes seconds to read."""
_MOST_DEEP = 64
_MOST_MEMBERS = 1000  # of a zip
_MOST_ELEMENTS = 250_000
_CONTAINER = "META-INF/container.xml"
_SCORES = ("score-partwise", "score-timewise")
_NUMBER = re.compile(r"[+-]?\d{1,9}(\.\d{1,6})?")
_MOST_NAMED = 4  # scores that a message lists
_BEGINNING = 4000  # bytes within which a score begins
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks; that of UTF-16 begins that of UTF-32."""
_DECLARATION = re.compile(r"<\?xml[^>]*\?>")
_ENCODING = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # characters that XML cannot hold
_BARE_AMPERSAND = re.compile(
    r"&(?!(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos);)(\w{1,31};)?"
)


def word(element: Element | None) -> str:
    """The text of an element on one line; empty where there is neither."""
    return " ".join((element.text or "").split()) if element is not None else ""


def number(element: Element | None) -> Fraction | None:
    """The number that an element holds; None if it holds none."""
    text = word(element)
    return Fraction(text) if _NUMBER.fullmatch(text) else None


class Walk:
    """Goes through the measures of a part, one after the other, and knows what is where, in ticks."""

    def __init__(self) -> None:
        self.length_tick = 0
        """What notes have filled of the latest measure."""
        self._ticks = Fraction(TICKS_PER_BEAT)  # of a division

    def through(self, measure: Element) -> Iterator[tuple[int, Fraction, Element]]:
        """(where it is, how long it lasts, child); what is no note stands at its `offset`."""
        at = onset = furthest = Fraction(0)
        for child in measure:
            if child.tag == "attributes" and (divisions := number(child.find("divisions"))):
                self._ticks = TICKS_PER_BEAT / max(divisions, Fraction(1, 1000))
            if child.tag in ("note", "backup", "forward"):
                length = (number(child.find("duration")) or Fraction(0)) * self._ticks
                if child.tag == "backup":
                    at = max(at - length, Fraction(0))
                elif child.find("chord") is None:
                    onset, at = at, at + length
                furthest = max(furthest, at)
                yield round(onset), length, child
            else:
                offset = (number(child.find("offset")) or 0) * self._ticks
                yield round(at + offset), Fraction(0), child
        self.length_tick = round(furthest)


class ScoreError(Exception):
    """What is wrong with a score, as the end of a sentence."""


def read_score(content: bytes, where: str, times: int = 1) -> Element:
    """The `score-partwise` element of a file; InputFileError where it holds none. `where` names the file.

    It may be `times` as long as a lead sheet.
    """
    try:
        if content.startswith(b"PK"):
            content = _unpacked(content, MOST_BYTES * times)
        score = _tree(content, times)
        if score.tag not in _SCORES:
            begins = f"it is XML that begins with '{score.tag[:60]}'"
            raise ScoreError(
                f"{begins}, and MusicXML that begins with 'score-partwise' was expected"
            )
    except ScoreError as error:
        raise InputFileError(f"Cannot read {where}: {error}.") from error.__cause__
    return _partwise(score) if score.tag == "score-timewise" else score


def _unpacked(content: bytes, most_bytes: int) -> bytes:
    if content.count(b"PK\x01\x02") > _MOST_MEMBERS:
        raise ScoreError(
            f"it is a zip of over {_MOST_MEMBERS:,} files, and compressed MusicXML was expected"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _member(archive, _score_in(archive), most_bytes)
    except ScoreError:
        raise
    except Exception as error:  # damaged archives raise anything in zipfile, zlib, lzma and struct
        raise ScoreError(
            "it begins like a zip file but is damaged or locked; save it again"
        ) from error


def _score_in(archive: zipfile.ZipFile) -> str:
    """The name of the score: the one that the container names, else the only one there is."""
    names = archive.namelist()
    scores = [name for name in names if _may_be_score(name)]
    paths = _container_paths(archive) if _CONTAINER in names else []
    named = [path for path in paths if path in scores] or [path for path in paths if path in names]
    if named:
        return named[0]
    begun = [name for name in scores if _begins_as_score(archive, name)] or scores
    if len(begun) == 1:
        return begun[0]
    if not begun:
        raise ScoreError("it is a zip file without a score, and compressed MusicXML was expected")
    listed = ", ".join(map(repr, begun[:_MOST_NAMED]))
    more = f" and {len(begun) - _MOST_NAMED} more" if len(begun) > _MOST_NAMED else ""
    raise ScoreError(
        f"it is a zip file with {len(begun)} scores, {listed}{more}, and its {_CONTAINER} does not say "
        "which; one score was expected"
    )


def _may_be_score(name: str) -> bool:
    """Whether a member has the name of a score, and not that of a Mac's leftovers."""
    return (
        name.lower().endswith((".musicxml", ".xml"))
        and not name.startswith(("META-INF/", "__MACOSX/"))
        and not name.rpartition("/")[2].startswith(".")
    )


def _container_paths(archive: zipfile.ZipFile) -> list[str]:
    """The paths that the container names; none if it is not XML, as an unescaped apostrophe makes it."""
    try:
        container = _tree(_member(archive, _CONTAINER, MOST_BYTES))
    except ScoreError:
        return []
    return [root.get("full-path", "") for root in container.iter("rootfile")]


def _begins_as_score(archive: zipfile.ZipFile, name: str) -> bool:
    with archive.open(name) as file:
        beginning = file.read(_BEGINNING).replace(b"\0", b"")
    return b"<score-" in beginning


def _member(archive: zipfile.ZipFile, name: str, most_bytes: int) -> bytes:
    with archive.open(name) as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise ScoreError(f"it unpacks to over {most_bytes:,} bytes, more than any lead sheet")
    return content


def _tree(content: bytes, times: int = 1) -> Element:
    if len(content) > MOST_BYTES * times:
        raise ScoreError(
            f"it has {len(content):,} bytes, and at most {MOST_BYTES * times:,} were expected"
        )
    text = _NO_XML.sub(" ", _text_of(content)).strip()
    if declaration := _DECLARATION.match(text):
        text = text[declaration.end() :].lstrip()
    if "<![CDATA[" not in text:
        # Names and words with a bare ampersand, and signs by names that only web pages have.
        text = _BARE_AMPERSAND.sub(_escaped, text)
    try:
        return _parsed(text, _MOST_ELEMENTS * times)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise ScoreError(
            f"it is not well-formed XML ({reason} in line {error.lineno}), and MusicXML was expected"
        ) from None


def _text_of(content: bytes) -> str:
    """The text of the bytes of XML: by its mark, by its zeros, as UTF-8 where it is that, else as it says."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace").lstrip("\ufeff")
    if b"\0" in content[:4]:
        return content.decode("utf-16-be" if content[:1] == b"\0" else "utf-16-le", "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    declared = _ENCODING.search(content[:400])
    try:
        return content.decode(declared[1].decode() if declared else "cp1252")
    except (LookupError, ValueError):
        return content.decode("cp1252", "replace")


def _escaped(ampersand: re.Match[str]) -> str:
    name = ampersand[1]
    return html.entities.html5.get(name, f"&amp;{name}") if name else "&amp;"


def _parsed(text: str, most_elements: int) -> Element:
    """The tree of XML. Raises ExpatError; ScoreError for what could blow it up."""
    builder = TreeBuilder()
    parser = expat.ParserCreate("utf-8")
    depth = count = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if count > most_elements:
            raise ScoreError(f"it has over {most_elements:,} elements, more than any lead sheet")
        if depth > _MOST_DEEP:
            raise ScoreError(f"its elements are over {_MOST_DEEP} deep, which no MusicXML is")
        builder.start(tag.rpartition(":")[2], attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag.rpartition(":")[2])

    def entity(name: str, *_: object) -> None:
        raise ScoreError(
            f"it declares the entity {name[:60]!r}, and MusicXML without any was expected"
        )

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = entity
    parser.buffer_text = True
    parser.Parse(text.encode("utf-8", "replace"), True)
    return builder.close()


def _partwise(score: Element) -> Element:
    """A timewise score as the same score part by part."""
    made = Element("score-partwise")
    parts: dict[str, Element] = {}
    for child in score:
        if child.tag != "measure":
            made.append(child)
            continue
        for part in child.findall("part"):
            measure = Element("measure", child.attrib)
            measure.extend(part)
            name = part.get("id", "")
            parts.setdefault(name, Element("part", {"id": name})).append(measure)
    made.extend(parts.values())
    return made


def measures_of(score: Element) -> list[list[Element]]:
    """For each measure its element in every part, the part with the chord symbols first.

    That is the first part that has a `harmony`; parts that are shorter are left out at their end.
    """
    parts = [part.findall("measure") for part in score.findall("part")]
    chords = next(
        (at for at, part in enumerate(parts) if any(m.find("harmony") is not None for m in part)), 0
    )
    if not parts:
        return []
    ordered = [parts[chords], *parts[:chords], *parts[chords + 1 :]]
    return [
        [part[index] for part in ordered if index < len(part)] for index in range(len(ordered[0]))
    ]
