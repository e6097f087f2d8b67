"""The course's `generate_music`: predicted tokens over five chord sets, as one piece of music.

    tokens, chord sets --generate_music--> GeneratedMusic --write_music--> MIDI file

`faithful` keeps the reference's faults: notes one length late, sets that overlap, lengths rounded by
chance, A and X played as C. Without it every set follows the last on a bar line, its chords repeat
under it, and every note stands where its token says. Nothing is printed here: `printed` has the lines.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import mido

from improv.course.choose import Chooser, Flip, never
from improv.course.decode import unparse
from improv.course.pitch import (
    MELODY_VELOCITY,
    SeedChord,
    SeedNote,
    SpelledPitch,
    spell,
)
from improv.course.place import Harmony, place
from improv.course.polish import (
    clean_up_notes,
    prune_grammar,
    prune_notes,
    without_outside_notes,
)
from improv.course.token import parse_tokens
from improv.errors import ModelError
from improv.files import replacing
from improv.music.note import TICKS_PER_BEAT

TEMPO_BPM = 130
FIRST_TOKEN = "C,0.25"
"""What the reference puts before the predicted tokens, so that the first note has no range."""

COURSE_OUTPUT = "output/my_music.midi"
FAITHFUL_TICKS_PER_BEAT = 1024
BAR = Fraction(4)
_SHORTEST = Fraction(1, 4)


@dataclass(frozen=True, slots=True)
class MusicElement:
    """A note or chord of the finished music, offset and length in quarters from its beginning."""

    offset: Fraction
    length: Fraction
    pitches: tuple[SpelledPitch, ...]
    velocities: tuple[int, ...]
    melody: bool


@dataclass(frozen=True, slots=True)
class GeneratedSet:
    """One chord set's solo, stage by stage; offsets count from `start`, in quarters.

    string_in: the tokens decoded; pruned: with their lengths rounded (the same where nothing is);
    unparse, after_prune_notes, after_clean_up: the notes after each step; chords: what sounds under.
    """

    number: int
    start: Fraction
    string_in: str
    pruned: str
    unparse: tuple[SeedNote, ...]
    after_prune_notes: tuple[SeedNote, ...]
    after_clean_up: tuple[SeedNote, ...]
    chords: tuple[SeedChord, ...]

    @property
    def sounds(self) -> int:
        """How many notes the set has."""
        return sum(note.pitch is not None for note in self.after_clean_up)

    @property
    def elements(self) -> list[MusicElement]:
        """The melody, then the chords, placed in the whole piece."""
        melody = [
            MusicElement(
                self.start + note.offset, note.length, (note.pitch,), (note.velocity,), True
            )
            for note in self.after_clean_up
            if note.pitch is not None
        ]
        chords = [
            MusicElement(
                self.start + each.offset,
                each.length,
                each.pitches,
                each.velocities or (MELODY_VELOCITY,) * len(each.pitches),
                False,
            )
            for each in self.chords
        ]
        return melody + chords


@dataclass(frozen=True, slots=True)
class GeneratedMusic:
    """The finished piece: its sets, the lines the reference prints, and how it was made."""

    sets: tuple[GeneratedSet, ...]
    printed: tuple[str, ...]
    faithful: bool
    tempo_bpm: int = TEMPO_BPM

    @property
    def elements(self) -> list[MusicElement]:
        """Everything that sounds, by onset (melody before chords within a set)."""
        return sorted((e for each in self.sets for e in each.elements), key=lambda e: e.offset)

    @property
    def ticks_per_beat(self) -> int:
        """Ticks per quarter of the file: the reference's, or this project's."""
        return FAITHFUL_TICKS_PER_BEAT if self.faithful else TICKS_PER_BEAT


def round_down() -> int:
    """Always 0: lengths are rounded down."""
    return 0


def generate_music(
    fed_tokens: Sequence[str] | Sequence[Sequence[str]],
    chord_sets: Sequence[Sequence[SeedChord]],
    choose: Chooser,
    draw: Callable[[], int] = round_down,
    flip: Flip = never,
    *,
    faithful: bool = True,
    saved_as: str = COURSE_OUTPUT,
) -> GeneratedMusic:
    """Make the music of predicted tokens: the same for every chord set, or one sequence a set.

    `choose(candidates)` returns one of the candidates, `draw()` 0 to round a length down and 1 up,
    `flip()` True for a blues scale with its raised fourth; the last two only matter to the faithful way.
    `saved_as` is named in the last printed line.
    """
    sets: list[GeneratedSet] = []
    start = Fraction(0)
    printed = ["Predicting new values for different set of chords."]
    for place_in_row, (tokens, chords) in enumerate(
        zip(_tokens_per_set(fed_tokens, len(chord_sets)), chord_sets, strict=True)
    ):
        number = place_in_row + 1
        if faithful:
            made = _faithful_set(number, tokens, chords, choose, draw, flip)
        else:
            made = _mended_set(number, start, tokens, chords, choose)
            start += _bars(made.after_clean_up) * BAR
        sets.append(made)
        printed.append(
            f"Generated {made.sounds} sounds using the predicted values for the set of chords "
            f'("{number}") and after pruning'
        )
    printed.append(f"Your generated music is saved in {saved_as}")
    return GeneratedMusic(tuple(sets), tuple(printed), faithful)


def _tokens_per_set(
    fed: Sequence[str] | Sequence[Sequence[str]], count: int
) -> list[Sequence[str]]:
    if not fed:
        raise ModelError("Cannot generate music from no tokens: expected at least one.")
    if isinstance(fed[0], str):
        return [cast("Sequence[str]", fed)] * count
    if len(fed) != count:
        raise ModelError(
            f"Cannot generate music from {len(fed)} sequences of tokens: expected {count}, one a set."
        )
    return list(cast("Sequence[Sequence[str]]", fed))


def _faithful_set(
    number: int,
    tokens: Sequence[str],
    chords: Sequence[SeedChord],
    choose: Chooser,
    draw: Callable[[], int],
    flip: Flip,
) -> GeneratedSet:
    text = without_outside_notes(" ".join([FIRST_TOKEN, *tokens]))
    pruned = prune_grammar(text, draw)
    unparsed = unparse(pruned, chords, choose, flip)
    kept = prune_notes(unparsed.notes)
    return GeneratedSet(
        number,
        (number - 1) * BAR,
        text,
        pruned,
        unparsed.notes,
        tuple(kept),
        tuple(clean_up_notes(kept)),
        unparsed.chords,
    )


def _bars(notes: Sequence[SeedNote]) -> int:
    """Bars up to the end of the last note, the one that is begun included."""
    end = max((note.offset + note.length for note in notes), default=Fraction(0))
    return int(-(-end // BAR))


def _harmony_at(chords: Sequence[SeedChord], offset: Fraction) -> Harmony:
    """The chord that sounds at `offset` while the measure repeats; before all, its first chord."""
    started = [chord for chord in chords if chord.offset <= offset % BAR]
    if not started:
        started = list(chords if offset >= BAR else chords[:1])
    return Harmony.of_seed_chord(started[-1])


def _mended_set(
    number: int,
    start: Fraction,
    tokens: Sequence[str],
    chords: Sequence[SeedChord],
    choose: Chooser,
) -> GeneratedSet:
    text = " ".join(tokens)
    notes: list[SeedNote] = []
    previous: int | None = None
    time = Fraction(0)
    for token in parse_tokens(text):
        length = token.exact_length or _SHORTEST
        pitch: SpelledPitch | None = None
        if token.kind != "R":
            previous = place(token, _harmony_at(chords, time), previous, choose)
            pitch = spell(previous)
        notes.append(SeedNote(time, length, pitch))
        time += length
    repeated = tuple(
        SeedChord(bar * BAR + each.offset, each.length, each.pitches, each.velocities)
        for bar in range(_bars(notes))
        for each in chords
    )
    made = tuple(notes)
    return GeneratedSet(number, start, text, text, made, made, made, repeated)


def _track(
    elements: Sequence[MusicElement], ticks_per_beat: int, channel: int
) -> list[mido.Message]:
    """Messages of the elements, timed in ticks from the start; at one tick offs go before ons."""
    timed = []
    for element in elements:
        on = round(element.offset * ticks_per_beat)
        off = on + max(1, round(element.length * ticks_per_beat))
        for pitch, velocity in zip(element.pitches, element.velocities, strict=True):
            note = pitch.midi_key
            timed.append(
                (on, 1, mido.Message("note_on", channel=channel, note=note, velocity=velocity))
            )
            timed.append((off, 0, mido.Message("note_off", channel=channel, note=note, velocity=0)))
    timed.sort(key=lambda each: each[:2])
    return [message.copy(time=tick) for tick, _order, message in timed]


def _deltas(name: str, messages: Sequence[mido.Message], tail: int) -> mido.MidiTrack:
    """A track of messages whose times are counted from the start, ending `tail` ticks after them."""
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name, time=0)])
    now = 0
    for message in messages:
        track.append(message.copy(time=message.time - now))
        now = message.time
    track.append(mido.MetaMessage("end_of_track", time=tail))
    return track


def midi_file(music: GeneratedMusic) -> mido.MidiFile:
    """The music as a MIDI file: the reference's one track, or melody and chords apart."""
    ticks = music.ticks_per_beat
    file = mido.MidiFile(type=1, ticks_per_beat=ticks)
    tempo = mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(music.tempo_bpm), time=0)
    elements = music.elements
    if music.faithful:
        head = [mido.Message("pitchwheel", channel=0, pitch=0, time=0), tempo]
        file.tracks.append(_deltas("", head + _track(elements, ticks, 0), ticks))
        return file
    meter = mido.MetaMessage("time_signature", numerator=4, denominator=4, time=0)
    file.tracks.append(_deltas("jazz-improv", [tempo, meter], 0))
    for name, channel, melody in (("Melody", 0, True), ("Chords", 1, False)):
        part = [element for element in elements if element.melody == melody]
        file.tracks.append(_deltas(name, _track(part, ticks, channel), 0))
    return file


def write_music(path: Path | str, music: GeneratedMusic) -> None:
    """Write the music to a MIDI file, whole or not at all; OutputFileError if it cannot be."""
    with replacing(Path(path)) as temporary:
        midi_file(music).save(temporary)
