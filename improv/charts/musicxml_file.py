"""The bytes of a MusicXML file -> its tree, and the measures of its parts side by side.

A `.mxl` is a zip whose META-INF/container.xml names the score; where that is no XML (some programs write an
apostrophe in a title so), the one score in the zip is meant. The standard library's parser is enough: it
fetches nothing from outside, and what could blow a small file up is refused before it does: entities that the
file declares, elements too deep, and files or zip members too long.
"""

from __future__ import annotations

import io
import re
import zipfile
from fractions import Fraction
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from improv.errors import InputFileError

MOST_BYTES = 32 * 1024 * 1024
MADE_UP = frozenset({"Music21 Fragment", "Music21"})
"""What music21 writes as title and composer where it knows of none."""
_MOST_DEEP = 64
_CONTAINER = "META-INF/container.xml"
_SCORES = ("score-partwise", "score-timewise")
_NUMBER = re.compile(r"[+-]?\d{1,9}(\.\d{1,6})?")


def word(element: Element | None) -> str:
    """The text of an element on one line; empty where there is neither."""
    return " ".join((element.text or "").split()) if element is not None else ""


def number(element: Element | None) -> Fraction | None:
    """The number that an element holds; None where there is none."""
    text = word(element)
    return Fraction(text) if _NUMBER.fullmatch(text) else None


def read_score(content: bytes, where: str) -> Element:
    """The `score-partwise` element of a file; InputFileError where it holds none. `where` names the file."""
    score = _tree(_unpacked(content, where) if content.startswith(b"PK") else content, where)
    if score.tag not in _SCORES:
        raise InputFileError(
            f"Cannot read {where}: it is XML that begins with '{score.tag[:60]}', and MusicXML "
            "that begins with 'score-partwise' was expected."
        )
    return _partwise(score) if score.tag == "score-timewise" else score


def _unpacked(content: bytes, where: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            scores = _scores_among(names, names)
            paths = []
            if _CONTAINER in names:
                try:
                    container = _tree(_member(archive, _CONTAINER, where), where)
                    paths = [root.get("full-path", "") for root in container.iter("rootfile")]
                except InputFileError:
                    if len(scores) != 1:  # else it can mean no other
                        raise
            named = [path for path in paths if path in names]
            name = next(iter(_scores_among(paths, names) or named or scores), "")
            if not name:
                raise InputFileError(
                    f"Cannot read {where}: it is a zip file without a score, and compressed MusicXML "
                    "was expected."
                )
            return _member(archive, name, where)
    except InputFileError:
        raise
    except Exception as error:  # damaged archives raise anything in zipfile, zlib, lzma and struct
        raise InputFileError(
            f"Cannot read {where}: it begins like a zip file but is damaged or locked; save it again."
        ) from error


def _scores_among(paths: list[str], names: list[str]) -> list[str]:
    """The paths of scores that are there, and no leftovers of a Mac."""
    return [
        name
        for name in paths
        if name in names
        and name.lower().endswith((".musicxml", ".xml"))
        and not name.startswith(("META-INF/", "__MACOSX/"))
        and not name.rpartition("/")[2].startswith(".")
    ]


def _member(archive: zipfile.ZipFile, name: str, where: str) -> bytes:
    with archive.open(name) as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise InputFileError(
            f"Cannot read {where}: it unpacks to over {MOST_BYTES:,} bytes, more than any lead sheet."
        )
    return content


def _tree(content: bytes, where: str) -> Element:
    if len(content) > MOST_BYTES:
        raise InputFileError(
            f"Cannot read {where}: it has {len(content):,} bytes, and at most {MOST_BYTES:,} were expected."
        )
    builder = TreeBuilder()
    # What is UTF-16 is so whatever its declaration says.
    parser = expat.ParserCreate(
        "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else None
    )
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _MOST_DEEP:
            raise InputFileError(
                f"Cannot read {where}: its elements are over {_MOST_DEEP} deep, which no MusicXML is."
            )
        builder.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag)

    def entity(name: str, *_: object) -> None:
        raise InputFileError(
            f"Cannot read {where}: it declares the entity {name[:60]!r}, and MusicXML without "
            "any was expected."
        )

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = entity
    parser.buffer_text = True
    try:
        is_wide = b"\0" in content[:4]  # UTF-16
        parser.Parse(content if is_wide else content.strip(b"\0 \t\r\n"), True)
        return builder.close()
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise InputFileError(
            f"Cannot read {where}: it is no well-formed XML ({reason} in line {error.lineno}), and "
            "MusicXML was expected."
        ) from None
    except (ValueError, LookupError, AssertionError) as error:
        raise InputFileError(
            f"Cannot read {where}: it is in an encoding that is unknown, and UTF-8 was expected."
        ) from error


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
