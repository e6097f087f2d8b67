"""What is counted while it plays."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

from plan_maker import plan

from improv.charts.text import parse_chart
from improv.config import Plan
from improv.controls.mixer import Mixer
from improv.controls.table import Controls
from improv.health.health import Health
from improv.live.vitals import EVERY_NS, Vitals
from improv.midi.events import Report
from improv.music.tempo import TempoMap
from improv.performance.arrangement import arrange
from improv.performance.performance import Performance
from improv.performance.played import PlayedNote

SECOND_NS = 1_000_000_000


def vitals() -> tuple[Vitals, list[Health]]:
    """Two choruses of two bars after a bar of count-in, and what is published."""
    published: list[Health] = []
    made = Vitals(Health(port="Synth"), published.append, tunes=2)
    arrangement = arrange(parse_chart("| Dm7 G7 | Cmaj7 |"), Plan(choruses=2, count_in_bars=1))
    made.tune(Performance(arrangement, TempoMap(120.0), Controls().with_values(tempo_bpm=120.0), 1))
    return made, published


def performer(steps: int, locked: bool | None = None) -> SimpleNamespace:
    """As much of one as is looked at."""
    follower = None if locked is None else SimpleNamespace(locked=locked)
    ensemble = SimpleNamespace(steps=steps, mixer=Mixer({"bass": 0.6}))
    return SimpleNamespace(ensemble=ensemble, follower=follower, stopped=False)


def test_it_knows_tune_and_tempo_and_which_chorus_it_is():
    made, _ = vitals()
    assert (made.health.tune_number, made.health.tunes, made.health.port) == (2, 2, "Synth")
    assert made.health.bpm == 120.0
    choruses = []
    for bar in range(5):
        made.bar(bar)
        choruses.append(made.health.chorus)
    assert choruses == [0, 1, 1, 2, 2]
    made.tempo(0, 131.456789)
    assert made.health.bpm == 131.46


def test_notes_are_counted_and_those_that_are_late_or_dropped():
    made, _ = vitals()
    on, off = bytes((0x90, 60, 90)), bytes((0x80, 60, 64))
    made.heard(Report(1, 0, 1_000, on), None, 0)
    made.heard(Report(1, 0, 50_000_000, on), None, 0)
    made.heard(Report(2, 0, 90_000_000, on, dropped=True), None, 0)
    made.heard(Report(1, 0, 50_000_000, off), None, 0)
    made.heard(Report(0, 0, 50_000_000, b"\xf8"), None, 0)  # a pulse of the clock is no note
    assert (made.health.notes, made.health.late, made.health.dropped_ons) == (2, 1, 1)
    assert "2 notes, 1 late, 1 dropped" in str(made.health)


def test_what_the_soloist_means_to_play_is_known_from_its_first_note_on():
    made, _ = vitals()
    note = PlayedNote(1, 0, 240, 60, 90, 0, "solo", plan=plan(0, 9, "triplets", 67))
    made.heard(Report(1, 0, 0, bytes((0x90, 60, 90)), dropped=True), note, 0)
    assert made.health.phrase == ""
    made.heard(Report(1, 0, 0, bytes((0x90, 60, 90))), note, 0)
    made.heard(Report(2, 0, 0, bytes((0x90, 62, 90))), replace(note, note_id=2, plan=None), 240)
    assert made.health.phrase == "about 9 notes, triplets, to G4"
    made.tune(made._performance)
    assert made.health.phrase == ""


def test_tokens_a_second_go_on_through_the_next_tune():
    made, published = vitals()
    for second in range(11):
        made.beat(performer(6 * second), second * SECOND_NS, 0)
    assert published[-1].tokens_per_s == 6.0
    made.tune(made._performance)  # an ensemble of its own, which counts from 0
    for second in range(1, 21):
        made.beat(performer(3 * second), (10 + second) * SECOND_NS, second)
    assert published[-1].tokens_per_s == 3.0 and published[-1].queue == 20


def test_it_is_published_no_oftener_than_is_worth_it():
    made, published = vitals()
    for millisecond in range(1000):
        made.beat(performer(0), millisecond * 1_000_000, 0)
    assert len(published) == SECOND_NS // EVERY_NS


def test_what_happens_to_ports_processes_and_the_clock():
    made, published = vitals()
    made.port("out", False)
    assert not made.health.port_there and made.health.reconnects == 0
    assert "port 'Synth' gone" in str(made.health)
    made.port("out", True)
    assert made.health.port_there and made.health.reconnects == 1
    made.restarted()
    assert made.health.restarts == 1
    made.beat(performer(0, locked=False), 0, 0)
    assert not published[-1].clock_locked
    made.beat(performer(0, locked=True), SECOND_NS, 0)
    assert published[-1].clock_locked
