"""What the doctor's numbers mean: percentiles, bars of text, findings."""

from __future__ import annotations

import pytest

from improv.health.doctor import (
    Finding,
    Loop,
    histogram,
    latency_to_set_ms,
    measured_twice,
    of_loop,
    of_ports,
    of_timer,
    percentile,
)

GOLDEN = """\
   10 - 20 µs |############                             60
   20 - 30 µs |######################################## 200
   30 - 40 µs |                                         0
   40 - 50 µs |                                         0
   50 - 60 µs |####################                     100
   60 - 70 µs |                                         0
   70 - 80 µs |                                         0
   80 - 90 µs |####                                     20
90 or more µs |##                                       7"""


def test_the_histogram_is_drawn_so():
    values = [10.0] * 60 + [25.0] * 200 + [59.9] * 100 + [81.0] * 20 + [5000.0] * 7
    assert "\n".join(histogram(values, "µs")) == GOLDEN


@pytest.mark.parametrize("values", [[0.0], [3.0] * 50, [-2.0, -1.0, 4.0], [0.001, 0.0011]])
def test_every_value_is_in_one_row_and_there_are_few_rows(values):
    lines = histogram(values, "ms")
    assert sum(int(line.split()[-1]) for line in lines) == len(values)
    assert 1 <= len(lines) <= 12


def test_without_values_there_are_no_bars():
    assert histogram([], "ms") == []


def test_a_percentile_is_one_of_the_values():
    values = [float(number) for number in range(1, 101)]
    assert [percentile(values, percent) for percent in (50, 99, 100)] == [50, 99, 100]
    assert percentile([7.0], 50) == 7


def states(findings):
    return [(finding.topic, finding.state) for finding in findings]


def test_a_midi_system_that_hangs_is_a_problem_and_what_was_said_before_is_kept():
    answers = [["system", "alsa", {"outputs": ["a", "b"], "inputs": []}, ""]]
    findings = of_ports(answers, "no answer within 12 s")
    assert states(findings) == [("midi", "ok"), ("midi", "problem")]
    assert findings[0].text == "alsa: 2 outputs (a, b), 0 inputs."
    assert findings[1].status == 7 and findings[1].do


def test_no_midi_system_is_a_problem_and_one_of_two_is_none():
    alsa = ["system", "alsa", None, "the ALSA sequencer is absent"]
    jack = ["system", "jack", {"outputs": [], "inputs": []}, ""]
    assert [f.status for f in of_ports([alsa, ["library", ""]], "")] == [0, 7]
    assert states(of_ports([alsa, jack, ["library", ""]], "")) == [("midi", "note"), ("midi", "ok")]
    assert of_ports([["library", "MIDI ports need python-rtmidi."]], "")[0].status == 9


def test_priority_that_is_refused_says_how_to_get_it():
    why = "Real-time priority (SCHED_FIFO) is refused: give your user `rtprio`."
    answers = [
        ["realtime", {"granted": False, "why": why, "locked": False}],
        ["timer", 1, [60_000]],
    ]
    findings = of_timer(answers, "")
    assert states(findings) == [("priority", "note"), ("timer", "ok")]
    assert findings[0].do == "Give your user `rtprio`."
    unasked = {"granted": False, "why": "It was not asked for.", "locked": False}
    assert of_timer([["realtime", unasked]], "")[0].text == "It was not asked for."
    slow = of_timer([["timer", 100, [60_000, 15_600_000]]], "")
    assert slow[0].state == "note" and slow[0].do


def test_the_latency_to_set_is_what_half_of_the_messages_take():
    measured = Loop(
        "jack", late=[1000] * 3, travel=[2_000_000] * 3, whole=[1, 2_740_000, 9_000_000]
    )
    assert latency_to_set_ms(measured) == -2.7
    findings = of_loop(measured)
    assert states(findings) == [("sender", "ok"), ("round trip", "ok"), ("latency", "ok")]
    assert "--latency-ms -2.7 " in findings[-1].text


def test_messages_that_do_not_come_back_are_a_problem():
    assert states(of_loop(Loop("jack", late=[1000], lost=1)))[-1] == ("round trip", "problem")
    some = of_loop(Loop("jack", late=[1000] * 9, whole=[1000] * 8, travel=[0] * 8, lost=1))
    assert any("1 of 9 messages did not come back" in f.text and f.status == 7 for f in some)
    one = of_loop(Loop("jack", late=[1000] * 99, whole=[1000] * 98, travel=[0] * 98, lost=1))
    assert ("round trip", "problem") not in states(one) and ("round trip", "note") in states(one)
    assert of_loop(Loop("none", late=[1000], why="No port."))[-1].state == "note"


OK, BAD = Finding("round trip", "ok", "Fine."), Finding("round trip", "problem", "Lost.", "", 7)


@pytest.mark.parametrize(
    ("tries", "expected", "measured"),
    [
        ([[OK]], ["ok"], 1),
        ([[BAD], [OK]], ["note", "ok"], 2),
        ([[OK, BAD], [OK, BAD]], ["ok", "problem"], 2),
    ],
)
def test_a_problem_is_measured_again_before_it_is_said(tries, expected, measured):
    taken = iter(enumerate(tries, 1))

    def measure():
        number, findings = next(taken)
        return findings, number

    findings, number = measured_twice(measure)
    assert [each.state for each in findings] == expected
    assert number == measured
    if expected[0] == "note":
        assert findings[0].text == "At first: Lost. A second measurement was fine."
