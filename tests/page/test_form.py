"""The tune as the page draws it."""

from __future__ import annotations

import json

from improv.charts.library import load_chart
from improv.config import Plan, Tune
from improv.music.tempo import TempoMap
from improv.page.form import tune_message
from improv.performance.arrangement import arrange, with_rest
from improv.performance.performance import Performance

FOLDED = """
Title: Folded
Key: F
[A]
|: F7 | Bb7 |1. C7 | F7 :|2. Gm7 To Coda | C7 F7 |
[B]
| Am7 "softly" | D7 | D.C. al Coda |
Coda
| Gb7 | F6 |
"""


def message(text, **plan):
    tune = Tune(load_chart(text), Plan(**plan), {}, "build")
    arrangement = arrange(tune.chart, tune.plan)
    if plan.get("choruses"):
        arrangement = with_rest(arrangement)
    performance = Performance(arrangement, TempoMap(tune.chart.tempo_bpm), tune.controls_at_start())
    return json.loads(json.dumps(tune_message(performance)))


def played(tune):
    """(kind, cell) of every bar."""
    return [(kind, bar[2]) for _, shape, kind, _ in tune["parts"] for bar in tune["shapes"][shape]]


def test_repeats_endings_and_coda_stand_as_written():
    tune = message(FOLDED)
    cells = [
        (section, [chord[1] for chord in chords], marks)
        for _, section, chords, marks in tune["cells"]
    ]
    assert cells[0] == ("A", ["F7"], ["|:"])
    assert cells[2][2] == ["1."] and cells[3][2] == [":|"]
    assert cells[4] == ("", ["Gm7"], ["2.", "To Coda"])
    assert cells[6] == ("B", ["Am7"], ['"softly"'])
    assert "Coda" in cells[-2][2]
    assert [cell for _, cell in played(tune)] == [0, 1, 2, 3, 0, 1, 4, 5, 6, 7, 0, 1, 4, 8, 9]


def test_each_different_chorus_is_told_once():
    tune = message("blues", choruses=3, count_in_bars=2, intro_bars=4, ending="tag")
    kinds = [kind for _, _, kind, _ in tune["parts"]]
    assert kinds == ["count-in", "intro", "chorus", "chorus", "chorus", "ending", "final", "rest"]
    assert len({shape for _, shape, kind, _ in tune["parts"] if kind == "chorus"}) == 1
    assert tune["repeat_tick"] is None
    bars = played(tune)
    assert bars[:6] == [("count-in", -1)] * 2 + [("intro", cell) for cell in (8, 9, 10, 11)]
    assert tune["cells"][0][1] == "", "the intro's label is no section of the chorus"


def test_what_goes_round_in_keys_says_where_it_goes_on():
    tune = message("blues", key_cycle="fourths", count_in_bars=1)
    assert len(tune["shapes"]) == 13 and len(tune["cells"]) == 12
    assert (tune["repeat_tick"], tune["length_tick"]) == (1920, 1920 + 12 * 12 * 1920)
    second = tune["shapes"][tune["parts"][2][1]]
    assert second[0] == [1920, 480, 0, [[0, "Bb7", [2, 5, 8, 10]]]]


def test_a_chart_that_nobody_wrote_has_its_first_chorus_for_cells():
    from improv.charts.chart_json import from_json, to_json

    tune = Tune(from_json(to_json(load_chart("waltz"))), Plan(choruses=2), {}, "build")
    performance = Performance(
        arrange(tune.chart, tune.plan), TempoMap(150), tune.controls_at_start()
    )
    told = tune_message(performance)
    assert len(told["cells"]) == 32 and told["cells"][16][1] == "B"
    assert {bar[2] for bar in told["shapes"][0]} == set(range(32))
