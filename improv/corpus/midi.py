"""Read a solo with its chords from a MIDI file.

Input -> output:  bytes  ->  parts (notes), marks (text), meter, tempo  ->  Solo.

    melody   the part named Solo, Melody, Lead or like a horn; else the one most one-note-at-a-time
             that is neither drums (channel 10) nor bass
    chords   markers (or cues, texts, lyrics) that are chord symbols, at least two; else a part of voiced
             chords, recognised by their pitch classes
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import mido

from improv.corpus.voicing import recognise
from improv.errors import ChartError, InputFileError
from improv.music.chart import Chart
from improv.music.chord import Chord, parse_chord
from improv.music.meter import Meter
from improv.music.note import TICKS_PER_BEAT, Note, Solo

MELODY_WORDS = (
    *("solo", "melody", "lead", "head", "tenor", "alto", "sax", "trumpet", "trombone", "clarinet"),
    *("flute", "horn", "violin", "voice", "vocal", "vibes", "guitar"),
)
CHORD_WORDS = ("chord", "comp", "harmony", "piano", "keys", "organ", "rhodes", "pad", "strings")
NO_MELODY_WORDS = ("drum", "bass", "perc", "click", "metronome", *CHORD_WORDS)
NO_CHORD_TEXTS = frozenset({"NC", "N.C.", "N.C", "NOCHORD"})
MARK_KINDS = ("marker", "cue_marker", "text", "lyrics")
FORM_LETTERS = frozenset("ABCD")

MOST_BYTES = 16 * 1024 * 1024
MOST_BEATS = 20_000  # an hour and forty minutes at 200 beats a minute
FEWEST_NOTES = 2
SLOWEST_BPM, FASTEST_BPM = 20, 400
DRUM_CHANNEL = 9
LOWEST_MELODY_MEAN = 45  # an unnamed part below A2 on average is a bass
STRUM_TICK = 30  # notes of one chord begin within this time
MARK_SLACK_TICK = 60  # a mark this near to a beat means the beat


@dataclass
class _Part:
    """The notes of one channel of one track."""

    name: str
    channel: int
    notes: list[Note] = field(default_factory=list)

    def named(self, words: Iterable[str]) -> bool:
        name = self.name.lower()
        return any(word in name for word in words)

    def chordal_share(self) -> float:
        """Share of the notes that begin together with the one before: 0 is a melody."""
        ticks = sorted(note.onset_tick for note in self.notes)
        together = sum(b - a <= STRUM_TICK for a, b in pairwise(ticks))
        return together / len(ticks)


@dataclass
class _Contents:
    """What a MIDI file says, its times in our ticks."""

    title: str = ""
    parts: list[_Part] = field(default_factory=list)
    marks: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    meter: Meter | None = None
    tempo_bpm: float | None = None
    key: str = ""


def read_solo(path: str | Path) -> Solo:
    """The solo in a MIDI file and the chart it is played over, unrolled over the whole solo.

    Raises InputFileError, in one sentence, where the file cannot be read, is not MIDI, or has no melody or
    no chords.
    """
    path = Path(path)
    where = repr(str(path))
    contents = _contents(_parse(_bytes(path, where), where), where)
    melody = _melody(contents, where)
    changes = _changes(contents, melody, where)
    notes = _one_at_a_time(melody.notes)
    meter = contents.meter or Meter(4)
    last_tick = max(note.end_tick for part in contents.parts for note in part.notes)
    bars = -(-max(last_tick, changes[-1][0] + 1) // meter.ticks_per_bar)
    title = contents.title or path.stem
    chart = Chart(
        title=title,
        meter=meter,
        tempo_bpm=contents.tempo_bpm or 120.0,
        changes=tuple(changes),
        length_tick=bars * meter.ticks_per_bar,
        key=contents.key,
    )
    return Solo(title, tuple(notes), chart, source=str(path))


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


def _contents(midi: mido.MidiFile, where: str) -> _Contents:
    contents = _Contents()
    for number, track in enumerate(midi.tracks):
        name = next((_text(m.name) for m in track if m.type == "track_name"), "")
        parts: dict[int, _Part] = {}
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
            if message.is_meta:
                _take_meta(contents, message, now, where)
            elif message.type in ("note_on", "note_off"):
                part = parts.setdefault(message.channel, _Part(name, message.channel))
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


def _close(part: _Part, opened: tuple[int, int], pitch: int, now: int) -> None:
    onset, velocity = opened
    part.notes.append(Note(onset, max(1, now - onset), pitch, velocity))


def _take_meta(contents: _Contents, message: mido.MetaMessage, now: int, where: str) -> None:
    """The first meter, tempo and key count; a chart has one of each."""
    if message.type in MARK_KINDS:
        contents.marks[message.type].append((now, _text(message.text)))
    elif message.type == "time_signature" and contents.meter is None:
        try:
            contents.meter = Meter(message.numerator, message.denominator)
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


def _melody(contents: _Contents, where: str) -> _Part:
    """The part to learn from."""
    parts = [
        p for p in contents.parts if p.channel != DRUM_CHANNEL and len(p.notes) >= FEWEST_NOTES
    ]
    for word in MELODY_WORDS:
        named = [p for p in parts if p.named((word,)) and not p.named(("drum", "bass", "chord"))]
        melodic = [p for p in named if p.chordal_share() < 0.5]
        if melodic:
            return max(melodic, key=lambda p: len(p.notes))
    others = [
        p
        for p in parts
        if not p.named(NO_MELODY_WORDS)
        and p.chordal_share() < 0.5
        and sum(n.pitch for n in p.notes) >= LOWEST_MELODY_MEAN * len(p.notes)
    ]
    if not others:
        raise InputFileError(
            f"Cannot find a melody in {where}: expected a track of single notes, named 'Solo' or "
            "'Melody', that is neither drums nor bass."
        )
    return min(others, key=lambda p: (round(p.chordal_share(), 1), -len(p.notes)))


def _one_at_a_time(notes: Sequence[Note]) -> list[Note]:
    """Of notes that begin together the highest; each cut where the next begins."""
    highest: dict[int, Note] = {}
    for note in sorted(notes, key=lambda n: (n.onset_tick, n.pitch)):
        highest[note.onset_tick] = note
    line = list(highest.values())
    cut = [
        Note(a.onset_tick, min(a.duration_tick, b.onset_tick - a.onset_tick), a.pitch, a.velocity)
        for a, b in pairwise(line)
    ]
    return [*cut, line[-1]]


def _changes(contents: _Contents, melody: _Part, where: str) -> list[tuple[int, Chord | None]]:
    """The chords by tick, from 0: written ones, else voiced ones."""
    written = next((c for kind in MARK_KINDS if (c := _written(contents.marks[kind]))), [])
    if written and not _is_form(written):
        found = written
    else:
        # Marks A, B, C are a form's letters where a part plays the chords, and else its chords.
        found = _voiced(contents, melody) or written
    if not found:
        raise InputFileError(
            f"Cannot find chords in {where}: expected chord symbols as markers (such as 'Dm7', at least "
            "two) or a track of chords named 'Chords'."
        )
    changes: dict[int, Chord | None] = {}
    if found[0][0] > 0:
        changes[0] = None
    changes.update(found)
    return sorted(changes.items(), key=lambda change: change[0])


def _written(marks: list[tuple[int, str]]) -> list[tuple[int, Chord | None]]:
    """Marks that are chord symbols; none unless they are at least two and half of all."""
    found: list[tuple[int, Chord | None]] = []
    for tick, text in sorted(marks, key=lambda mark: mark[0]):
        nearest = (tick + TICKS_PER_BEAT // 2) // TICKS_PER_BEAT * TICKS_PER_BEAT
        place = nearest if abs(nearest - tick) <= MARK_SLACK_TICK else tick
        if text.upper().replace(" ", "") in NO_CHORD_TEXTS:
            found.append((place, None))
            continue
        try:
            found.append((place, parse_chord(text)))
        except ChartError:
            continue  # a rehearsal mark, a remark
    chords = sum(chord is not None for _, chord in found)
    return found if chords >= 2 and 2 * len(found) >= len(marks) else []


def _is_form(changes: list[tuple[int, Chord | None]]) -> bool:
    return all(chord is not None and chord.text in FORM_LETTERS for _, chord in changes)


def _voiced(contents: _Contents, melody: _Part) -> list[tuple[int, Chord | None]]:
    """Chords that a part plays, each at the beat nearest to it."""
    others = [p for p in contents.parts if p is not melody and p.channel != DRUM_CHANNEL]
    named = [p for p in others if p.named(CHORD_WORDS) and p.chordal_share() >= 0.3]
    chordal = named or [p for p in others if p.chordal_share() >= 0.5]
    if not chordal:
        return []
    part = max(chordal, key=lambda p: (round(p.chordal_share(), 1), len(p.notes)))
    found: list[tuple[int, Chord | None]] = []
    for group in _groups(part.notes):
        chord = recognise([note.pitch for note in group])
        onset = group[0].onset_tick
        beat_tick = (onset + TICKS_PER_BEAT // 2) // TICKS_PER_BEAT * TICKS_PER_BEAT
        if chord is not None and (not found or found[-1][1] != chord):
            found.append((beat_tick, chord))
    return found


def _groups(notes: Sequence[Note]) -> list[list[Note]]:
    """Notes that begin together, strummed or struck, in order."""
    groups: list[list[Note]] = []
    for note in sorted(notes, key=lambda n: (n.onset_tick, n.pitch)):
        if groups and note.onset_tick - groups[-1][0].onset_tick <= STRUM_TICK:
            groups[-1].append(note)
        else:
            groups.append([note])
    return groups
