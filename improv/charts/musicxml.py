"""Read a lead sheet from MusicXML (.musicxml, .xml, .mxl): the chord symbols, not the notes.

    bytes -> `musicxml_file` -> measures -> `musicxml_bars` -> bars as written -> `written.chart_of` -> Chart
                                               `musicxml_harmony`: a `harmony` -> Chord

The part that is read is the first with chord symbols; signs (repeats, codas, rehearsal letters, tempo) are
taken from all parts. What is written for a transposing instrument is brought to where it sounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from xml.etree.ElementTree import Element

from improv.charts.doubts import Doubts
from improv.charts.feel_words import behind_intro
from improv.charts.form_words import ways_in
from improv.charts.ireal_styles import feel_of, tempo_of
from improv.charts.musicxml_bars import Head, Measure, bars_of, read_measures
from improv.charts.musicxml_file import measures_of, read_score, word
from improv.charts.musicxml_words import with_harmonies
from improv.charts.titles import title_in
from improv.charts.written import WrittenBar, chart_of, coda_of
from improv.errors import ChartError, InputFileError
from improv.music.chart import Chart
from improv.music.feel import DEFAULT_FEEL, FEELS
from improv.music.pitch import line_name
from improv.music.spelling import MODES


def read_musicxml(content: bytes, *, source: str = "") -> Chart:
    """The chart of a MusicXML file, compressed or not; repeats, endings and jumps are unrolled.

    `source` names the file in messages and gives the title where the score has none. InputFileError where it
    is no MusicXML or has no chord symbols; ChartError names the measure that cannot be read.
    """
    where = repr(source) if source else "the score"
    score = read_score(content, where)
    if not with_harmonies(score):
        raise InputFileError(
            f"Cannot find chords in {where}: expected chord symbols over its measures."
        )
    return read_tree(score, where, source)[0]


def read_tree(
    score: Element, where: str, source: str
) -> tuple[Chart, list[WrittenBar], list[Measure]]:
    """The chart of a score that has chord symbols, its bars as written, and the measure of each."""
    doubts = Doubts()
    measures, head = read_measures(measures_of(score), source, doubts)
    bars = bars_of(measures, doubts)
    style = head.style or _ireal_style(score)
    ireal_feel = feel_of(style, "", bars[0].meter) if style and not head.style and bars else ""
    for words in filter(None, map(word, score.iterfind("credit/credit-words"))):
        if any(way.kind in ("jump", "to coda") for way in ways_in(words)):
            doubts.say(
                f"{words[:60]!r} in {where} is not obeyed: it stands on the page, in no measure."
            )
    feel = head.feel or ireal_feel or head.swing or DEFAULT_FEEL
    usual_bpm = tempo_of(style, feel) if ireal_feel else FEELS[feel].tempo_bpm
    try:
        chart = chart_of(
            bars,
            title=_title(score) or PurePath(source).stem,
            tempo_bpm=head.tempo_bpm or usual_bpm,
            key=_key(head),
            feel=feel,
            composer=_composer(score),
            style=style,
            first=_first(bars),
            warnings=doubts.warnings,
        )
    except ChartError as error:
        raise ChartError(f"{str(error).rstrip('.')}, in {where}.") from None
    return chart.transposed(head.chromatic), bars, measures


def _first(bars: Sequence[WrittenBar]) -> int:
    """The bar at which choruses begin: behind the intro, or behind an upbeat written as a whole bar.

    Such a bar has no chord and stands before the `|:` to which the tune goes back.
    """
    if after := behind_intro([bar.label for bar in bars[: coda_of(bars)]]):
        return after
    opening = next((index for index, bar in enumerate(bars) if bar.opens), 0)
    silent = all(chord is None for bar in bars[:opening] for _, chord in bar.changes)
    return opening if silent else 0


def _title(score: Element) -> str:
    said = (
        word(score.find("work/work-title")),
        word(score.find("movement-title")),
        _credit(score, "title"),
    )
    return next(filter(None, map(title_in, said)), "")


def _composer(score: Element) -> str:
    for creator in score.iterfind("identification/creator"):
        if creator.get("type", "composer") == "composer":
            return title_in(word(creator))
    return _credit(score, "composer")


def _ireal_style(score: Element) -> str:
    """The style in an export of iReal Pro, which writes it as the lyricist; empty in any other score."""
    if not any(
        "ireal" in word(each).lower() for each in score.iterfind("identification/encoding/software")
    ):
        return ""
    creators = score.iterfind("identification/creator")
    return next((word(each) for each in creators if each.get("type") == "lyricist"), "")


def _credit(score: Element, type_: str) -> str:
    for credit in score.iterfind("credit"):
        if word(credit.find("credit-type")) == type_:
            return " ".join(
                filter(None, (word(words) for words in credit.iterfind("credit-words")))
            )
    return ""


def _key(head: Head) -> str:
    """ "Bb", "C minor", "D dorian"; empty where there is none."""
    if not head.has_key:
        return ""
    mode = head.mode if head.mode in MODES else "major"
    place = head.fifths - MODES[mode]
    if not -8 <= place <= 12:  # more accidentals than a key has
        return ""
    tonic = line_name(place)
    return tonic if mode in ("major", "ionian") else f"{tonic} {mode}"
