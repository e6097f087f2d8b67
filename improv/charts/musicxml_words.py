"""Chords that a score has as words over the staff or as lyrics: made `harmony` elements where it has none.

    <words>Dm7</words>  ->  <harmony> ... </harmony> at the same place

Older programs write them so, and people who do not know of chord symbols in their program. They are taken for
chords where at least two that differ are, and half of all words (or lyrics); not where all are letters as
sections have (A to D)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from improv.charts.musicxml_file import word
from improv.errors import ChartError
from improv.music.chord import parse_chord_or_nc
from improv.notation.harmony import harmony_body

_FEWEST = 2
_FORM_LETTERS = frozenset("ABCD")


def with_harmonies(score: Element) -> bool:
    """Make chords of words or lyrics in a score that has none; whether it has any chord then."""
    if next(score.iter("harmony"), None) is not None:
        return True
    for kind, texts in (("direction", _words), ("note", _lyrics)):
        said = [text for element in score.iter(kind) for text in texts(element)]
        chords = {text for text in said if _harmony(text) is not None}
        count = sum(text in chords for text in said)
        if len(chords) < _FEWEST or 2 * count < len(said) or chords <= _FORM_LETTERS:
            continue
        for measure in score.iter("measure"):
            measure[:] = list(_replaced(measure, kind, texts))
        return True
    return False


def _replaced(
    measure: Element, kind: str, texts: Callable[[Element], list[str]]
) -> Iterator[Element]:
    for child in measure:
        harmonies = [_harmony(text) for text in texts(child)] if child.tag == kind else []
        found = [harmony for harmony in harmonies if harmony is not None]
        for harmony in found:
            if kind == "direction" and (offset := child.find("offset")) is not None:
                harmony.append(offset)
            yield harmony
        if kind == "note" or len(found) < len(harmonies) or not harmonies:
            yield child


def _words(direction: Element) -> list[str]:
    return [text for each in direction.iter("words") if (text := word(each))]


def _lyrics(note: Element) -> list[str]:
    return [text for each in note.findall("lyric/text")[:1] if (text := word(each))]


def _harmony(text: str) -> Element | None:
    try:
        chord = parse_chord_or_nc(text)
    except ChartError:
        return None
    return ElementTree.fromstring(f"<harmony>{harmony_body(chord)}</harmony>")
