"""Takes: notes sorted into tracks, cut, joined, and begun at a bar."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import pytest
from scripted import ScriptedVoice

from improv.charts.library import load_chart
from improv.config import Plan, SoloistConfig, Tune
from improv.controls.table import Controls
from improv.music.note import Note
from improv.music.take import Track
from improv.performance.arrangement import arrange
from improv.performance.assemble import make_performance
from improv.performance.ensemble import Ensemble
from improv.performance.played import PlayedNote
from improv.performance.takes import cut, from_bar, in_a_row, perform, take_of
from improv.soloist.soloist import Soloist

BAR = 1920
LINEUP = (
    Track("solo", 0, 66, (), ()),
    Track("low", 4, 70, (), ()),
    Track("bass", 2, 32, ()),
)


def performance(chart="Key: C\n| Dm7 | G7 | Cmaj7 | % |", controls=None, **plan):
    tune = Tune(load_chart(chart), Plan(**{"choruses": 1, **plan}), controls or {"swing": 1.5})
    return make_performance(tune, arrange(tune.chart, tune.plan))


def note(tick, pitch=60, ticks=240, player="solo", channel=0, late=10):
    """A soloist's is played a little late."""
    if player not in ("solo", "low"):
        return PlayedNote(1, tick, tick + ticks, pitch, 80, channel, player)
    written = Note(tick, ticks, pitch, 80)
    return PlayedNote(1, tick + late, tick + ticks, pitch, 80, channel, player, "1^:6", written)


def places(notes):
    return [(note.onset_tick, note.end_tick, note.pitch) for note in notes]


def take(*notes, lineup=LINEUP, played=None, tempos=()):
    return take_of(played or performance(), notes, lineup, tempos)


def test_everybody_has_a_track_in_the_order_of_the_lineup():
    made = take(
        note(480, 64), note(0), note(0, 36, player="bass", channel=2), note(0, 50, player="low")
    )
    assert [(t.name, t.channel, t.program) for t in made.tracks] == [
        ("Solo", 0, 66),
        ("Low", 4, 70),
        ("Bass", 2, 32),
    ]
    assert [places(t.notes) for t in made.tracks] == [
        [(10, 240, 60), (490, 720, 64)],
        [(10, 240, 50)],
        [(0, 240, 36)],
    ]


def test_what_soloists_play_is_kept_as_written_too():
    made = take(note(480, 64), note(0), note(0, 50, player="low"))
    assert [t.written and places(t.written) for t in made.tracks] == [
        [(0, 240, 60), (480, 720, 64)],
        [(0, 240, 50)],
        None,
    ]
    assert made.written == made.tracks[0].written, "the lead sheet is the first soloist's"


def test_a_take_of_the_band_alone_has_nothing_written():
    assert take(note(0, 36, player="bass"), lineup=LINEUP[2:]).written == ()


def test_a_name_is_written_as_it_is_but_for_a_capital():
    lineup = (Track("Charlie Parker", 0, None, (), ()), Track("tenor II", 1, None, (), ()))
    assert [t.name for t in take(lineup=lineup).tracks] == ["Charlie Parker", "Tenor II"]


def test_a_count_in_is_on_the_track_of_its_channel_or_on_one_of_its_own():
    click = note(0, 37, player="count-in", channel=9)
    drums = (*LINEUP, Track("drums", 9, None, ()))
    assert [t.name for t in take(click, lineup=drums).tracks] == ["Solo", "Low", "Bass", "Drums"]
    alone = take(click)
    assert [(t.name, t.channel) for t in alone.tracks][3:] == [("Count-in", 9)]


def test_tempos_are_those_that_were_played_or_else_those_of_the_performance():
    assert take(tempos=((0, 132.0), (960, 90.0))).tempos == ((0, 132.0), (960, 90.0))
    slows = performance(controls={"tempo_bpm": 100.0}, ending="hold")
    assert [bpm for _, bpm in take(played=slows).tempos][:3] == [100.0, 94.0, 86.0]
    assert take(tempos=((0, 132.0),)).chart.tempo_bpm == 132.0


def test_everything_up_to_the_end_is_performed_and_the_ticks_are_told():
    played = performance()
    chart = played.arrangement.chart
    soloist = Soloist(SoloistConfig(), ScriptedVoice(chart, ("1^:12",)), chart)
    ensemble = Ensemble(played.arrangement, [soloist], Controls())
    reached = []
    notes = perform(ensemble, chart.length_tick, reached.append)
    assert [n.onset_tick for n in notes] == [*range(0, 4 * BAR, 480)]
    assert reached == sorted(reached)
    assert reached[-1] == 4 * BAR


def test_a_take_is_cut_where_it_was_stopped():
    made = cut(take(note(0), note(2 * BAR - 240, ticks=480), note(2 * BAR)), 2 * BAR)
    assert places(made.tracks[0].notes) == [(10, 240, 60), (2 * BAR - 230, 2 * BAR + 240, 60)]
    assert [n.onset_tick for n in made.written] == [0, 2 * BAR - 240]
    assert made.chart.length_tick == 2 * BAR
    assert [tick for tick, _ in made.chart.changes] == [0, BAR]


def test_one_without_end_is_as_long_as_it_was_played():
    endless = performance(choruses=0, key_cycle="fourths")
    made = cut(take(note(0), played=endless), 50 * BAR)
    assert made.chart.length_tick == 50 * BAR
    assert len(made.chart.tops) == 13
    assert len(made.chart.changes) >= 3 * 12
    assert made.chart.chord_at(48 * BAR) == made.chart.chord_at(0), "twelve keys, then the first"
    assert made.keys[12] == (48 * BAR, made.keys[0][1])


def test_what_is_cut_at_its_own_end_stays_as_it_is():
    made = take(note(0))
    assert cut(made, made.chart.length_tick) is made


def test_from_a_bar_on_what_held_there_holds_at_its_beginning():
    whole = take(note(0), note(2 * BAR + 480), tempos=((0, 100.0), (BAR, 120.0), (3 * BAR, 90.0)))
    made = from_bar(whole, 2)
    assert places(made.tracks[0].notes) == [(490, 720, 60)]
    assert [n.onset_tick for n in made.written] == [480]
    assert made.tempos == ((0, 120.0), (BAR, 90.0))
    assert made.chart.chord_at(0).text == "Cmaj7"
    assert made.keys == ((0, "C"),)
    assert from_bar(whole, 0) is whole


def test_takes_in_a_row_are_one():
    first = take(note(0), note(0, 36, player="bass", channel=2), tempos=((0, 100.0),))
    waltz = performance("Title: W\nKey: G\n3/4 | G6 | D7 |")
    second = take(note(480, 67), played=waltz, tempos=((0, 180.0),))
    both = in_a_row([first, second])
    assert both.chart.length_tick == 4 * BAR + 2 * 1440
    assert [t.name for t in both.tracks] == ["Solo", "Low", "Bass"]
    assert places(both.tracks[0].notes) == [(10, 240, 60), (4 * BAR + 490, 4 * BAR + 720, 67)]
    assert [n.onset_tick for n in both.written] == [0, 4 * BAR + 480]
    assert both.tracks[2].written is None
    assert both.tempos == ((0, 100.0), (4 * BAR, 180.0))
    assert both.keys == ((0, "C"), (4 * BAR, "G"))
    assert in_a_row([first]) is first


def test_who_plays_in_one_of_them_only_has_a_track_in_both():
    first = take(note(0), lineup=LINEUP[:1])
    piano = (*LINEUP[:1], Track("piano", 1, 0, ()))
    second = take(note(0, 55, player="piano", channel=1), lineup=piano)
    both = in_a_row([first, second])
    assert [t.name for t in both.tracks] == ["Solo", "Piano"]
    assert places(both.tracks[1].notes) == [(4 * BAR, 4 * BAR + 240, 55)]


def test_a_title_that_is_said_again_is_said_once():
    one = take(note(0))
    named = replace(one, chart=replace(one.chart, title="Blues"))
    other = replace(one, chart=replace(one.chart, title="Waltz"))
    assert in_a_row([named, named, other, named]).chart.title == "Blues, Waltz, Blues"


def test_nothing_in_a_row_is_refused():
    with pytest.raises(ValueError):
        in_a_row([])


def test_a_long_take_is_made_in_little_room():
    """Nothing is kept of what was played but a few bytes a note."""
    count = 20_000
    played = (
        PlayedNote(
            n, n // 3 * 480, n // 3 * 480 + 400, 40 + n % 80, 80, 0, "solo", "1", Note(n, 1, 60, 80)
        )
        for n in range(count)
    )
    chart = performance()
    tracemalloc.start()
    try:
        take = take_of(chart, played, LINEUP)
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(take.tracks[0].notes) == len(take.tracks[0].written) == count
    assert held < 45 * count and peak < 60 * count
