"""A chart laid out for a quick answer, however long it is."""

from __future__ import annotations

from improv.charts.library import load_chart
from improv.grammar.line import form
from improv.grammar.line.form import Form
from improv.music.chart import joined


def test_what_is_known_of_a_long_chart_takes_no_more_room_and_is_the_same(monkeypatch):
    chart = joined([load_chart("rhythm")] * 12)
    every = Form(chart)
    steps = range(0, chart.length_tick // 40, 5)
    places = [every.place(step) for step in steps]
    monkeypatch.setattr(form, "MOST_KEPT", 50)
    few = Form(chart)
    for step, place in zip(steps, places, strict=True):
        assert few.place(step) == place
        assert len(few._places) <= 50 and len(few._harmonies) <= 50
