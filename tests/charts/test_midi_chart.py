"""MIDI files to charts: markers, sections, meters, voiced chords; one sentence for everything else."""

from __future__ import annotations

import io

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.charts import midi_file
from improv.charts.midi import read_midi_chart
from improv.charts.text import parse_chart
from improv.charts.text_print import print_chart
from improv.errors import InputFileError
from improv.music.chart import Chart
from improv.music.feel import DEFAULT_FEEL


def meta(kind, tick=0, **values):
    return tick, mido.MetaMessage(kind, **values)


def marks(*pairs, kind="marker"):
    return [meta(kind, tick, text=text) for tick, text in pairs]


def notes(*pitches, tick=0, length_tick=480, channel=0):
    for pitch in pitches:
        yield tick, mido.Message("note_on", channel=channel, note=pitch, velocity=70)
        yield tick + length_tick, mido.Message("note_off", channel=channel, note=pitch)


def written(folder, *tracks, ends=None, ticks_per_beat=480):
    """A file of tracks of (tick, message); the tracks end at `ends`."""
    midi = mido.MidiFile(ticks_per_beat=ticks_per_beat)
    for events in tracks:
        track, now = mido.MidiTrack(), 0
        for tick, message in sorted(events, key=lambda event: event[0]):
            track.append(message.copy(time=tick - now))
            now = tick
        track.append(mido.MetaMessage("end_of_track", time=max(0, (ends or 0) - now)))
        midi.tracks.append(track)
    path = folder / "made.mid"
    midi.save(path)
    return path


def symbols(chart):
    return [(tick, chord.text if chord else "NC") for tick, chord in chart.changes]


TWO = marks((0, "Dm7"), (1920, "G7"))


def test_markers_are_the_chords_and_the_file_says_the_rest(tmp_path):
    head = [
        meta("track_name", name="A tune"),
        meta("set_tempo", tempo=mido.bpm2tempo(181)),
        meta("time_signature", numerator=3, denominator=4),
        meta("key_signature", key="Bb"),
        meta("set_tempo", 1440, tempo=mido.bpm2tempo(90)),
        *marks((0, "Bossa Nova"), (0, "Dm7"), (1440, "G7"), (2400, "C")),
    ]
    chart = read_midi_chart(written(tmp_path, head, ends=4320))
    assert (chart.title, chart.tempo_bpm, str(chart.meter), chart.key) == (
        "A tune",
        181,
        "3/4",
        "Bb",
    )
    assert (chart.feel, chart.style, chart.remarks) == ("bossa", "Bossa Nova", ())
    assert symbols(chart) == [(0, "Dm7"), (1440, "G7"), (2400, "C")]
    assert chart.bars == 3


def test_one_chord_that_cannot_be_read_is_named_and_refuses_nothing(tmp_path):
    odd = marks((0, "Dm7"), (1920, "G7q"), (3840, "Hm7"), (5760, "C"), (5760, "B-section"))
    chart = read_midi_chart(written(tmp_path, odd, ends=7680))
    assert symbols(chart) == [(0, "Dm7"), (1920, "G7"), (5760, "C")]
    assert chart.remarks == ((1920, "? G7q"), (3840, "? Hm7"), (5760, "B-section"))
    first, second = chart.warnings
    assert "'G7q' in bar 2 of 'made'" in first and first.endswith("G7 is played there.")
    assert "'Hm7' in bar 3" in second and second.endswith("the chord before goes on there.")


def test_jump_words_are_said_not_to_be_obeyed(tmp_path):
    words = marks((0, "Dm7"), (1920, "G7"), (1920, "D.C. al Fine"), (3840, "Bridge"))
    chart = read_midi_chart(written(tmp_path, words, ends=5760))
    (warning,) = chart.warnings
    assert "'D.C. al Fine' in bar 2 of 'made' is not obeyed" in warning
    assert chart.bars == 3


def test_without_a_name_and_a_tempo_it_is_called_like_the_file_at_120(tmp_path):
    chart = read_midi_chart(written(tmp_path, TWO))
    assert (chart.title, chart.tempo_bpm, str(chart.meter)) == ("made", 120, "4/4")
    assert (chart.feel, chart.bars) == (DEFAULT_FEEL, 2)


@pytest.mark.parametrize("kind", ["marker", "text", "lyrics", "cue_marker"])
def test_any_kind_of_text_may_be_the_chords(tmp_path, kind):
    chart = read_midi_chart(written(tmp_path, marks((0, "C"), (960, "F7"), kind=kind)))
    assert symbols(chart) == [(0, "C"), (960, "F7")]


@pytest.mark.parametrize(
    ("tick", "place"),
    [
        (1930, 1920),
        (1870, 1920),
        (1820, 1920),
        (1790, 1680),
        (1710, 1680),
        (2080, 2160),
        (2020, 1920),
    ],
)
def test_a_chord_is_on_the_nearest_half_beat(tmp_path, tick, place):
    chart = read_midi_chart(written(tmp_path, marks((0, "C"), (tick, "F7"))))
    assert symbols(chart) == [(0, "C"), (place, "F7")]


def test_of_two_chords_at_one_place_the_later_holds_and_what_goes_on_is_no_change(tmp_path):
    path = written(tmp_path, marks((0, "C"), (960, "F"), (1000, "G"), (1920, "G"), (3840, "nc")))
    assert symbols(read_midi_chart(path)) == [(0, "C"), (960, "G"), (3840, "NC")]


def test_before_the_first_chord_there_is_none(tmp_path):
    chart = read_midi_chart(written(tmp_path, marks((3840, "C"), (5760, "F"))))
    assert symbols(chart) == [(0, "NC"), (3840, "C"), (5760, "F")]


@pytest.mark.parametrize("ticks_per_beat", [24, 96, 100, 960])
def test_meters_change_at_bar_lines(tmp_path, ticks_per_beat):
    """4/4 | 7/8 | 7/8 | 3/4 |"""
    beat = ticks_per_beat
    head = [
        meta("time_signature", 0, numerator=4, denominator=4),
        meta("time_signature", 4 * beat, numerator=7, denominator=8),
        meta("time_signature", 11 * beat, numerator=3, denominator=4),
        *marks((0, "C"), (4 * beat, "F"), (11 * beat, "G")),
    ]
    chart = read_midi_chart(written(tmp_path, head, ends=14 * beat, ticks_per_beat=beat))
    assert [str(chart.meter_of(bar)) for bar in range(4)] == ["4/4", "7/8", "7/8", "3/4"]
    assert chart.bar_ticks == (0, 1920, 3600, 5280)
    assert (symbols(chart), chart.length_tick) == ([(0, "C"), (1920, "F"), (5280, "G")], 6720)
    assert parse_chart(print_chart(chart)) == chart


def test_a_meter_that_is_not_at_the_top_follows_four_four_and_the_last_at_a_place_counts(tmp_path):
    head = [
        meta("time_signature", 1925, numerator=3, denominator=4),
        meta("time_signature", 1930, numerator=5, denominator=4),
    ]
    chart = read_midi_chart(written(tmp_path, head + TWO))
    assert (str(chart.meter), chart.bars) == ("4/4", 2)
    assert [(tick, str(meter)) for tick, meter in chart.meter_changes] == [(1920, "5/4")]


@pytest.mark.parametrize(
    ("ends", "bars"), [(1920, 2), (3840, 2), (3840 + 30, 2), (3840 + 100, 3), (7680, 4)]
)
def test_it_lasts_to_the_end_in_whole_bars(tmp_path, ends, bars):
    assert read_midi_chart(written(tmp_path, TWO, ends=ends)).bars == bars


def test_it_ends_with_its_music_where_the_end_of_track_is_far_away(tmp_path):
    """Four bars of rest behind the last note are music, a hundred are not."""
    tune = TWO + [each for tick in range(0, 3840, 480) for each in notes(60, tick=tick)]
    assert read_midi_chart(written(tmp_path, tune, ends=3840 + 4 * 1920)).bars == 6
    for far in (100 * 1920, 10**8):
        assert read_midi_chart(written(tmp_path, tune, ends=far)).bars == 2
    assert read_midi_chart(written(tmp_path, TWO, ends=10**8)).bars == 2


def test_what_is_passed_over_is_a_warning(tmp_path):
    odd = [
        meta("set_tempo", tempo=5_000_000),
        meta("time_signature", numerator=200, denominator=64),
    ]
    chart = read_midi_chart(written(tmp_path, odd + TWO))
    assert (chart.tempo_bpm, str(chart.meter)) == (120, "4/4")
    assert chart.warnings == (
        "made: the tempo of 12 beats a minute is passed over.",
        "made: the meter 200/64 is none and is passed over.",
    )


def test_a_chorus_that_the_file_repeats_stays_written_out(tmp_path):
    again = marks((0, "C"), (1920, "F"), (3840, "C"), (5760, "F"))
    chart = read_midi_chart(written(tmp_path, again))
    assert (chart.bars, chart.tops, len(chart.changes)) == (4, (0,), 4)


def test_sections_are_named_beside_the_chords(tmp_path):
    both = marks((0, "[A]"), (10, "Dm7"), (1900, "Bridge"), (1920, "G7"), (2880, "solo fill"))
    chart = read_midi_chart(written(tmp_path, both, ends=3840))
    assert chart.sections == ((0, "A"), (1920, "Bridge"))
    assert chart.remarks == ((1920, "solo fill"),)
    assert symbols(chart) == [(0, "Dm7"), (1920, "G7")]


def test_an_intro_is_not_repeated(tmp_path):
    both = marks((0, "Intro"), (0, "Dm7"), (1920, "A"), (1920, "G7"))
    assert read_midi_chart(written(tmp_path, both, ends=3840)).repeat_tick == 1920


@pytest.mark.parametrize(
    ("tracks", "chords", "sections"),
    [
        # another chord stands at its place
        ([marks((0, "A"), (0, "Dm7"), (1920, "B"), (1920, "G7"))], "Dm7 G7", "A B"),
        # all markers are letters, the chords are texts
        (
            [marks((0, "A"), (1920, "B")), marks((0, "Dm7"), (1920, "G7"), kind="text")],
            "Dm7 G7",
            "A B",
        ),
        # a part plays the chords
        (
            [
                marks((0, "A"), (1920, "B")),
                [*notes(50, 53, 57, 60), *notes(43, 53, 57, 59, tick=1920, length_tick=1920)],
            ],
            "Dm7 G7",
            "A B",
        ),
        # nobody else says what they are
        ([marks((0, "A"), (1920, "B"))], "A B", ""),
        # among chords it is one
        ([marks((0, "A"), (1920, "E7"))], "A E7", ""),
    ],
)
def test_a_letter_is_a_chord_or_a_section(tmp_path, tracks, chords, sections):
    chart = read_midi_chart(written(tmp_path, *tracks, ends=3840))
    assert " ".join(name for _, name in symbols(chart)) == chords
    assert " ".join(label for _, label in chart.sections) == sections
    assert [tick for tick, _ in chart.sections] == [0, 1920][: len(chart.sections)]


def test_words_of_a_song_are_no_chords(tmp_path):
    words = marks((0, "A"), (480, "foggy"), (960, "day"), (1440, "in"), kind="lyrics")
    chart = read_midi_chart(written(tmp_path, words, marks((0, "C"), (1920, "F"), kind="text")))
    assert symbols(chart) == [(0, "C"), (1920, "F")]
    assert (chart.remarks, chart.sections) == ((), ())


def test_one_chord_is_enough_where_it_is_written(tmp_path):
    chart = read_midi_chart(written(tmp_path, marks((0, "Dm7")), ends=7680))
    assert (symbols(chart), chart.bars) == ([(0, "Dm7")], 4)


def test_a_part_of_voiced_chords_is_recognised_and_a_melody_is_not(tmp_path):
    chords = [
        *notes(50, 53, 57, 60),
        *notes(43, 53, 57, 59, tick=970),
        *notes(36, 64, 67, 71, tick=1920),
    ]
    melody = [e for i in range(8) for e in notes(70 + i, tick=240 * i, length_tick=240, channel=1)]
    assert symbols(read_midi_chart(written(tmp_path, melody, chords))) == [
        *((0, "Dm7"), (960, "G7"), (1920, "Cmaj7"))
    ]
    refused(written(tmp_path, melody), "Cannot find chords in .*'Dm7'.*'Chords'")


def broken(pitches, tick, step_tick=240):
    return [e for n, p in enumerate(pitches) for e in notes(p, tick=tick + n * step_tick)]


def test_broken_chords_are_recognised_by_bars_and_half_bars(tmp_path):
    melody = [e for i in range(16) for e in notes(70 + i % 5, tick=480 * i, channel=1)]
    chords = [
        *broken((50, 53, 57, 60, 57, 53, 57, 60), 0),  # Dm7
        *broken((43, 53, 59, 53, 48, 52, 55, 59), 1920),  # G7 | Cmaj7
        *broken((62,), 3840),
        *broken((57, 61, 64, 67), 5760, 480),  # A7
    ]
    chart = read_midi_chart(written(tmp_path, melody, [meta("track_name", name="Piano"), *chords]))
    assert symbols(chart) == [(0, "Dm7"), (1920, "G7"), (2880, "Cmaj7"), (5760, "A7")]
    [said] = chart.warnings
    assert "1 of 4 bars have none of their own" in said


def test_the_bass_says_which_of_a_chords_names_is_meant(tmp_path):
    same = (53, 57, 60, 62)  # F6 or Dm7
    piano = [each for half in range(6) for each in notes(*same, tick=960 * half)]
    bass = broken((38, 41, 45, 48, 41, 45, 48, 50, 40, 38, 41, 45), 0, 480)
    path = written(tmp_path, [meta("track_name", name="Piano"), *piano], bass)
    assert symbols(read_midi_chart(path)) == [(0, "Dm7"), (1920, "F6")]
    path = written(tmp_path, broken((53, 57, 60, 62) * 4, 0), bass)
    assert symbols(read_midi_chart(path)) == [(0, "Dm7"), (1920, "F6")]


def test_neither_a_walking_bass_nor_another_melody_is_broken_chords(tmp_path):
    melody = [e for i in range(16) for e in notes(70 + i % 5, tick=480 * i, channel=1)]
    bass = broken((38, 41, 45, 48, 43, 47, 50, 53, 36, 40, 43, 47, 36, 40, 43, 47), 0, 480)
    refused(written(tmp_path, melody, bass), "Cannot find chords")
    other = broken((60, 62, 64, 65, 67, 65, 64, 62) * 4, 0, 240)
    refused(written(tmp_path, melody, other), "Cannot find chords")


def refused(path, said):
    with pytest.raises(InputFileError, match=said) as caught:
        read_midi_chart(path)
    assert repr(str(path)) in str(caught.value) and "\n" not in str(caught.value)


def test_a_bar_may_be_cut_short_by_a_meter(tmp_path):
    head = [
        meta("time_signature", 2050, numerator=3, denominator=4),
        *marks((0, "C"), (2045, "F"), (2055, "G"), (3600, "A7")),
    ]
    chart = read_midi_chart(written(tmp_path, head))
    assert symbols(chart) == [(0, "C"), (2050, "G"), (3490, "A7")]
    assert chart.bar_ticks == (0, 1920, 2050, 3490)


def test_what_is_no_midi_file_or_has_no_chords_is_refused(tmp_path):
    refused(tmp_path / "none.mid", "no such file")
    path = tmp_path / "x.mid"
    path.write_bytes(b"| Dm7 | G7 |")
    refused(path, "not a MIDI file")
    refused(written(tmp_path, list(notes(60))), "Cannot find chords")
    refused(written(tmp_path, marks((0, "I"), (480, "love"), (960, "C"))), "Cannot find chords")
    refused(written(tmp_path, list(notes(60, tick=10**7)) + TWO), "lasts 20,834 beats")


def test_a_file_too_big_is_refused_unread(tmp_path, monkeypatch):
    path = written(tmp_path, TWO)
    monkeypatch.setattr(midi_file, "MOST_BYTES", 20)
    refused(path, "it has over")


def sample() -> bytes:
    midi = mido.MidiFile()
    track = mido.MidiTrack()
    for _, message in [
        meta("track_name", name="Sample"),
        meta("time_signature", numerator=3, denominator=4),
        meta("key_signature", key="F#m"),
        *marks((0, "A"), (0, "F#m7"), (0, "swing")),
        *notes(60, 64, 67),
    ]:
        track.append(message.copy(time=0))
    track.append(mido.MetaMessage("marker", text="B7", time=1440))
    track.append(mido.MetaMessage("time_signature", numerator=4, denominator=4, time=1440))
    track.append(mido.MetaMessage("marker", text="Bridge", time=0))
    midi.tracks.append(track)
    buffer = io.BytesIO()
    midi.save(file=buffer)
    return buffer.getvalue()


SAMPLE = sample()


@given(st.data())
def test_damaged_bytes_are_a_chart_or_one_sentence(tmp_path_factory, data):
    content = bytearray(SAMPLE)
    for _ in range(data.draw(st.integers(0, 8))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content))) :]
    path = tmp_path_factory.getbasetemp() / "damaged.mid"
    path.write_bytes(bytes(content))
    try:
        assert isinstance(read_midi_chart(path), Chart)
    except InputFileError as error:
        assert "\n" not in str(error) and str(path) in str(error)


def test_chords_in_quotes_brackets_and_bar_lines(tmp_path):
    said = ['"Dm7"', "(G7)", "| C |", "Chord: A7", "[Bridge]", "[Fm6]"]
    events = marks(*((index * 1920, text) for index, text in enumerate(said)))
    chart = read_midi_chart(written(tmp_path, events, ends=6 * 1920))
    assert [name for _, name in symbols(chart)] == ["Dm7", "G7", "C", "A7", "Fm6"]
    assert chart.sections == ((4 * 1920, "Bridge"),)


def test_a_chord_that_goes_on_is_no_remark(tmp_path):
    events = marks((0, "Dm7"), (480, "/"), (960, "/"), (1440, "/"), (1920, "%"), (3840, "C"))
    chart = read_midi_chart(written(tmp_path, events, ends=5760))
    assert (symbols(chart), chart.remarks) == ([(0, "Dm7"), (3840, "C")], ())


def test_a_second_a_is_a_section_beside_a_chord(tmp_path):
    events = marks((0, "A1"), (0, "Cm7"), (1920, "F7"), (3840, "Bb7"), (3840, "A2"), (5760, "Eb7"))
    chart = read_midi_chart(written(tmp_path, events, ends=7680))
    assert [name for _, name in symbols(chart)] == ["Cm7", "F7", "Bb7", "Eb7"]
    assert chart.sections == ((0, "A1"), (3840, "A2"))


def test_chords_and_words_of_one_kind_in_two_tracks(tmp_path):
    song = marks(
        *((at * 240, word) for at, word in enumerate("words of a song".split() * 3)), kind="text"
    )
    chords = marks((0, "Dm7"), (1920, "G7"), kind="text")
    chart = read_midi_chart(written(tmp_path, song, chords, ends=3840))
    assert symbols(chart) == [(0, "Dm7"), (1920, "G7")]
