"""Takes are written as MIDI files that everybody reads back note for note."""

from __future__ import annotations

import io
import tracemalloc
from dataclasses import replace

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st
from solo_reader import read_solo

from improv.charts.text import parse_chart
from improv.music.chart import Chart, joined
from improv.music.note import Note, Notes
from improv.music.take import DRUM_CHANNEL, Take, Track
from improv.smf import _notes, _track, key_signature, midi_bytes, playable, write_midi

CHART = replace(
    joined(
        [
            parse_chart("Key: Bb\n| NC |"),
            parse_chart("[A]\n| Cm7 F7 | Bbmaj7 |\n[B]\n| Am7b5 D7b9 | Gm7 |"),
            parse_chart("Meter: 3/4\n[C]\n| Cm7 | F7 |"),
        ]
    ),
    title="Prüfung",
    composer="Ann",
    tops=(1920,),
    remarks=((1920, "Solos"),),
)


def line(count: int, first_tick: int = 1920) -> tuple[Note, ...]:
    return tuple(Note(first_tick + i * 240, 228, 60 + i % 12, 70 + i) for i in range(count))


def take(chart: Chart = CHART) -> Take:
    piano = tuple(Note(1920 + i * 960, 900, p, 60) for i in range(6) for p in (55, 58, 62, 65))
    bass = tuple(Note(1920 + i * 480, 470, 36 + i, 80) for i in range(14))
    drums = tuple(Note(i * 480, 60, 51, 70) for i in range(20))
    return Take(
        chart,
        ((0, 140.0), (9600, 100.0)),
        (
            Track("Solo", 0, 66, line(20), line(20)),
            Track("Piano", 1, 0, piano),
            Track("Bass", 2, 32, bass),
            Track("Drums", DRUM_CHANNEL, None, drums),
        ),
        ((0, "Bb"), (5760, "C minor")),
        1.5,
    )


def saved(made: mido.MidiFile) -> bytes:
    buffer = io.BytesIO()
    made.save(file=buffer)
    return buffer.getvalue()


def reread(made: Take) -> mido.MidiFile:
    return mido.MidiFile(file=io.BytesIO(midi_bytes(made)), charset="utf-8")


def metas(track: mido.MidiTrack, kind: str) -> list[tuple[int, mido.MetaMessage]]:
    tick, found = 0, []
    for message in track:
        tick += message.time
        if message.type == kind:
            found.append((tick, message))
    return found


def notes_of(track: mido.MidiTrack) -> list[Note]:
    tick, sounding, found = 0, {}, []
    for message in track:
        tick += message.time
        if message.type == "note_on":
            assert message.note not in sounding
            sounding[message.note] = (tick, message.velocity)
        elif message.type == "note_off":
            onset, velocity = sounding.pop(message.note)
            found.append(Note(onset, tick - onset, message.note, velocity))
    assert not sounding
    return sorted(found, key=lambda n: (n.onset_tick, n.pitch))


# -- what is in it


def test_every_musician_has_a_track_and_every_track_one_end_at_the_charts():
    midi = reread(take())
    assert (midi.type, midi.ticks_per_beat) == (1, 480)
    assert [t.name for t in midi.tracks] == ["Prüfung", "Solo", "Piano", "Bass", "Drums"]
    for track in midi.tracks:
        assert [tick for tick, _ in metas(track, "end_of_track")] == [CHART.length_tick]
        assert track[-1].type == "end_of_track"
    for track, player in zip(midi.tracks[1:], take().tracks, strict=True):
        assert notes_of(track) == sorted(player.notes, key=lambda n: (n.onset_tick, n.pitch))
        assert {m.channel for m in track if not m.is_meta} == {player.channel}
        programs = [m.program for m in track if m.type == "program_change"]
        assert programs == ([] if player.program is None else [player.program])


def test_every_soloist_is_in_front_whatever_its_name():
    played = take()
    parker = replace(played.tracks[0], name="Parker", channel=4)
    midi = reread(replace(played, tracks=(*played.tracks, parker)))
    volumes = {t.name: [m.value for m in t if m.is_cc(7)] for t in midi.tracks[1:]}
    assert volumes["Parker"] == volumes["Solo"] == [104]
    assert volumes["Bass"] == [92]


def test_the_first_track_has_tempos_meters_keys_chords_and_sections():
    head = reread(take()).tracks[0]
    assert [(t, round(mido.tempo2bpm(m.tempo))) for t, m in metas(head, "set_tempo")] == [
        (0, 140),
        (9600, 100),
    ]
    meters = [(t, m.numerator, m.denominator) for t, m in metas(head, "time_signature")]
    assert meters == [(0, 4, 4), (9600, 3, 4)]
    assert [(t, m.key) for t, m in metas(head, "key_signature")] == [(0, "Bb"), (5760, "Cm")]
    assert [(t, m.text) for t, m in metas(head, "marker")] == [
        (0, "NC"),
        (1920, "Cm7"),
        (2880, "F7"),
        (3840, "Bbmaj7"),
        (5760, "Am7b5"),
        (6720, "D7b9"),
        (7680, "Gm7"),
        (9600, "Cm7"),
        (11040, "F7"),
    ]
    cues = [(t, m.text) for t, m in metas(head, "cue_marker")]
    assert cues == [(1920, "Chorus 1"), (1920, "[A]"), (5760, "[B]"), (9600, "[C]")]
    assert [m.text for _, m in metas(head, "text")] == ["Composer: Ann", "Solos"]


def test_offs_go_before_ons_and_settings_before_all():
    midi = reread(take())
    for track in midi.tracks[1:]:
        kinds = [m.type for m in track]
        first = kinds.index("note_on")
        assert set(kinds[:first]) <= {"track_name", "program_change", "control_change"}
        tick, order = 0, []
        for message in track[first:]:
            tick += message.time
            order.append((tick, message.type == "note_on"))
        assert order[:-1] == sorted(order[:-1])


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("F", "F"),
        ("C minor", "Cm"),
        ("F#m", "F#m"),
        ("D dorian", "C"),
        ("G mixolydian", "C"),
        ("G# major", "Ab"),
        ("", ""),
        ("rubbish", ""),
    ],
)
def test_keys_are_the_signatures_that_midi_knows(key, name):
    assert key_signature(key) == name


# -- what reads it back


def test_the_corpus_reader_takes_the_solo_and_its_chords(tmp_path):
    path = tmp_path / "take.mid"
    write_midi(path, take())
    solo = read_solo(path)
    assert [(n.onset_tick, n.pitch) for n in solo.notes] == [
        (n.onset_tick, n.pitch) for n in line(20)
    ]
    assert solo.title == "Prüfung"
    assert [(t, c.text if c else "NC") for t, c in solo.chart.changes][:4] == [
        (0, "NC"),
        (1920, "Cm7"),
        (2880, "F7"),
        (3840, "Bbmaj7"),
    ]


@pytest.mark.parametrize("text", ["[A]\n| Dm7 | % |\n[B]\n| Dm7 | % |", "[A]\n| C |\n[B]\n| C |"])
def test_one_chord_and_the_letters_of_a_form_are_told_apart(tmp_path, text):
    chart = parse_chart(text)
    solo = Track("Solo", 0, 66, line(8, 0))
    write_midi(tmp_path / "one.mid", Take(chart, ((0, 120.0),), (solo,)))
    read = read_solo(tmp_path / "one.mid")
    assert {c for _, c in read.chart.changes} == {chart.changes[0][1]}


def test_music21_and_symusic_read_the_same_notes():
    from music21 import converter

    music21 = converter.parseData(midi_bytes(take()), format="midi")
    solo = next(p for p in music21.parts if p.partName == "Solo")
    notes = solo.flatten().notes
    assert [(round(float(n.offset) * 480), n.pitch.midi) for n in notes] == [
        (n.onset_tick, n.pitch) for n in line(20)
    ]
    symusic = pytest.importorskip("symusic")
    score = symusic.Score.from_midi(midi_bytes(take()))
    assert [t.name for t in score.tracks] == ["Solo", "Piano", "Bass", "Drums"]
    assert [(n.time, n.duration, n.pitch, n.velocity) for n in score.tracks[0].notes] == [
        (n.onset_tick, n.duration_tick, n.pitch, n.velocity) for n in line(20)
    ]


@st.composite
def any_notes(draw) -> list[Note]:
    return draw(
        st.lists(
            st.builds(
                Note,
                st.integers(0, 9000),
                st.integers(1, 4000),
                st.integers(0, 127),
                st.integers(1, 127),
            ),
            max_size=40,
        )
    )


@given(any_notes())
def test_notes_in_notes_out(notes):
    """What one channel can play comes back as it went in."""
    chart = parse_chart("| C | F | G | C |")
    midi = reread(Take(chart, ((0, 120.0),), (Track("Solo", 3, None, tuple(notes)),)))
    expected = [Note(a, b - a, pitch, v) for a, b, pitch, v in playable(notes, chart.length_tick)]
    assert notes_of(midi.tracks[1]) == sorted(expected, key=lambda n: (n.onset_tick, n.pitch))
    kept = {(n.onset_tick, n.pitch) for n in notes if n.onset_tick < chart.length_tick}
    assert {(n.onset_tick, n.pitch) for n in expected} == kept
    assert all(n.end_tick <= chart.length_tick for n in expected)


@given(any_notes(), any_notes(), st.sampled_from([0, 3, 9]))
def test_bytes_are_those_that_mido_writes(notes, others, channel):
    tracks = (Track("Solo", 3, None, tuple(notes)), Track("A ♭", channel, 5, tuple(others)))
    made = Take(parse_chart("| C | F | G | C |"), ((0, 120.0),), tracks)
    assert midi_bytes(made) == saved(reread(made))


def test_a_pitch_struck_again_ends_where_it_is_struck_and_of_two_at_once_the_louder_is_written():
    notes = [Note(0, 960, 60, 50), Note(480, 100, 60, 60), Note(480, 300, 60, 90)]
    assert [*playable(notes, 1920)] == [(0, 480, 60, 50), (480, 780, 60, 90)]
    assert [*playable([Note(1000, 2000, 60, 50), Note(1920, 10, 62, 50)], 1920)] == [
        (1000, 1920, 60, 50)
    ]


def test_two_tracks_of_one_channel_set_it_once():
    both = (Track("Solo", 0, 66, line(4)), Track("Solo", 0, 66, line(4)))
    midi = reread(replace(take(), tracks=both))
    assert [sum(m.type == "program_change" for m in t) for t in midi.tracks] == [0, 1, 0]


def test_titles_of_any_kind_are_written():
    chart = replace(CHART, title="A\n\ud800 ♭", composer="\x00 B")
    assert reread(take(chart)).tracks[0].name == "A ? ♭"


def test_the_notes_of_a_long_take_are_written_one_by_one():
    """Beside the bytes that are written there is only what sounds."""
    notes, count = Notes(), 20_000
    for n in range(count):
        notes.put(Note(n * 120, 100, 40 + n % 40, 80))
    track = Track("Solo", 0, 0, notes)
    tracemalloc.start()
    try:
        content = _track("", _notes(track, count * 120), count * 120)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(content) > 6 * count
    assert peak < 4 * len(content) + 100_000
