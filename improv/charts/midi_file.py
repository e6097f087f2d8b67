"""The content of a MIDI file by kind: the notes of each part, texts, meters, tempo, key; times in our ticks.

Input -> output:  bytes -> events (`charts.midi_bytes`) -> Contents, from which charts and solos are made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from improv.charts.midi_bytes import DamagedMidi, Event, MidiBytes, read_midi_bytes
from improv.errors import ChartError, InputFileError
from improv.music.meter import Meter
from improv.music.note import TICKS_PER_BEAT, Note

MARK_KINDS = ("marker", "cue_marker", "text", "lyrics")
MOST_BYTES = 16 * 1024 * 1024
MOST_BEATS = 20_000  # an hour and forty minutes at 200 beats a minute
SLOWEST_BPM, FASTEST_BPM = 20, 400
DRUM_CHANNEL = 9
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
    """The tick of the last event, including ends of tracks."""
    tempo_bpm: float | None = None
    key: str = ""


def read_contents(path: Path) -> Contents:
    """The content of the file. InputFileError, in one sentence, if it cannot be read or is not MIDI."""
    where = repr(str(path))
    return _contents(_parse(_bytes(path, where), where), where)


def _bytes(path: Path, where: str) -> bytes:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise InputFileError(
                f"Cannot read {where}: it has {size:,} bytes; expected a MIDI file of at most "
                f"{MOST_BYTES:,}."
            )
        if not path.is_file() and not path.is_dir():  # a pipe or device may never end
            raise InputFileError(f"Cannot read {where}: it is not an ordinary file.")
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputFileError(f"Cannot read {where}: there is no such file.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputFileError(f"Cannot read {where}: {reason}.") from error
    if not content:
        raise InputFileError(f"Cannot read {where}: it is empty; expected a MIDI file.")
    if not content.startswith(b"MThd"):
        raise InputFileError(
            f"Cannot read {where}: it is not a MIDI file, because it does not begin with 'MThd'."
        )
    return content


def _parse(content: bytes, where: str) -> MidiBytes:
    try:
        midi = read_midi_bytes(content)
    except DamagedMidi as error:
        raise InputFileError(
            f"Cannot read {where}: it begins like a MIDI file but is damaged or cut short; save it again."
        ) from error
    if midi.ticks_per_beat <= 0:
        raise InputFileError(
            f"Cannot read {where}: its time is in frames (SMPTE); expected ticks per beat."
        )
    return midi


def _contents(midi: MidiBytes, where: str) -> Contents:
    contents = Contents()
    twice, most_tick = 2 * midi.ticks_per_beat, MOST_BEATS * TICKS_PER_BEAT

    def ours(tick: int) -> int:
        now = (tick * TICKS_PER_BEAT * 2 + midi.ticks_per_beat) // twice
        if now > most_tick:
            raise InputFileError(
                f"Cannot read {where}: it lasts {now // TICKS_PER_BEAT:,} beats; expected at most "
                f"{MOST_BEATS:,}."
            )
        return now

    for number, track in enumerate(midi.tracks):
        contents.end_tick = max(contents.end_tick, ours(midi.ends[number]))
        name = next((_text(m.text) for m in track if m.type == "track_name"), "")
        parts: dict[int, Part] = {}
        open_notes: dict[tuple[int, int], tuple[int, int]] = {}
        for event in track:
            now = ours(event.tick)
            if event.type in ("note_on", "note_off"):
                part = parts.get(event.channel)
                if part is None:
                    part = parts[event.channel] = Part(name, event.channel)
                key = (event.channel, event.note)
                if key in open_notes:
                    _close(part, open_notes.pop(key), event.note, now)
                if event.type == "note_on" and event.velocity:
                    open_notes[key] = (now, event.velocity)
                continue
            _take_meta(contents, event, now, where)
            if event.type in MARK_KINDS:
                contents.marks_by_track[event.type, number].append((now, _text(event.text)))
        for (channel, pitch), opened in open_notes.items():
            _close(parts[channel], opened, pitch, ours(midi.ends[number]))
        contents.parts += [part for part in parts.values() if part.notes]
        if number == 0 and (not parts or midi.format == 0):
            contents.title = name
    return contents


def _close(part: Part, opened: tuple[int, int], pitch: int, now: int) -> None:
    onset, velocity = opened
    part.notes.append(Note(onset, max(1, now - onset), pitch, velocity))


def _take_meta(contents: Contents, event: Event, now: int, where: str) -> None:
    """The first tempo and key count; a chart has one of each."""
    if event.type in MARK_KINDS:
        contents.marks[event.type].append((now, _text(event.text)))
    elif event.type == "time_signature":
        try:
            contents.meters.append((now, Meter(*event.numbers)))
        except ChartError as error:
            raise InputFileError(f"Cannot read {where}: {error}") from error
    elif event.type == "set_tempo" and contents.tempo_bpm is None:
        microseconds = event.numbers[0]
        bpm = 60e6 / microseconds if microseconds > 0 else 0.0
        if not SLOWEST_BPM <= bpm <= FASTEST_BPM:
            raise InputFileError(
                f"Cannot read {where}: its tempo is {bpm:.0f} beats a minute; expected {SLOWEST_BPM} to "
                f"{FASTEST_BPM}."
            )
        contents.tempo_bpm = round(bpm, 2)
    elif event.type == "key_signature" and not contents.key:
        contents.key = event.text


def _text(text: str) -> str:
    """A MIDI text, decoded: it was read as latin-1, but most programs write UTF-8."""
    try:
        text = text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        pass  # it was latin-1
    return text.replace("\0", "").strip()
