"""MIDI files to solos: what is read, what is chosen, and one sentence for everything else."""

from __future__ import annotations

import io
import random
import runpy
from pathlib import Path

import mido
import pytest
from solo_reader import Heard, read_solo

from improv.charts import midi_file
from improv.errors import InputFileError

FIXTURES = Path(__file__).parents[1] / "fixtures"
FOUR_BARS = FIXTURES / "four_bars.mid"


def track(name: str = "", notes=(), channel: int = 0, marks=(), kind: str = "marker"):
    """A track of (onset, end, pitch) and of (tick, text)."""
    events = [(tick, 2, mido.MetaMessage(kind, text=text)) for tick, text in marks]
    for onset, end, pitch in notes:
        events.append((onset, 3, mido.Message("note_on", channel=channel, note=pitch, velocity=70)))
        events.append((end, 1, mido.Message("note_on", channel=channel, note=pitch, velocity=0)))
    made, now = mido.MidiTrack(), 0
    if name:
        made.append(mido.MetaMessage("track_name", name=name))
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        made.append(message.copy(time=tick - now))
        now = tick
    return made


def written(folder: Path, *tracks, ticks_per_beat: int = 480, meta=(), kind: int = 1) -> Path:
    midi = mido.MidiFile(type=kind, ticks_per_beat=ticks_per_beat)
    midi.tracks += list(tracks)
    midi.tracks[0][0:0] = list(meta)
    path = folder / "made.mid"
    midi.save(path)
    return path


LINE = [(i * 240, i * 240 + 240, 60 + i) for i in range(16)]
SYMBOLS = [(0, "Dm7"), (960, "G7")]


def chords(*groups: tuple[int, ...], beats: int = 2):
    return [(i * beats * 480, (i + 1) * beats * 480, p) for i, g in enumerate(groups) for p in g]


def symbols(solo: Heard) -> list[tuple[int, str | None]]:
    return [(tick, chord.text if chord else None) for tick, chord in solo.chart.changes]


def test_the_four_bars_are_read_whole():
    solo = read_solo(FOUR_BARS)
    assert solo.title == "Four bars"
    assert (str(solo.chart.meter), solo.chart.tempo_bpm, solo.chart.bars) == ("4/4", 140, 4)
    assert symbols(solo) == [(0, "Dm7"), (1920, "G7"), (3840, "Cmaj7"), (5760, "A7")]
    assert len(solo.notes) == 28
    first, last = solo.notes[0], solo.notes[-1]
    assert (first.onset_tick, first.duration_tick, first.pitch) == (240, 240, 62)
    assert (last.onset_tick, last.pitch) == (7440, 76)


def test_the_four_bars_are_what_their_maker_makes():
    buffer = io.BytesIO()
    runpy.run_path(str(FIXTURES / "make_four_bars.py"))["make"]().save(file=buffer)
    assert buffer.getvalue() == FOUR_BARS.read_bytes()


def test_the_played_chords_say_the_same_as_the_markers(tmp_path):
    midi = mido.MidiFile(FOUR_BARS)
    midi.tracks[0] = mido.MidiTrack(m for m in midi.tracks[0] if m.type != "marker")
    midi.save(tmp_path / "played.mid")
    played = read_solo(tmp_path / "played.mid")
    assert symbols(played) == symbols(read_solo(FOUR_BARS))


@pytest.mark.parametrize("ticks_per_beat", [96, 120, 480, 960, 1000])
def test_times_are_brought_to_480_a_beat(tmp_path, ticks_per_beat):
    notes = [(i * ticks_per_beat, (i + 1) * ticks_per_beat, 60 + i) for i in range(4)]
    marks = [(0, "C"), (2 * ticks_per_beat, "F7")]
    path = written(tmp_path, track("Solo", notes, marks=marks), ticks_per_beat=ticks_per_beat)
    solo = read_solo(path)
    assert [n.onset_tick for n in solo.notes] == [0, 480, 960, 1440]
    assert symbols(solo) == [(0, "C"), (960, "F7")]


@pytest.mark.parametrize("kind", ["marker", "text", "lyrics", "cue_marker"])
def test_chord_symbols_may_be_any_kind_of_text(tmp_path, kind):
    path = written(tmp_path, track("Solo", LINE, marks=SYMBOLS, kind=kind))
    assert symbols(read_solo(path)) == [(0, "Dm7"), (960, "G7")]


def test_a_late_first_chord_and_nc_are_no_chord_and_remarks_are_passed_over(tmp_path):
    marks = [(0, "solo starts"), (485, "Dm7"), (1440, "N.C."), (1920, "G7"), (2400, "C")]
    solo = read_solo(written(tmp_path, track("Solo", LINE, marks=marks)))
    assert symbols(solo) == [(0, None), (480, "Dm7"), (1440, None), (1920, "G7"), (2400, "C")]


def test_words_of_a_song_and_letters_of_a_form_are_no_chords_beside_a_played_part(tmp_path):
    voiced = track("Comp", chords((50, 53, 57, 60), (43, 53, 57, 59)), channel=1)
    words = track("Solo", LINE, marks=[(0, "A"), (480, "foggy"), (960, "day"), (1440, "in")])
    assert symbols(read_solo(written(tmp_path, words, voiced))) == [(0, "Dm7"), (960, "G7")]
    form = track("Solo", LINE, marks=[(0, "A"), (1920, "B")])
    assert symbols(read_solo(written(tmp_path, form, voiced))) == [(0, "Dm7"), (960, "G7")]
    assert symbols(read_solo(written(tmp_path, form))) == [(0, "A"), (1920, "B")]


def test_the_melody_is_the_part_of_that_name(tmp_path):
    bass = track("Bass", [(0, 480, 36), (480, 960, 38)], channel=2)
    piano = track("Piano", chords((60, 64, 67), (59, 62, 65)), channel=1)
    low = track("Tenor sax", [(0, 480, 50), (480, 960, 52)], channel=3)
    drums = track("Solo", [(0, 10, 38), (480, 490, 38)], channel=9)
    solo = read_solo(written(tmp_path, bass, piano, drums, low, track(marks=SYMBOLS)))
    assert [n.pitch for n in solo.notes] == [50, 52]


def test_without_names_the_melody_is_the_most_single_noted_and_no_bass(tmp_path):
    parts = [
        track("", [(i * 480, i * 480 + 480, 36) for i in range(30)], channel=0),
        track("", chords((60, 64, 67), (59, 62, 65)), channel=1),
        track("", LINE, channel=2),
        track("", [(i * 120, i * 120 + 20, 70) for i in range(30)], channel=9),
    ]
    solo = read_solo(written(tmp_path, *parts, track(marks=SYMBOLS)))
    assert [n.pitch for n in solo.notes] == [pitch for _, _, pitch in LINE]


def test_one_track_of_several_channels_is_taken_apart(tmp_path):
    melody, comp = track("My tune", LINE), track("", chords((50, 53, 57, 60)), channel=4)
    together = mido.merge_tracks([melody, comp])
    solo = read_solo(written(tmp_path, together, kind=0, meta=SYMBOL_MESSAGES))
    assert solo.title == "My tune"
    assert len(solo.notes) == len(LINE)


SYMBOL_MESSAGES = [mido.MetaMessage("marker", text=text) for text in ("Dm7", "G7")]


def test_overlaps_are_cut_and_chords_in_the_melody_keep_their_top(tmp_path):
    notes = [(0, 900, 60), (0, 480, 72), (480, 1000, 62), (720, 960, 62), (960, 1000, 64)]
    solo = read_solo(written(tmp_path, track("Solo", notes, marks=SYMBOLS)))
    assert [(n.onset_tick, n.duration_tick, n.pitch) for n in solo.notes] == [
        (0, 480, 72),
        (480, 240, 62),
        (720, 240, 62),
        (960, 40, 64),
    ]


def test_meter_and_tempo_are_the_files(tmp_path):
    meta = [
        mido.MetaMessage("time_signature", numerator=3, denominator=4),
        mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(181)),
    ]
    chart = read_solo(written(tmp_path, track("Solo", LINE, marks=SYMBOLS), meta=meta)).chart
    assert (str(chart.meter), chart.tempo_bpm, chart.bars) == ("3/4", 181.0, 3)


def test_titles_are_utf8_or_latin1(tmp_path):
    for raw in ("Où es-tu".encode().decode("latin-1"), "Où es-tu"):
        title = track(raw)
        solo = read_solo(written(tmp_path, title, track("Solo", LINE, marks=SYMBOLS)))
        assert solo.title == "Où es-tu"


def refused(path: Path, said: str) -> None:
    with pytest.raises(InputFileError, match=said) as caught:
        read_solo(path)
    assert repr(str(path)) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_are_no_midi_are_refused(tmp_path):
    refused(tmp_path / "none.mid", "no such file")
    refused(tmp_path, "it is a folder|ermission")
    path = tmp_path / "x.mid"
    path.write_bytes(b"")
    refused(path, "empty")
    path.write_bytes(b"RIFF and so on")
    refused(path, "not a MIDI file")
    path.write_bytes(b"MThd")
    refused(path, "damaged or cut short")
    path.write_bytes(FOUR_BARS.read_bytes()[:20])
    refused(path, "damaged or cut short")
    path.write_bytes(b"MThd\x00\x00\x00\x06\x00\x01\x00\x00\x01\xe0")
    refused(path, "Cannot find a melody")
    path.write_bytes(FOUR_BARS.read_bytes().replace(b"\x01\xe0", b"\xe7\x28", 1))
    refused(path, "SMPTE")
    refused(tmp_path / "nul\0.mid", "null")


def test_a_file_too_big_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(midi_file, "MOST_BYTES", 100)
    path = tmp_path / "big.mid"
    path.write_bytes(FOUR_BARS.read_bytes())
    refused(path, "it has over 0 MB")


def test_music_without_a_melody_or_chords_is_refused(tmp_path):
    refused(written(tmp_path, track("Solo", LINE)), "Cannot find chords")
    refused(written(tmp_path, track("Solo", LINE, marks=[(0, "Dm7")])), "at least two")
    refused(written(tmp_path, track("Solo", marks=SYMBOLS)), "Cannot find a melody")
    only = [track("Drums", LINE, channel=9, marks=SYMBOLS), track("Bass", LINE, channel=1)]
    refused(written(tmp_path, *only), "Cannot find a melody")
    comp = track("Chords", chords((60, 64, 67), (59, 62, 65)), marks=SYMBOLS)
    refused(written(tmp_path, comp), "Cannot find a melody")


def test_absurd_sizes_are_refused(tmp_path):
    good = track("Solo", LINE, marks=SYMBOLS)
    long = track("", [(0, 10**7, 60)])
    refused(written(tmp_path, good, long), "lasts 20,834 beats")


def test_damaged_bytes_give_a_solo_or_one_sentence(tmp_path):
    """300 truncations and byte flips of a good file, and nothing but these two ends."""
    good = FOUR_BARS.read_bytes()
    dice = random.Random(20)
    path = tmp_path / "damaged.mid"
    ends = {"solo": 0, "refused": 0}
    for trial in range(300):
        content = bytearray(good)
        if trial % 3 == 0:
            del content[dice.randrange(len(content)) :]
        else:
            for _ in range(dice.choice((1, 2, 8, 40))):
                content[dice.randrange(4 * (trial % 3 == 1), len(content))] = dice.randrange(256)
        path.write_bytes(content)
        try:
            assert isinstance(read_solo(path), Heard)
            ends["solo"] += 1
        except InputFileError as error:
            assert "\n" not in str(error) and str(path) in str(error)
            ends["refused"] += 1
    assert min(ends.values()) > 30, ends
