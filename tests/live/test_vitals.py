"""What is counted while it plays."""

from __future__ import annotations

from dataclasses import replace

from improv.charts.text import parse_chart
from improv.controls.table import Controls
from improv.live.arrangement import Plan, arrange
from improv.live.events import Gone, PortEvent, Report
from improv.live.health import Health
from improv.live.performer import Performance
from improv.live.vitals import Vitals
from improv.music.tempo import TempoMap

SECOND_NS = 1_000_000_000


def vitals() -> tuple[Vitals, list[Health]]:
    """Two choruses of two bars after a bar of count-in, and what is published."""
    published: list[Health] = []
    made = Vitals(published.append, port="Synth", tunes=2)
    arrangement = arrange(parse_chart("| Dm7 G7 | Cmaj7 |"), Plan(choruses=2, count_in_bars=1))
    made.tune(Performance(arrangement, TempoMap(120.0), Controls().with_values(tempo_bpm=120.0), 1))
    return made, published


def test_tune_part_chorus_and_bar_are_those_the_terminal_shows():
    made, published = vitals()
    for bar in range(5):
        made.bar(bar)
    assert [(one.part, one.chorus, one.bar) for one in published] == [
        ("", 0, 0),
        ("count-in", 0, 1),
        ("chorus", 1, 1),
        ("chorus", 1, 2),
        ("chorus", 2, 1),
        ("chorus", 2, 2),
    ]
    assert {(one.tune_number, one.tunes, one.port, one.bpm) for one in published} == {
        (2, 2, "Synth", 120.0)
    }


def test_notes_are_counted_and_those_that_are_late_or_dropped():
    made, _ = vitals()
    on, off = bytes((0x90, 60, 90)), bytes((0x80, 60, 64))
    made.heard(Report(1, 0, 2_000_000, on), None, 0)
    made.heard(Report(1, 0, 2_000_001, off), None, 0)
    made.heard(Report(2, 0, 90_000_000, on, dropped=True), None, 0)
    made.heard(Report(0, 0, 0, bytes((0x90, 60, 0))), None, 0)  # an off in disguise
    made.heard(Report(0, 0, 5_000_000, b"\xf8"), None, 0)  # a pulse of the clock is no note
    made.heard(Report(0, 0, 0, bytes((0xC0, 66))), None, 0)
    assert (made.health.notes, made.health.late, made.health.dropped_ons) == (1, 1, 1)


def test_tokens_a_second_are_those_of_the_last_ten():
    made, _ = vitals()
    made.alive(0, 100)  # stepped before it began
    for second in range(1, 11):
        made.alive(second * SECOND_NS, 100 + 6 * second)
    assert made.health.tokens_per_s == 6.0
    for second in range(1, 11):  # the next tune has an ensemble of its own, which counts from 0
        made.alive((10 + second) * SECOND_NS, 3 * second)
    made.alive(31 * SECOND_NS, 63)
    assert made.health.tokens_per_s == 3.0


def test_a_loop_that_goes_round_says_so_five_times_a_second_at_most():
    made, published = vitals()
    before = len(published)
    for millisecond in range(1, 1001):
        made.alive(SECOND_NS + millisecond * 1_000_000, 0, queue=millisecond)
    assert len(published) - before == 5
    assert published[-1].queue > 0


def test_what_happens_to_ports_and_processes():
    made, published = vitals()
    made.happened(PortEvent("out", "Synth", False))
    assert not published[-1].port_there and published[-1].reconnects == 0
    made.happened(PortEvent("out", "Synth", True))
    assert published[-1].port_there and published[-1].reconnects == 1
    made.happened(PortEvent("clock-in", "DAW", False))
    assert not published[-1].clock_locked and published[-1].port_there
    made.happened(PortEvent("clock-in", "DAW", True))
    made.happened(PortEvent("clock-out", "DAW", True))
    assert published[-1].clock_locked and published[-1].reconnects == 3
    made.happened(Gone(12))
    assert published[-1].restarts == 1
    before = len(published)
    made.happened("something else")
    assert len(published) == before


def test_a_change_of_tempo_is_published():
    made, published = vitals()
    made.tempo(0, 131.456789)
    assert published[-1].bpm == 131.46
    made.know(clock="midi", clock_locked=False)
    assert published[-1] == replace(made.health, clock="midi", clock_locked=False)
