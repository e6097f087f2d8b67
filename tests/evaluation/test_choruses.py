"""Generating over the charts of human solos."""

from __future__ import annotations

import pytest
from alone import Quarters, played_by
from solos import solo

from improv.api.cell import Cell, load
from improv.cell.load import find_model
from improv.config import Config
from improv.errors import CorpusError, ModelError
from improv.evaluation.choruses import (
    chorus_chart,
    generate,
    over_chorus,
    playing,
)
from improv.music.transcription import Heard, Transcription
from improv.performance.arrangement import arrange
from improv.performance.assemble import make_ensemble, make_performance
from improv.performance.form import DEFAULT_BAND, Form, band_of
from improv.performance.takes import perform

BAR = 48


def blues(choruses: int = 3, lead_in: int = 2) -> Transcription:
    """Twelve bars a chorus after a lead-in, a note on each bar line from bar -1."""
    top = lead_in * BAR
    chords = [(0, "NC")]
    sections = [(0, "I1", 0)]
    for chorus in range(choruses):
        start = top + chorus * 12 * BAR
        chords += [(start, "F7"), (start + 4 * BAR, "Bb7"), (start + 6 * BAR, "F7")]
        sections += [(start + bar * BAR, "A1", chorus + 1) for bar in range(12)]
    notes = [(bar * BAR, 12, 60 + bar % 12) for bar in range(-1, lead_in + 12 * choruses)]
    return solo(notes, chords, sections, tempo_bpm=200.0, id="blues", title="Blues")


def quarters(start_tick: int, number: int) -> Quarters:
    return Quarters(start_tick, 60 + number)


def test_a_chorus_is_as_the_sections_say() -> None:
    found = chorus_chart(blues())
    assert found.chart.bars == 12
    assert [str(chord) for _, chord in found.chart.changes] == ["F7", "Bb7", "F7"]
    assert found.chart.tempo_bpm == 200
    # the note before step 0 moves the chart by a bar, not the solo
    assert found.start_step == 2 * BAR


def test_what_the_human_played_there() -> None:
    played = over_chorus(blues(), chorus_chart(blues()))
    assert len(played.notes) == 12
    assert played.notes[0] == Heard(0, 12, 62)
    assert played.chords == ((0, "F7"), (4 * BAR, "Bb7"), (6 * BAR, "F7"))


def test_a_last_chorus_broken_off_does_not_count() -> None:
    chords = [(0, "F7"), (8 * BAR, "Bb7"), (16 * BAR, "F7")]
    sections = [(bar * BAR, "A", 1 + bar // 8) for bar in range(18)]
    assert chorus_chart(solo([(0, 6, 60)], chords, sections)).chart.bars == 8


@pytest.mark.parametrize(("bars", "expected"), [(30, 30), (60, 32)])
def test_a_solo_without_choruses_is_one_or_32_bars(bars: int, expected: int) -> None:
    chords = [(bar * BAR, "Dm7" if bar % 2 else "G7") for bar in range(bars)]
    assert chorus_chart(solo([(0, 6, 60)], chords)).chart.bars == expected


def test_all_charts_are_played_through_equally_often() -> None:
    seen: list[int] = []
    solos = [blues(), blues()]
    played = generate(played_by(quarters), solos, choruses=5, workers=1, progress=seen.append)
    assert seen == [3, 6]
    assert [len(each.notes) for each in played] == [3 * 12 * 3] * 2
    first, second = played
    assert first.notes[:4] == (
        Heard(0, 5, 60),
        Heard(12, 5, 60),
        Heard(24, 5, 60),
        Heard(48, 5, 60),
    )
    assert {note.pitch for note in second.notes} == {61}
    assert first.sections == ((0, "", 1), (12 * BAR, "", 2), (24 * BAR, "", 3))
    assert len(first.chords) == 9
    assert first.title == "Blues"
    assert first.performer == ""


def test_it_is_the_same_in_one_process_and_in_two() -> None:
    solos = [blues(1), blues(2)]
    voices = playing(find_model("etudes"))
    alone = generate(voices, solos, choruses=2, seed=3, workers=1)
    assert generate(voices, solos, choruses=2, seed=3, workers=2) == alone
    assert generate(voices, solos, choruses=2, seed=4, workers=1) != alone
    onsets = [note.onset_step for note in alone[0].notes]
    assert onsets == sorted(set(onsets))
    assert max(onsets) < 12 * BAR


def test_settings_are_dials_the_soloists_or_of_the_sampling() -> None:
    folder = find_model("etudes")
    found = playing(
        folder,
        {"temperature": 0.7, "player": "Somebody", "arc": "wave", "memory": 0.5},
    )
    assert found.form.controls == {"temperature": 0.7} and found.form.arc == "wave"
    assert found.config.soloists[0].player == "Somebody"
    assert found.players.sampling == (("memory", 0.5),)  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="temperature"):
        playing(folder, {"temperature": 9})
    with pytest.raises(ValueError, match="no sampling setting 'loudness'"):
        playing(folder, {"loudness": 9})


def test_settings_of_the_sampling_are_heard() -> None:
    folder = find_model("etudes")
    usual, sure = (
        generate(playing(folder, settings), [blues()], choruses=1, workers=1)
        for settings in ({}, {"pitch_top_p": 0.01})
    )
    assert usual != sure


@pytest.mark.parametrize("number", [0, 1])
def test_what_is_measured_is_what_generate_writes(number: int) -> None:
    """Of the first chart with the very same seed; the others are later tunes of the set."""
    cell, solos = load("etudes"), [blues(), blues(1)]
    chorus = chorus_chart(solos[number]).chart
    heard = generate(playing(cell.model.path), solos, choruses=4, seed=5, workers=1)[number]
    written = _written(cell, chorus, number)
    assert len(heard.notes) > 20
    assert [(note.onset_step, note.pitch) for note in heard.notes] == written


def _written(cell: Cell, chart, number: int) -> list[tuple[int, int]]:
    if number == 0:
        take = cell.play(chart, choruses=2, seed=5)
        notes = take.solo.written
    else:
        config = Config((), seed=5, band=band_of(DEFAULT_BAND, 1))
        tune = Form(choruses=2).tune(chart)
        performance = make_performance(tune, arrange(chart, tune.plan), number=number)
        ensemble = make_ensemble(config, tune, performance, cell.model)
        played = perform(ensemble, performance.arrangement.chart.length_tick, lambda _: None)
        notes = tuple(note.written for note in played if note.written is not None)
    steps = [((note.onset_tick - 2 * 1920) // 40, note.pitch) for note in notes]
    return sorted(each for each in steps if each[0] < 2 * 12 * BAR)


def test_a_solo_with_an_unreadable_chord_is_left_out() -> None:
    bad = solo([(0, 6, 60)], [(0, "H!7")])
    assert len(generate(played_by(quarters), [bad, blues()], choruses=1, workers=1)) == 1
    with pytest.raises(CorpusError, match="nothing to play over in 1 solos"):
        generate(played_by(quarters), [bad], choruses=1, workers=1)


def test_a_voice_that_does_not_move_on_is_refused() -> None:
    with pytest.raises(ModelError, match="makes no progress over 'Blues'"):
        generate(
            played_by(lambda tick, number: Quarters(tick, length_tick=0)),
            [blues()],
            choruses=1,
            workers=1,
        )
