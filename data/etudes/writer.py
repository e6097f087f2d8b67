"""The MIDI file: a conductor track with chord symbols as markers, the solo, and plain voiced chords."""

from __future__ import annotations

import io
from collections.abc import Sequence

import mido

from etudes import STEPS_PER_BEAT, STEPS_PER_HALF
from etudes.forms import Etude
from etudes.harmony import CHORD_TONES, Chord
from etudes.solo import Tone

TICKS_PER_BEAT = 480
TICKS_PER_STEP = TICKS_PER_BEAT // STEPS_PER_BEAT
SOLO_PROGRAM = 66  # tenor saxophone
CHORDS_PROGRAM = 0  # piano
_CHORD_VELOCITY = 52
# An altered chord is voiced with four of its seven tones: third, seventh, flat nine, flat thirteen.
_VOICED = {"7alt": (4, 10, 1, 8)}


def _track(
    name: str, events: list[tuple[int, int, mido.Message | mido.MetaMessage]], end_tick: int
) -> mido.MidiTrack:
    """Events are (tick, rank, message): at one tick the lower rank comes first, note-offs before ons."""
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name, time=0)])
    now = 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=end_tick - now))
    return track


def _changes(etude: Etude) -> list[tuple[int, Chord]]:
    """(half bar, chord) of every change over all choruses; each chorus states its first chord anew."""
    halves = etude.halves * etude.choruses
    top = len(etude.halves)
    return [
        (index, chord)
        for index, chord in enumerate(halves)
        if index % top == 0 or chord != halves[index - 1]
    ]


def _voicing(chord: Chord, before: Sequence[int]) -> list[int]:
    """A root in the bass and the tones above it between F#3 and F4 or near the voicing before."""
    tones = _VOICED.get(chord.quality, CHORD_TONES[chord.quality][1:])
    centre = sum(before[1:]) / len(before[1:]) if before else 59.0
    centre = 0.5 * centre + 0.5 * 59.0  # follow the voice before, but drift back to the middle
    upper = []
    for tone in tones:
        pitch_class = (chord.root + tone) % 12
        upper.append(
            min(
                (p for p in range(50, 70) if p % 12 == pitch_class),
                key=lambda p: (abs(p - centre), p),
            )
        )
    return [36 + chord.root if chord.root >= 4 else 48 + chord.root, *sorted(set(upper))]


def _note(
    pitch: int, velocity: int, channel: int, start: int, end: int
) -> list[tuple[int, int, mido.Message]]:
    on = mido.Message("note_on", note=pitch, velocity=velocity, channel=channel)
    off = mido.Message("note_off", note=pitch, velocity=0, channel=channel)
    return [(start, 2, on), (end, 1, off)]


def midi_bytes(etude: Etude, tones: Sequence[Tone]) -> bytes:
    """The whole file."""
    end_tick = etude.choruses * etude.chorus_steps * TICKS_PER_STEP
    tick_of_half = STEPS_PER_HALF * TICKS_PER_STEP
    changes = _changes(etude)
    conductor: list[tuple[int, int, mido.Message | mido.MetaMessage]] = [
        (0, 0, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(etude.tempo_bpm))),
        (0, 0, mido.MetaMessage("time_signature", numerator=4, denominator=4)),
        (0, 0, mido.MetaMessage("key_signature", key=etude.key)),
    ]
    chords: list[tuple[int, int, mido.Message | mido.MetaMessage]] = [
        (0, 0, mido.Message("program_change", program=CHORDS_PROGRAM, channel=1))
    ]
    voicing: list[int] = []
    ends = [half * tick_of_half for half, _ in changes[1:]] + [end_tick]
    for (half, chord), end in zip(changes, ends, strict=True):
        start = half * tick_of_half
        conductor.append((start, 1, mido.MetaMessage("marker", text=chord.text)))
        voicing = _voicing(chord, voicing)
        for pitch in voicing:
            chords += _note(pitch, _CHORD_VELOCITY, 1, start, end)
    melody: list[tuple[int, int, mido.Message | mido.MetaMessage]] = [
        (0, 0, mido.Message("program_change", program=SOLO_PROGRAM, channel=0))
    ]
    for tone in tones:
        start = tone.onset * TICKS_PER_STEP
        melody += _note(tone.pitch, tone.velocity, 0, start, start + tone.length * TICKS_PER_STEP)
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT)
    file.tracks += [
        _track(etude.title, conductor, end_tick),
        _track("Solo", melody, end_tick),
        _track("Chords", chords, end_tick),
    ]
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()
