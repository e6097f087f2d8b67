"""Are melody and chords found in MIDI files as other programs lay them out?

    python benchmarks/foreign_midi.py [SOLOS]

Solos of the shared data's `valid` and `train` are written by mido in several layouts: chords as markers, as
lyrics, in texts of a track of their own, struck by a piano, broken by one; with a walking bass and drums;
tracks in any order, named or not. Every file is accounted for where it gives a solo or a reason. A melody is
right where 95 of 100 notes are there (pitch, and place within a twelfth of a beat); chords are right where
on 80 of 100 beats of the solo the root and the kind of third and seventh are those that were written.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

import mido
from _report import finish, table

from improv.corpus.build import read_corpus
from improv.corpus.events import read_events
from improv.errors import ChartError
from improv.music.chord import parse_chord_or_nc

STEP_TICK = 40
SHARED = Path(os.environ.get("JAZZ_IMPROV_SHARED", "../shared"))
LAYOUTS = ("markers", "lyrics", "text track", "struck", "broken")


_PLAYED = ((0,), (4, 3, 5, 2), (7, 6, 8), (10, 11, 9))
"""Semitones above the root, the likeliest first: root, third or what stands for it, fifth, seventh."""


def sounded(chord, low=48):
    """The root, third, fifth and seventh of a chord, close together."""
    tones = [next((tone for tone in kind if tone in chord.tones), None) for kind in _PLAYED]
    return [low + (chord.root_pc + tone - low) % 12 for tone in tones if tone is not None]


def track(name, events):
    made = mido.MidiTrack([mido.MetaMessage("track_name", name=name)] if name else [])
    now = 0
    for tick, _, message in sorted(events, key=lambda e: e[:2]):
        made.append(message.copy(time=tick - now))
        now = tick
    return made


def note(pitch, tick, end_tick, channel):
    yield tick, 1, mido.Message("note_on", note=pitch, velocity=80, channel=channel)
    yield end_tick, 0, mido.Message("note_off", note=pitch, channel=channel)


def written(solo, layout, dice, path):
    """The solo as a file; its first bar is bar 1."""
    chords = [(max(step, 0) * STEP_TICK, symbol) for step, symbol in solo.chords]
    end_tick = (solo.notes[-1].onset_step + 48) * STEP_TICK
    head = [(0, 0, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(solo.tempo_bpm)))]
    head.append((0, 0, mido.MetaMessage("time_signature", numerator=4, denominator=4)))
    if layout in LAYOUTS[:3]:
        kind = {"markers": "marker", "lyrics": "lyrics", "text track": "text"}[layout]
        words = [(tick, 2, mido.MetaMessage(kind, text=symbol)) for tick, symbol in chords]
    lead = [
        e
        for n in solo.notes
        for e in note(
            n.pitch, n.onset_step * STEP_TICK, (n.onset_step + n.duration_step) * STEP_TICK, 0
        )
    ]
    piano, bass, drums = [], [], []
    for (tick, symbol), until in zip(chords, [t for t, _ in chords[1:]] + [end_tick], strict=True):
        chord = parse_chord_or_nc(symbol)
        if chord is None:
            continue
        pitches = sounded(chord)
        for beat, at in enumerate(range(tick, until, 12 * STEP_TICK)):
            bass += note(pitches[beat % len(pitches)] - 12, at, at + 440, 1)
            if layout == "broken":
                for half in (0, 1):
                    which = (2 * beat + half) % len(pitches)
                    piano += note(pitches[which], at + half * 240, at + half * 240 + 200, 2)
            elif beat % 2 == 0:
                piano += [e for p in pitches for e in note(p, at, at + 400, 2)]
    for tick in range(0, end_tick, 12 * STEP_TICK):
        drums += note(51, tick, tick + 100, 9)
    names = dice.choice(
        [
            ("Solo", "Piano", "Bass", "Drums"),
            ("Melody", "Keys", "Bass", "Kit"),
            (solo.instrument or "Lead", "", "", ""),
            ("", "", "", ""),
        ]
    )
    parts = [
        track(names[0], lead),
        track(names[1], piano),
        track(names[2], bass),
        track(names[3], drums),
    ]
    dice.shuffle(parts)
    file = mido.MidiFile(ticks_per_beat=12 * STEP_TICK)
    if layout == "text track":
        parts.append(track("Chords", words))
    elif layout in LAYOUTS[:2]:
        head += words
    file.tracks = [track("", head), *parts]
    file.save(path)


def kind_of(chord):
    """What of a chord is compared: its root, and whether it has a minor third, a minor or major seventh."""
    return (
        None
        if chord is None
        else (
            chord.root_pc,
            3 in chord.tones and 4 not in chord.tones,
            10 in chord.tones,
            11 in chord.tones,
        )
    )


def kinds(changes, beats):
    found, at = [], -1
    for beat in beats:
        while at + 1 < len(changes) and changes[at + 1][0] <= 12 * beat:
            at += 1
        found.append(kind_of(parse_chord_or_nc(changes[at][1])) if at >= 0 else None)
    return found


def readable(solo):
    try:
        return [parse_chord_or_nc(symbol) for _, symbol in solo.chords] and solo.notes[
            0
        ].onset_step >= 0
    except ChartError:
        return False


def main(count):
    dice = random.Random(1)
    solos = [
        s for part in ("valid", "train") for s in read_events(SHARED / "eval" / f"{part}.jsonl.gz")
    ]
    solos = [solo for solo in solos if readable(solo)][:count]
    rows, totals = [], Counter()
    with tempfile.TemporaryDirectory() as made:
        for layout in LAYOUTS:
            folder = Path(made) / layout.replace(" ", "_")
            folder.mkdir()
            for number, solo in enumerate(solos):
                written(solo, layout, dice, folder / f"{number:04}.mid")
            corpus = read_corpus([folder], jobs=1)
            found = {solo.id: solo for solo in corpus.solos}
            counts = Counter(
                files=len(solos), accounted=len(found) + len(corpus.dropped), read=len(found)
            )
            for number, solo in enumerate(solos):
                got = found.get(f"{number:04}")
                if got is None:
                    continue
                theirs = {(n.onset_step, n.pitch) for n in solo.notes}
                ours = {(n.onset_step + d, n.pitch) for n in got.notes for d in (0,)}
                shift = got.notes[0].onset_step - solo.notes[0].onset_step
                ours = {(step - shift, pitch) for step, pitch in ours}
                counts["melody"] += len(theirs & ours) >= 0.95 * len(theirs) and shift % 48 == 0
                beats = range(solo.notes[0].onset_step // 12, solo.notes[-1].onset_step // 12)
                want = kinds(solo.chords, beats)
                have = kinds([(step - shift, symbol) for step, symbol in got.chords], beats)
                pairs = [(a, b) for a, b in zip(want, have, strict=True) if a is not None]
                counts["chords"] += sum(a == b for a, b in pairs) >= 0.8 * len(pairs)
            rows.append(
                (layout, *(counts[n] for n in ("files", "accounted", "read", "melody", "chords")))
            )
            totals.update(counts)
    rows.append(("all", *(totals[n] for n in ("files", "accounted", "read", "melody", "chords"))))
    table(("chords are", "files", "accounted for", "read", "melody right", "chords right"), rows)
    finish("foreign_midi", **totals)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
