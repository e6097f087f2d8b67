"""The one place that reads with music21: its stream of each format, and the texts of the file beside it.

Each reader gives the tunes of a file, each of which is read when it is called: a bad one leaves the others.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from improv.charts import score_texts
from improv.charts.musicxml_file import ScoreError
from improv.charts.score_tree import Said, Tune, symbol_of

Tunes = list[Callable[[], Tune]]

# -- ABC


def abc(content: bytes) -> Tunes:
    return [partial(_abc_tune, tune) for tune in score_texts.abc_tunes(_text(content))]


def _abc_tune(text: str) -> Tune:
    from music21 import abcFormat
    from music21.abcFormat import translate

    handler = abcFormat.ABCFile().readstr(score_texts.abc_marked(score_texts.abc_in_order(text)))
    # music21 keeps a chord symbol only where it can read it; "NC" it can. Those of a voice stay in order.
    quotes: dict[int, list[str]] = {}
    for token in handler.tokens:
        if isinstance(token, abcFormat.ABCNote) and token.chordSymbols:
            quotes[id(token)] = token.chordSymbols
            token.chordSymbols = ["NC"]
    head, *voices = handler.splitByVoice()
    score = translate.abcToStreamScore(handler)
    said: list[Said] = []
    for number, part in enumerate(score.parts):
        tokens = [*head.tokens, *(voices[number].tokens if voices else ())]
        texts = [quotes[id(token)] for token in tokens if id(token) in quotes]
        marks = [*part.recurse().getElementsByClass("NoChord")]
        if len(marks) != len(texts):
            raise ScoreError("its chord symbols lose their places")
        for mark, quoted in zip(marks, texts, strict=True):
            at = Fraction(mark.getOffsetInHierarchy(part))
            said += [Said(at, *score_texts.abc_said(quote), part=number) for quote in quoted]
    return Tune(score, said)


# -- Humdrum


def humdrum(content: bytes) -> Tunes:
    from music21 import converter

    text = _text(content)
    # What it cannot read of the degrees in **harm it raises for; those are read here.
    stream: Any = converter.parseData(text.replace("**harm", "**degrees"), format="humdrum")
    if "Opus" in stream.classSet:
        return [partial(Tune, each) for each in stream.scores]
    return [partial(_humdrum_tune, stream, text)]


def _humdrum_tune(stream: Any, text: str) -> Tune:
    texts = score_texts.humdrum_texts(text)
    said = [Said(at, "repeat", which) for at, which in texts.repeats]
    if texts.chords and stream.parts and Fraction(stream.parts[0].highestTime) != texts.end:
        raise ScoreError("its spines do not keep together")
    for token in texts.chords:
        symbol = _degree if token.kind == "harm" else score_texts.humdrum_symbol
        said.append(Said(token.quarters, "chord", symbol(token)))
    return Tune(stream, said)


def _degree(token: score_texts.Token) -> str:
    """The chord that a token of **harm is in its key."""
    from music21 import key, roman

    try:
        from music21.humdrum import harmParser
    except ImportError:
        raise ScoreError("its chords are **harm, which needs music21 10 or later") from None

    numeral = harmParser.convertHarmToRoman(token.text)
    if not numeral:
        return token.text
    return symbol_of(roman.RomanNumeral(numeral, key.Key(token.key))) or token.text


# -- MEI


def mei(content: bytes) -> Tunes:
    from music21 import converter

    root = ElementTree.fromstring(content)
    texts = score_texts.mei_texts(root)
    stream = converter.parseData(ElementTree.tostring(root, encoding="unicode"), format="mei")
    return [
        partial(_mei_tune, stream, texts, "trans.semi" in ElementTree.tostring(root, "unicode"))
    ]


def _mei_tune(stream: Any, texts: score_texts.MeiTexts, transposed: bool) -> Tune:
    first = stream.parts[0]
    starts = [Fraction(measure.offset) for measure in first.getElementsByClass("Measure")]
    if len(starts) != texts.measures:
        raise ScoreError(f"of its {texts.measures} measures music21 finds {len(starts)}")
    places = {}
    if any(over.id for over in texts.over):
        places = {
            note.id: Fraction(note.getOffsetInHierarchy(part))
            for part in stream.parts
            for note in part.recurse().notesAndRests
        }
    said = [
        Said(places.get(over.id, starts[over.measure] + over.quarters), over.kind, over.text)
        for over in texts.over
    ]
    return Tune(stream, said, texts.endings, transposed)


# -- Capella


def capella(content: bytes) -> Tunes:
    from music21.capella import fromCapellaXML

    over: list[tuple[Any, str]] = []
    repeats: list[tuple[str, Fraction, str]] = []

    class Importer(fromCapellaXML.CapellaImporter):
        """Keeps what it loses: the texts over notes and rests, and repeats."""

        def chordOrNoteFromChord(self, chordElement: Any) -> Any:  # noqa: N802, N803
            return self._with_texts(super().chordOrNoteFromChord(chordElement), chordElement)

        def restFromRest(self, restElement: Any) -> Any:  # noqa: N802, N803
            return self._with_texts(super().restFromRest(restElement), restElement)

        def _with_texts(self, note: Any, element: Any) -> Any:
            over.extend((note, text) for text in score_texts.capella_texts(element))
            return note

        def partScoreFromSystemScore(self, systemScore: Any) -> Any:  # noqa: N802, N803
            for system in systemScore.getElementsByClass("System"):
                for part in system.getElementsByClass("Part"):
                    repeats.extend(
                        (part.id, Fraction(system.offset + line.offset), line.direction)
                        for line in part.getElementsByClass("Repeat")
                    )
            return super().partScoreFromSystemScore(systemScore)

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        importer = Importer()
        importer.parseXMLText(archive.read("score.xml"))
    stream = importer.partScoreFromSystemScore(importer.systemScoreFromScore(importer.mainDom))
    places = {
        id(note): (number, Fraction(note.getOffsetInHierarchy(part)))
        for number, part in enumerate(stream.parts)
        for note in part.recurse().notesAndRests
    }
    numbers = {part.id: number for number, part in enumerate(stream.parts)}
    said = [Said(at, "repeat", which, numbers[part]) for part, at, which in repeats]
    for note, text in over:
        number, at = places[id(note)]
        said.append(Said(at, "maybe", text, part=number))
    return [partial(Tune, stream, said)]


# -- what music21 reads whole


def by_music21(content: bytes, name: str) -> Tunes:
    """What it reads whole; `name` is what it calls the format."""
    from music21 import converter

    stream: Any
    if name.startswith("noteworthy"):
        with tempfile.TemporaryDirectory() as folder:  # it reads them from files only
            path = Path(folder, "score")
            path.write_bytes(content)
            stream = converter.parseFile(path, format=name, forceSource=True)
    else:
        stream = converter.parseData(_text(content), format=name)
    return [partial(Tune, stream, transposed=name.startswith("noteworthy"))]


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")  # what ABC and Humdrum were written in before
