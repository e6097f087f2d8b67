"""What a page drops or pastes is read here, and what it takes home is made: in the page's process.

    text, link, playlist, score, MIDI file  ──read──>  {"type": "charts", "tunes": [...]}
    the log of a session                    ──read──>  {"type": "replay", "messages": [...]}
    what was heard                          ──file_of──>  {"type": "file", "name", "base64"}

A tune's `say` is what follows `chart` in a typed line. It is the page as written where that reads as the same
music, else with its repeats written out. No name of a file on this machine is ever looked at.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from improv.charts.book import Entry
from improv.charts.built_in import BUILT_IN
from improv.charts.chart_json import from_json
from improv.charts.library import open_bytes
from improv.charts.page import bar_text
from improv.charts.sayable import for_text
from improv.charts.text import parse_chart
from improv.charts.text_print import print_chart
from improv.controls.table import Controls
from improv.errors import ImprovError, InputFileError
from improv.music.chart import Chart
from improv.music.note import Note
from improv.music.take import Take, Track
from improv.music.tempo import TempoMap
from improv.page import told
from improv.page.form import tune_message
from improv.page.kept import Heard, Played
from improv.page.protocol import LONGEST_LINE, Message
from improv.performance.arrangement import Arrangement
from improv.performance.performance import Performance
from improv.performance.played import PlayedNote
from improv.performance.takes import cut, from_bar, in_a_row, take_of
from improv.printable import printable
from improv.session.reader import read as read_log
from improv.session.restore import performances_of

_LINE = re.compile(r"\bline (\d+)\b")
_TYPED = "Untitled"
"""What was typed, unless it says its title."""
_BEFORE = re.compile(r"\|:|[\d,]+\.|Segno.*|Coda.*|\".*\"")
"""Marks that stand before the chords of their bar; the others stand behind."""
_CLOSE = re.compile(r":\|(x\d+)?$")
_BARS_A_LINE = 4


def read(message: Message) -> Message:
    """The answer to a "document", whatever is in it."""
    name = printable(message.get("name") or _TYPED)
    try:
        content = _content(message)
        if _is_log(content):
            return _replay(content, name)
        book = open_bytes(content, name)
        return {
            "type": "charts",
            "name": name,
            "tunes": [_tune(entry, name) for entry in book.entries],
        }
    except ImprovError as error:
        return {"type": "charts", "name": name, "tunes": [], **_problem(error, name)}


def _content(message: Message) -> bytes:
    if "base64" in message:
        try:
            return base64.b64decode(message["base64"], validate=True)
        except binascii.Error:
            raise InputFileError("What was dropped did not arrive whole: drop it again.") from None
    text = message.get("text", "").strip()
    text = BUILT_IN.get(text, text)
    if "|" not in text and "irealb" not in text.lower() and "\n" not in text:
        text = f"| {' | '.join(text.replace(',', ' ').split())} |"  # chords, a bar each
    return text.encode("utf-8", "replace")


def _problem(error: ImprovError, name: str) -> dict[str, Any]:
    return {"error": _here(str(error), name), "line": _line(str(error))}


def _here(sentence: str, name: str) -> str:
    """A sentence without the name of what lies before the reader's eyes."""
    return sentence.replace(f" of {name!r}", "").replace(f"chart {name!r}", "the chart")


def _line(sentence: str) -> int | None:
    found = _LINE.search(sentence)
    return int(found[1]) if found else None


def _tune(entry: Entry, name: str) -> dict[str, Any]:
    facts = {
        "title": entry.title,
        "composer": entry.composer,
        "style": entry.style,
        "key": entry.key,
    }
    try:
        chart = entry.chart()
        text, changed = _text_of(chart)
    except ImprovError as error:
        return facts | _problem(error, name)
    bars = f"{chart.bars} bar{'s' if chart.bars != 1 else ''} of {chart.meter}"
    return {
        "title": chart.title,
        "composer": chart.composer,
        "style": chart.style or chart.feel,
        "key": chart.key,
        "facts": ", ".join(filter(None, (bars, chart.key))),
        "text": text,
        "say": text.strip(),
        "warnings": [[_line(each), _here(each, name)] for each in (*chart.warnings, *changed)],
    } | (
        {}
        if len(text) <= LONGEST_LINE - 20
        else {"error": "It is too long to be played from here."}
    )


def _text_of(chart: Chart) -> tuple[str, tuple[str, ...]]:
    """The chart as text, and what had to be changed for it."""
    fit, changed = for_text(chart)
    unrolled = print_chart(fit)
    written = _as_written(chart)
    if written and not changed:
        head = unrolled[: unrolled.index("\n\n") + 2]
        try:
            if parse_chart(head + written) == chart:
                return head + written, ()
        except ImprovError:
            pass  # a bar that is never played is not known here
    return unrolled, changed


def _as_written(chart: Chart) -> str:
    """The bars once each, with the marks that stand at them; empty where nobody wrote them down."""
    labels = dict(chart.sections)
    numbers: dict[int, tuple[int, tuple[str, ...]]] = {}
    for tick, number, marks in (*(chart.last.written if chart.last else ()), *chart.written):
        if tick in chart.bar_ticks:
            numbers[number] = tick, marks
    lines: list[list[str]] = []
    meter, closed = chart.meter, True
    for tick, marks in (numbers[number] for number in sorted(numbers)):
        bar = chart.bar_of(tick)
        words = [mark for mark in marks if _BEFORE.fullmatch(mark)]
        if chart.meter_of(bar) != meter:
            meter = chart.meter_of(bar)
            words.insert("|:" in words, str(meter))
        words.append(bar_text(chart.changes_in_bar(bar), meter))
        words += [mark for mark in marks if not _BEFORE.fullmatch(mark) and mark[0] not in ":]"]
        label = labels.get(tick)
        if not lines or label or len(lines[-1]) == _BARS_A_LINE:
            lines.append([])
            if label:
                lines[-1:] = [[f"[{label}]"], []]
            closed = False
        elif "|:" not in words and not closed:
            words.insert(0, "|")
        close = next((mark.replace(":|", ":|x") for mark in marks if mark.startswith(":|")), "")
        closed = bool(close)
        lines[-1].append(" ".join([*words, close.removesuffix("x")] if close else words))
    return "\n".join(map(_printed, lines))


def _printed(line: list[str]) -> str:
    if line[0].startswith("["):
        return line[0]
    first = "" if line[0].startswith("|:") else "| "
    return f"{first}{' '.join(line)}{'' if _CLOSE.search(line[-1]) else ' |'}"


# -- a log


def _is_log(content: bytes) -> bool:
    return content[:1] == b"{" and b'"jazz_improv"' in content.split(b"\n", 1)[0]


def _replay(content: bytes, name: str) -> Message:
    """A session's log as the messages that showed it, in milliseconds from its beginning."""
    session = read_log(io.BytesIO(content), name)
    messages: list[Message] = []
    start_ns: int | None = None
    for part, performance in zip(session.parts, performances_of(session), strict=True):
        tempo = TempoMap(part.tempos[0][1], part.start_ns)
        for tick, bpm in part.tempos[1:]:
            tempo.change(tick, bpm)
        start_ns = tempo.ns_at(part.start_tick) if start_ns is None else start_ns

        def ms(tick: int, tempo: TempoMap = tempo, from_ns: int = start_ns) -> float:
            return round((tempo.ns_at(tick) - from_ns) / 1e6, 3)

        tune = tune_message(performance)
        del tune["chart"]
        chart = performance.arrangement.chart
        messages += [
            tune,
            {"type": "tempo", "map": [[tick, ms(tick), bpm] for tick, bpm in part.tempos]},
            {
                "type": "notes",
                "notes": [
                    told.note(note, chart, ms(note.onset_tick), ms(note.end_tick))
                    for note in part.notes
                ],
            },
        ]
    if not messages:
        raise InputFileError(f"Nothing was played in the log {name!r}.")
    return {"type": "replay", "title": session.parts[0].title or name, "messages": messages}


# -- to be taken home


def file_of(heard: Heard, what: str, kind: str) -> Message:
    """The last chorus or the session so far as MIDI, MusicXML or sound; with "error" where that cannot be.

    As "notes" it is the notes as they were told, for a page that renders them itself.
    """
    try:
        if what not in ("chorus", "session") or kind not in ("notes", *_WRITERS):
            raise InputFileError(f"There is no {what!r} as {kind!r} to be taken home.")
        played = [row for row in heard.stretches if row.reached_tick > row.start_tick and row.notes]
        if not played:
            raise InputFileError("Nothing has been played yet.")
        if what == "chorus":
            played = [_last_chorus(played[-1])]
        titles = dict.fromkeys(filter(None, (row.tune["title"] for row in played)))
        title = " ".join(re.sub(r"[^\w .,'-]+", " ", ", ".join(titles)).split())[:60] or "session"
        name = f"{title}{', last chorus' if what == 'chorus' else ''}"
        if kind == "notes":
            rows = [note for row in played for note in row.notes]
            return {"type": "file", "name": f"{name}.wav", "rows": rows}
        content = _WRITERS[kind](in_a_row([_take(row, heard.musicians) for row in played]))
    except ImprovError as error:
        return {"type": "file", "error": str(error)}
    return {"type": "file", "name": f"{name}.{kind}", "base64": base64.b64encode(content).decode()}


def _last_chorus(played: Played) -> Played:
    """The last chorus that was played to its end; the one that is played, where there is none."""
    chart = from_json(played.tune["chart"])
    end = chart.bar_of(played.reached_tick - 1) + 1
    chorus, bar = chart.chorus_and_bar(end - 1)
    start = max(0, end - 1 - (bar - chart.first_bar))
    if chorus > 0 and chart.bar_tick(start) > played.start_tick:
        end = start
        start = end - 1 - (chart.chorus_and_bar(end - 1)[1] - chart.first_bar)
    start_tick, end_tick = max(chart.bar_tick(start), played.start_tick), chart.bar_tick(end)
    notes = [note for note in played.notes if start_tick <= note[3] < end_tick]
    return replace(played, start_tick=start_tick, reached_tick=end_tick, notes=notes)


def _take(played: Played, musicians: list[dict[str, Any]]) -> Take:
    tune, chart = played.tune, from_json(played.tune["chart"])
    end_tick = chart.bar_tick(chart.bar_of(played.reached_tick - 1) + 1)
    if tune["repeat_tick"] is None:
        end_tick = min(end_tick, chart.length_tick)
    lineup = [
        Track(each["name"], each["channel"], each["program"], (), () if each["solo"] else None)
        for each in musicians
    ]
    tempos = _from_its_beginning(sorted(played.tempos.items()) or [(0, chart.tempo_bpm)])
    keys = tuple((tick, key) for tick, key in tune["keys"])
    arrangement = Arrangement(chart, 0, 0, None, None, keys=keys)
    controls = Controls(swing=tune["swing"])
    performance = Performance(arrangement, TempoMap(tempos[0][1]), controls)
    notes = (_played(row) for row in sorted(played.notes, key=lambda row: row[3]))
    take = cut(take_of(performance, notes, lineup, tempos), end_tick)
    return from_bar(take, take.chart.bar_of(played.start_tick))


def _from_its_beginning(tempos: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Without those that were over before the tune began: a tempo may be told from a tick before it."""
    before = [bpm for tick, bpm in tempos if tick <= 0]
    first_bpm = before[-1] if before else tempos[0][1]
    return [(0, first_bpm), *((tick, bpm) for tick, bpm in tempos if tick > 0)]


def _played(row: list[Any]) -> PlayedNote:
    note_id, _, _, on_tick, off_tick, pitch, velocity, channel, player, _, _, written, end, _ = row
    on_paper = None if written is None else Note(written, max(1, end - written), pitch, velocity)
    off_tick = max(off_tick, on_tick + 1)
    return PlayedNote(
        note_id, on_tick, off_tick, pitch, velocity, channel, player, written=on_paper
    )


def _wav(take: Take) -> bytes:
    from improv import audio, smf

    audio.check()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "take.wav"
        audio.render(smf.midi_bytes(take), path)
        return path.read_bytes()


def _midi(take: Take) -> bytes:
    from improv import smf

    return smf.midi_bytes(take)


def _musicxml(take: Take) -> bytes:
    from improv.notation.musicxml import write_take

    return write_take(take, lambda tick: None).encode()


_WRITERS = {"mid": _midi, "musicxml": _musicxml, "wav": _wav}
