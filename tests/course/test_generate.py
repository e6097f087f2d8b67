"""generate_music: the reference's run exactly, and the mended music."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import mido
import numpy as np
import pytest
from choosers import first

from improv.course.choose import coin, dice
from improv.course.generate import GeneratedMusic, generate_music, midi_file, write_music
from improv.course.pitch import chord
from improv.course.place import HIGH_PITCH, LOW_PITCH
from improv.course.reader import read_seed_corpus
from improv.errors import ModelError, OutputFileError

SETS = [
    (chord("C3", "E3", "G3", "B3", length=2), chord("F3", "A3", "C4", offset=2, length=2)),
    (chord("D3", "F3", "A3", length=4),),
]
TOKENS = ["C,0.500", "S,0.333,<P4,m-2>", "A,0.667,<m2,P-4>", "R,0.250", "X,0.750,<m3,m-3>"] * 3


def faithful(tokens: list[str] = TOKENS) -> GeneratedMusic:
    return generate_music(tokens, SETS, first)


def mended(seed: int = 0) -> GeneratedMusic:
    return generate_music(TOKENS, SETS, dice(np.random.default_rng(seed)), faithful=False)


def test_the_faithful_way_keeps_the_faults() -> None:
    music = faithful()
    assert [each.start for each in music.sets] == [0, 4]
    assert music.sets[0].string_in.startswith("C,0.25 C,0.500 S,0.333,<P4,m-2> C,0.667,<m2,P-4>")
    assert music.sets[0].unparse[0].offset == Fraction(1, 4)
    assert music.sets[0].unparse[-1].offset > 4
    assert music.printed[1] == (
        f"Generated {music.sets[0].sounds} sounds using the predicted values for the set of "
        'chords ("1") and after pruning'
    )
    assert music.printed[-1] == "Your generated music is saved in output/my_music.midi"
    assert len(music.printed) == 4


def test_mended_notes_follow_each_other_without_gap_or_overlap() -> None:
    for each in mended().sets:
        time = Fraction(0)
        for note in each.unparse:
            assert note.offset == time
            time += note.length
        assert time == 3 * Fraction(5, 2)


def test_each_mended_set_begins_on_the_bar_line_after_the_last() -> None:
    music = mended()
    assert [each.start for each in music.sets] == [0, 8]
    assert [note.offset for note in music.sets[0].chords] == [0, 2, 4, 6]
    assert [note.offset for note in music.sets[1].chords] == [0, 4]


def test_mended_kinds_sound() -> None:
    """A and X notes are not chord tones; C notes are."""
    music = mended()
    dorian = {pc % 12 for pc in (2, 4, 5, 7, 9, 11, 12)}
    for place, note in enumerate(music.sets[1].unparse):
        kind = TOKENS[place][0]
        if note.pitch is None:
            assert kind == "R"
            continue
        pc = note.pitch.midi % 12
        assert (pc in {2, 5, 9}) == (kind == "C")
        if kind == "S":
            assert pc in dorian
        if kind in "AX":
            assert pc not in dorian


def test_mended_notes_keep_within_their_limits() -> None:
    music = generate_music(
        ["C,0.250"] + ["C,0.250,<P11,M7>"] * 40,
        SETS,
        dice(np.random.default_rng(0)),
        faithful=False,
    )
    pitches = [note.midi for each in music.sets for note in each.unparse]
    assert LOW_PITCH <= min(pitches) <= max(pitches) <= HIGH_PITCH


def test_a_sequence_for_each_set() -> None:
    music = generate_music([["C,1.000"], ["C,0.500", "C,0.500"]], SETS, first, faithful=False)
    assert [each.sounds for each in music.sets] == [1, 2]
    with pytest.raises(ModelError, match="expected 2, one a set"):
        generate_music([["C,1.000"]], SETS, first, faithful=False)
    with pytest.raises(ModelError, match="from no tokens"):
        generate_music([], SETS, first)


def test_the_mended_file_keeps_thirds_exact(tmp_path: Path) -> None:
    write_music(tmp_path / "out.mid", mended())
    file = mido.MidiFile(tmp_path / "out.mid")
    assert file.ticks_per_beat == 480
    assert [track.name for track in file.tracks] == ["jazz-improv", "Melody", "Chords"]
    ticks, sounding, onsets = 0, set(), []
    for message in file.tracks[1]:
        ticks += message.time
        if message.type == "note_on":
            assert not sounding
            sounding.add(message.note)
            onsets.append(ticks)
        elif message.type == "note_off":
            sounding.remove(message.note)
    assert onsets[:5] == [0, 240, 400, 840, 1200]
    assert ticks == 8 * 480 + 7.5 * 480


def test_the_same_dice_write_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        write_music(tmp_path / name, mended(seed=3))
    write_music(tmp_path / "c", mended(seed=4))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


def test_every_on_has_its_off() -> None:
    for music in (faithful(), mended()):
        for track in midi_file(music).tracks:
            open_notes: dict[int, int] = {}
            for message in track:
                if message.type in ("note_on", "note_off"):
                    step = 1 if message.type == "note_on" else -1
                    open_notes[message.note] = open_notes.get(message.note, 0) + step
                    assert open_notes[message.note] >= 0
            assert not any(open_notes.values())


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputFileError):
        write_music(tmp_path / "missing" / "out.mid", mended())


@pytest.mark.shared
def test_the_reference_run(shared_dir: Path) -> None:
    """Every stage of each set, the lines, the stream's elements and the file's messages."""
    golden_dir = shared_dir / "seed" / "golden"
    golden = json.loads((golden_dir / "generate_music.json").read_text())
    run = golden["runs"][0]
    corpus = read_seed_corpus(shared_dir / "seed" / "original_metheny.mid")
    for chords, facts in zip(corpus.chord_sets, golden["chord_sets_used"], strict=True):
        assert [[str(p) for p in each.pitches] for each in chords] == [
            each["pitches"] for each in facts["chords"]
        ]
        assert [float(each.offset) for each in chords] == [c["offset"] for c in facts["chords"]]
    music = generate_music(run["fed_tokens"], corpus.chord_sets, first)
    assert list(music.printed) == run["printed"]
    for made, facts in zip(music.sets, run["sets"], strict=True):
        assert made.string_in == facts["string_in"]
        assert made.pruned == facts["pruned"]
        for stage in ("unparse", "after_prune_notes", "after_clean_up"):
            notes = [
                {"offset": float(n.offset), "ql": float(n.length), "name": n.name}
                for n in getattr(made, stage)
            ]
            assert notes == facts[stage]
    elements = run["out_stream_elements_sorted"]
    assert elements[0]["kind"] == "MetronomeMark"
    for element, facts in zip(music.elements, elements[1:], strict=True):
        assert [str(pitch) for pitch in element.pitches] == facts["pitches"]
        assert float(element.offset) == pytest.approx(facts["offset"], abs=1e-6)
        assert float(element.length) == pytest.approx(facts["ql"], abs=1e-6)
        assert element.melody == (facts["kind"] == "Note")
    file = midi_file(music)
    facts = run["midi"]
    assert (file.type, file.ticks_per_beat, len(file.tracks)) == (1, facts["ticks_per_beat"], 1)
    tick, events, meta = 0, [], []
    for message in file.tracks[0]:
        tick += message.time
        if message.type in ("note_on", "note_off"):
            event = [tick, message.type[5:], message.note, message.velocity, message.channel]
            events.append(event)
        else:
            meta.append([tick, str(message)])
    assert events == facts["tracks"][0]["events"]
    assert meta == facts["tracks"][0]["meta"]
    assert tick == facts["tracks"][0]["end_tick"]


@pytest.mark.shared
def test_the_reference_file(shared_dir: Path, tmp_path: Path) -> None:
    """The file holds the reference's messages one by one (they differ in running status only)."""
    golden_dir = shared_dir / "seed" / "golden"
    run = json.loads((golden_dir / "generate_music.json").read_text())["runs"][0]
    corpus = read_seed_corpus(shared_dir / "seed" / "original_metheny.mid")
    write_music(tmp_path / "out.mid", generate_music(run["fed_tokens"], corpus.chord_sets, first))
    ours, theirs = (
        mido.MidiFile(tmp_path / "out.mid"),
        mido.MidiFile(golden_dir / "my_music_first.mid"),
    )
    assert (ours.type, ours.ticks_per_beat) == (theirs.type, theirs.ticks_per_beat)
    assert [list(track) for track in ours.tracks] == [list(track) for track in theirs.tracks]


@pytest.mark.shared
def test_our_dice_give_about_fifty_sounds(shared_dir: Path) -> None:
    corpus = read_seed_corpus(shared_dir / "seed" / "original_metheny.mid")
    rng = np.random.default_rng(0)
    music = generate_music(
        corpus.tokens[:50], corpus.chord_sets, dice(rng), lambda: int(rng.integers(2)), coin(rng)
    )
    assert all(48 <= each.sounds <= 51 for each in music.sets)
