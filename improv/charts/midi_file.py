"""What a MIDI file says, by kind: the notes of each part, texts, meters, tempo, key; times in our ticks.

Input -> output:  bytes -> mido's messages -> Contents, of which charts and solos are made.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import mido

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
        """Whether one of these words is in its name."""
        name = self.name.lower()
        return any(word in name for word in words)

    def chordal_share(self) -> float:
        """Share of the notes that begin together with the one before: 0 is a melody."""
        ticks = sorted(note.onset_tick for note in self.notes)
        together = sum(b - a <= STRUM_TICK for a, b in pairwise(ticks))
        return together / len(ticks)


@dataclass
class Contents:
    """What a MIDI file says, its times in our ticks."""

    title: str = ""
    parts: list[Part] = field(default_factory=list)
    marks: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    marks_by_track: dict[tuple[str, int], list[tuple[int, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """The same marks, by kind and track."""
    meters: list[tuple[int, Meter]] = field(default_factory=list)
    end_tick: int = 0
    """Where the last event is, an end of track too."""
    tempo_bpm: float | None = None
    key: str = ""


def read_contents(path: Path) -> Contents:
    """What the file says; InputFileError, in one sentence, where it cannot be read or is not MIDI."""
    where = repr(str(path))
    return _contents(_parse(_bytes(path, where), where), where)


def _bytes(path: Path, where: str) -> bytes:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise InputFileError(
                f"Cannot read {where}: it has {size:,} bytes, and a MIDI file of at most "
                f"{MOST_BYTES:,} was expected."
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
        raise InputFileError(f"Cannot read {where}: it is empty, and a MIDI file was expected.")
    if not content.startswith(b"MThd"):
        raise InputFileError(
            f"Cannot read {where}: it is not a MIDI file, which would begin with 'MThd'."
        )
    return content


def _parse(content: bytes, where: str) -> mido.MidiFile:
    try:
        midi = mido.MidiFile(file=io.BytesIO(content), clip=True)
    except Exception as error:  # damaged bytes raise anything in mido, its own bare Exceptions too
        raise InputFileError(
            f"Cannot read {where}: it begins like a MIDI file but is damaged or cut short; save it again."
        ) from error
    if midi.ticks_per_beat <= 0:
        raise InputFileError(
            f"Cannot read {where}: its time is in frames (SMPTE), and ticks per beat were expected."
        )
    return midi


def _contents(midi: mido.MidiFile, where: str) -> Contents:
    contents = Contents()
    for number, track in enumerate(midi.tracks):
        name = next((_text(m.name) for m in track if m.type == "track_name"), "")
        parts: dict[int, Part] = {}
        open_notes: dict[tuple[int, int], tuple[int, int]] = {}
        tick = 0
        for message in track:
            tick += message.time
            now = (tick * TICKS_PER_BEAT * 2 + midi.ticks_per_beat) // (2 * midi.ticks_per_beat)
            if now > MOST_BEATS * TICKS_PER_BEAT:
                raise InputFileError(
                    f"Cannot read {where}: it lasts {now // TICKS_PER_BEAT:,} beats, and at most "
                    f"{MOST_BEATS:,} were expected."
                )
            contents.end_tick = max(contents.end_tick, now)
            if message.is_meta:
                _take_meta(contents, message, now, where)
                if message.type in MARK_KINDS:
                    contents.marks_by_track[message.type, number].append((now, _text(message.text)))
            elif message.type in ("note_on", "note_off"):
                part = parts.setdefault(message.channel, Part(name, message.channel))
                key = (message.channel, message.note)
                if key in open_notes:
                    _close(part, open_notes.pop(key), message.note, now)
                if message.type == "note_on" and message.velocity:
                    open_notes[key] = (now, message.velocity)
        for (channel, pitch), opened in open_notes.items():
            _close(parts[channel], opened, pitch, now)
        contents.parts += [part for part in parts.values() if part.notes]
        if number == 0 and (not parts or midi.type == 0):
            contents.title = name
    return contents


def _close(part: Part, opened: tuple[int, int], pitch: int, now: int) -> None:
    onset, velocity = opened
    part.notes.append(Note(onset, max(1, now - onset), pitch, velocity))


def _take_meta(contents: Contents, message: mido.MetaMessage, now: int, where: str) -> None:
    """The first tempo and key count; a chart has one of each."""
    if message.type in MARK_KINDS:
        contents.marks[message.type].append((now, _text(message.text)))
    elif message.type == "time_signature":
        try:
            contents.meters.append((now, Meter(message.numerator, message.denominator)))
        except ChartError as error:
            raise InputFileError(f"Cannot read {where}: {error}") from error
    elif message.type == "set_tempo" and contents.tempo_bpm is None:
        bpm = 60e6 / message.tempo if message.tempo > 0 else 0.0
        if not SLOWEST_BPM <= bpm <= FASTEST_BPM:
            raise InputFileError(
                f"Cannot read {where}: its tempo is {bpm:.0f} beats a minute, and {SLOWEST_BPM} to "
                f"{FASTEST_BPM} were expected."
            )
        contents.tempo_bpm = round(bpm, 2)
    elif message.type == "key_signature" and not contents.key:
        contents.key = message.key


def _text(text: str) -> str:
    """A MIDI text as it was meant: mido reads latin-1, most programs write UTF-8."""
    try:
        text = text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        pass  # it was latin-1
    return text.replace("\0", "").strip()
