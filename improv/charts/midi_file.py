"""The content of a MIDI file by kind: the notes of each part, texts, meters, tempo, key; times in our ticks.

Input -> output:  bytes -> events (`charts.midi_bytes`) -> Contents, from which charts and solos are made.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from improv.charts.midi_bytes import MOST_BEFORE, DamagedMidi, Event, MidiBytes, read_midi_bytes
from improv.charts.titles import title_in
from improv.errors import ChartError, InputFileError
from improv.files import content_of
from improv.music.meter import Meter
from improv.music.note import TICKS_PER_BEAT, Note
from improv.printable import printable

MARK_KINDS = ("marker", "cue_marker", "text", "lyrics")
MOST_BYTES = 16 * 1024 * 1024
MOST_BEATS = 20_000  # an hour and forty minutes at 200 beats a minute
SLOWEST_BPM, FASTEST_BPM = 20, 400
DRUM_CHANNEL = 9
_BAR_TICK = Meter(4).ticks_per_bar
_MOST_QUIET_BARS, _MOST_UNPLAYED_BARS = 4, 16
"""How long after the last note, or where there are only marks after the last mark, a file may end."""
_NO_TEXT = re.compile(r"[\x80-\x9f]")
STRUM_TICK = 30  # notes of one chord begin within this time


@dataclass
class Part:
    """The notes of one channel of one track."""

    name: str
    channel: int
    notes: list[Note] = field(default_factory=list)

    def named(self, words: Iterable[str]) -> bool:
        """Whether one of these words is in the part's name."""
        name = self.name.lower()
        return any(word in name for word in words)

    def chordal_share(self) -> float:
        """The share of notes that begin together with the one before; 0 for a melody."""
        ticks = sorted(note.onset_tick for note in self.notes)
        together = sum(b - a <= STRUM_TICK for a, b in pairwise(ticks))
        return together / len(ticks)


@dataclass
class Contents:
    """The content of a MIDI file, with times in our ticks."""

    title: str = ""
    parts: list[Part] = field(default_factory=list)
    marks: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    marks_by_track: dict[tuple[str, int], list[tuple[int, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """The same marks, by kind and track."""
    meters: list[tuple[int, Meter]] = field(default_factory=list)
    end_tick: int = 0
    """Where it ends: at the end of its tracks, or where these end far beyond the music, with that."""
    tempo_bpm: float | None = None
    key: str = ""
    remarks: list[str] = field(default_factory=list)
    """What the file says that no music has or that is not so, and was passed over."""


def read_contents(path: Path, content: bytes | None = None) -> Contents:
    """What the file says; InputFileError, in one sentence, where it cannot be read or is not MIDI.

    `content` are its bytes, where they were read already.
    """
    return _contents(read_events(path, content), repr(str(path)))


def read_events(path: Path, content: bytes | None = None) -> MidiBytes:
    """The events of a file, in its own ticks; raises as `read_contents`."""
    where = repr(str(path))
    content = content_of(path, MOST_BYTES) if content is None else content
    if len(content) > MOST_BYTES:
        raise InputFileError(f"Cannot read {where}: it has over {MOST_BYTES >> 20} MB.")
    if not content:
        raise InputFileError(f"Cannot read {where}: it is empty, and a MIDI file was expected.")
    if b"MThd" not in content[:MOST_BEFORE]:
        raise InputFileError(
            f"Cannot read {where}: it is not a MIDI file, because it does not begin with 'MThd'."
        )

    try:
        midi = read_midi_bytes(content)
    except DamagedMidi as error:
        said = str(error) or "it begins like a MIDI file but is damaged or cut short; save it again"
        raise InputFileError(f"Cannot read {where}: {said}.") from error
    if midi.ticks_per_beat <= 0:
        raise InputFileError(
            f"Cannot read {where}: its time is in frames (SMPTE) or none, and ticks per beat were expected."
        )
    return midi


def _contents(midi: MidiBytes, where: str) -> Contents:
    contents = Contents(remarks=list(midi.remarks))
    twice, most_tick = 2 * midi.ticks_per_beat, MOST_BEATS * TICKS_PER_BEAT
    odd: Counter[str] = Counter()

    def ours(tick: int) -> int:
        return (tick * TICKS_PER_BEAT * 2 + midi.ticks_per_beat) // twice

    for number, track in enumerate(midi.tracks):
        name = next((_text(m.text) for m in track if m.type == "track_name"), "")
        parts: dict[int, Part] = {}
        open_notes: dict[tuple[int, int], tuple[int, int]] = {}
        last_tick = 0  # of what is played
        for event in track:
            now = ours(event.tick)
            if event.type in ("note_on", "note_off"):
                if now > most_tick:
                    raise InputFileError(
                        f"Cannot read {where}: it lasts {-(-now // TICKS_PER_BEAT):,} beats, and at most "
                        f"{MOST_BEATS:,} were expected."
                    )
                last_tick = now
                part = parts.get(event.channel)
                if part is None:
                    part = parts[event.channel] = Part(name, event.channel)
                key = (event.channel, event.note)
                if key in open_notes:
                    _close(part, open_notes.pop(key), event.note, now)
                if event.type == "note_on" and event.velocity:
                    open_notes[key] = (now, event.velocity)
                continue
            if now > most_tick:
                odd["what is written beyond its end is passed over"] += 1
                continue
            _take_meta(contents, event, now, odd)
            if event.type in MARK_KINDS and (text := _text(event.text)):
                contents.marks_by_track[event.type, number].append((now, text))
        for (channel, pitch), opened in open_notes.items():
            # Never ended: to the end of the track, a beat beyond what else it plays at most.
            end_tick = min(ours(midi.ends[number]), max(last_tick, opened[0] + TICKS_PER_BEAT))
            _close(parts[channel], opened, pitch, end_tick)
        contents.parts += [part for part in parts.values() if part.notes]
        if number == 0 and (not parts or midi.format == 0):
            contents.title = title_in(name)
    _take_meters(contents, odd)
    contents.end_tick = _end_tick(contents, max(map(ours, midi.ends), default=0))
    contents.remarks += [
        f"{what} ({count} times)" if count > 1 else what for what, count in odd.items()
    ]
    return contents


def _end_tick(contents: Contents, last_tick: int) -> int:
    """Where the music ends: as the tracks say, unless nothing happens for long before that."""
    heard = max((note.end_tick for part in contents.parts for note in part.notes), default=0)
    marked = max((tick for marks in contents.marks.values() for tick, _ in marks), default=0)
    bar_tick = contents.meters[-1][1].ticks_per_bar if contents.meters else _BAR_TICK
    quiet = (_MOST_QUIET_BARS if heard else _MOST_UNPLAYED_BARS) * bar_tick
    until = max(heard, marked)
    return last_tick if last_tick <= until + quiet else until


def _close(part: Part, opened: tuple[int, int], pitch: int, now: int) -> None:
    onset, velocity = opened
    part.notes.append(Note(onset, max(1, now - onset), pitch, velocity))


def _take_meters(contents: Contents, odd: Counter[str]) -> None:
    """One beat a bar throughout says that nobody counted bars."""
    if contents.meters and all(meter.beats_per_bar == 1 for _, meter in contents.meters):
        odd[f"a meter of {contents.meters[0][1]} throughout is none and is passed over"] += 1
        contents.meters.clear()


def _take_meta(contents: Contents, event: Event, now: int, odd: Counter[str]) -> None:
    """The first tempo and key count; a chart has one of each. What no music has is passed over."""
    if event.type in MARK_KINDS:
        if text := _text(event.text):
            contents.marks[event.type].append((now, text))
    elif event.type == "time_signature":
        try:
            contents.meters.append((now, Meter(*event.numbers)))
        except ChartError:
            beats, unit = event.numbers
            odd[f"the meter {beats}/{unit} is none and is passed over"] += 1
    elif event.type == "set_tempo" and contents.tempo_bpm is None:
        microseconds = event.numbers[0]
        bpm = 60e6 / microseconds if microseconds > 0 else 0.0
        if SLOWEST_BPM <= bpm <= FASTEST_BPM:
            contents.tempo_bpm = round(bpm, 2)
        else:
            odd[f"the tempo of {bpm:.0f} beats a minute is passed over"] += 1
    elif event.type == "key_signature" and not contents.key:
        contents.key = event.text


def _text(text: str) -> str:
    """A MIDI text as it was meant: read as latin-1, it is UTF-8 from most programs.

    Of another encoding only the bytes that are letters in latin-1 too are kept; the rest is U+FFFD.
    """
    try:
        text = text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        text = _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)  # it may be latin-1
    return printable(text)
