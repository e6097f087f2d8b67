"""Charts as JSON: the same chart again, and one sentence for what is none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import musicxml_maker as xml
import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.charts.built_in import BUILT_IN
from improv.charts.chart_json import from_json, to_json
from improv.charts.library import load_chart, open_book
from improv.config import Plan
from improv.errors import ChartError, ImprovError
from improv.music.chart import Chart
from improv.performance.arrangement import arrange

TUNE = """
Title: Two meters
Key: F
Feel: medium swing
[A]
| F6 | D7 | Gm7 | C7 | 3/4 Am7 | D7 | Gm7 | C7 |
[B]
| 4/4 F7 | Bb6 | G7 NC / / | C7 | C/D D7/F# | Gm7 C7 | F6 | % |
"""


def again(chart: Chart) -> Chart:
    return from_json(json.loads(json.dumps(to_json(chart))))


@pytest.mark.parametrize("name", [*BUILT_IN, TUNE])
def test_the_same_chart_comes_back(name):
    chart = load_chart(name)
    assert again(chart) == chart
    assert again(chart).bar_ticks == chart.bar_ticks


def test_every_field_is_kept():
    """Also those that only a coda, a remark or a performance has."""
    chart = load_chart(TUNE)
    last = replace(chart.part(0, 4), title="the last")
    full = replace(
        chart,
        composer="Somebody",
        style="Up-tempo",
        remarks=((480, "softly"),),
        last=last,
        tops=(0, 1920),
        repeat_tick=1920,
    )
    back = again(full)
    assert back == full
    assert (back.last, back.tops, back.repeat_tick, back.remarks, back.style) == (
        last,
        (0, 1920),
        1920,
        ((480, "softly"),),
        "Up-tempo",
    )


@pytest.mark.parametrize("name", ["blues", TUNE])
def test_a_performance_comes_back(name):
    plan = Plan(choruses=3, key_cycle="fourths", count_in_bars=2, intro_bars=4, ending="tag")
    laid_out = arrange(load_chart(name), plan).chart
    assert again(laid_out) == laid_out


def test_musicxml_charts(tmp_path):
    path = tmp_path / "tune.musicxml"
    path.write_bytes(xml.score(xml.bar("C"), xml.bar("D", kind="minor-seventh"), xml.bar("G")))
    chart = load_chart(str(path))
    assert again(chart) == chart


@pytest.mark.parametrize("file", ["blues50.txt", "dixieland1.txt", "playlist.html"])
def test_real_charts(shared_dir: Path, file):
    """Every tune of the exports that can be read at all."""
    read = 0
    for entry in open_book(str(shared_dir / "charts" / "ireal" / file)).entries:
        try:
            chart = entry.chart()
        except ImprovError:
            continue
        assert again(chart) == chart, entry.title
        read += 1
    assert read


ANYTHING = st.one_of(
    st.none(), st.integers(-5, 5), st.text(max_size=5), st.lists(st.integers(), max_size=2)
)


@given(name=st.sampled_from(sorted(to_json(load_chart("blues")))), value=ANYTHING)
def test_damage_is_said_or_does_no_harm(name, value):
    """Whatever stands there: a chart, or one sentence."""
    damaged = to_json(load_chart("blues")) | {name: value}
    try:
        chart = from_json(damaged)
    except ChartError as error:
        assert str(error).count("\n") == 0 and str(error).endswith(".")
    else:
        assert again(chart) == chart


@pytest.mark.parametrize("name", sorted(set(to_json(load_chart("blues"))) - {"last"}))
def test_what_is_missing_is_said(name):
    value = to_json(load_chart("blues"))
    del value[name]
    with pytest.raises(ChartError):
        from_json(value)


@pytest.mark.parametrize("value", [None, [], "blues", 3])
def test_what_is_no_object_is_no_chart(value):
    with pytest.raises(ChartError, match="not an object"):
        from_json(value)


def test_a_chart_that_holds_itself_is_refused():
    value = to_json(load_chart("blues"))
    value["last"] = value
    with pytest.raises(ChartError, match="again and again"):
        from_json(value)
