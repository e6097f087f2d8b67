"""What the partner played in a session, read from its log and kept as it happened."""

from __future__ import annotations

import json

import pytest
from session_stage import perform

from improv.charts.library import load_chart
from improv.cli import main
from improv.config import Plan, Tune
from improv.live.daemon import LEAD_NS
from improv.live.diary import Diary
from improv.midi.events import Heard, Stop
from improv.partner.ears import Ears
from improv.partner.report import report
from improv.performance.steering import Steer
from improv.session.practice import played_in

S = 1_000_000_000


def quarters(beats):
    """Events of an F on these beats of a blues in F at 120, each 10 ms late."""
    for beat in beats:
        ns = LEAD_NS + round((beat / 2 + 0.01) * S)
        yield ns, Heard(ns, bytes((0x90, 65, 80)))
        yield ns + S // 5, Heard(ns + S // 5, bytes((0x80, 65, 0)))


def session(folder, plan, beats, more=(), **config):
    diary = Diary()
    tune = Tune(load_chart("blues"), plan, {"tempo_bpm": 120.0})
    played = perform(
        folder,
        (tune,),
        events=[*quarters(beats), *more, (24 * S + LEAD_NS, Stop("enough"))],
        ears=Ears(),
        listeners=[diary],
        partner=diary.partner,
        **config,
    )
    return played, diary


@pytest.fixture(scope="module")
def traded(tmp_path_factory):
    """The partner's fours are bars 1 to 4 and 9 to 12; the second bar of each has no beginning."""
    beats = [beat for bar in (0, 1, 2, 3, 8, 9, 10, 11) for beat in range(4 * bar, 4 * bar + 4)]
    beats = [beat for beat in beats if beat // 4 not in (1, 9) or beat % 4 > 1]
    return session(tmp_path_factory.mktemp("traded"), Plan(), beats, mode="trade 4")


def test_the_partners_turns_are_theirs(traded):
    played, _ = traded
    (part,) = played_in(played.session)
    assert list(part.bars) == [0, 1, 2, 3, 8, 9, 10, 11]
    assert len(part.notes) == 28
    found = report([part])
    assert (found.bars, found.hesitated) == (8, 2 / 8)
    assert found.where == ((2, 1, 1), (10, 1, 1))
    assert found.late_ms == pytest.approx(10, abs=2)


def test_what_was_kept_as_it_happened_is_what_the_log_says(traded):
    played, diary = traded
    assert report(diary.played()) == report(played_in(played.session))


def test_without_turns_all_bars_are_theirs_and_a_mode_that_is_typed_counts_from_then_on(tmp_path):
    typed = [(7 * S, Steer(mode="trade 4 first me"))]
    played, diary = session(tmp_path, Plan(), range(48), typed, mode="solo")
    (part,) = played_in(played.session)
    assert list(part.bars) == [0, 1, 2, 3, 8, 9, 10, 11]
    assert report(diary.played()) == report([part])


def test_in_an_echo_the_second_half_of_each_round_is_theirs(tmp_path):
    played, diary = session(tmp_path, Plan(echo_bars=2, count_in_bars=1), range(12, 20))
    (part,) = played_in(played.session)
    assert list(part.bars) == [3, 4, 7, 8, 11]
    assert report(diary.played()) == report([part])


def test_the_command_says_it_and_gives_the_figures(traded, capsys):
    played, _ = traded
    assert main(["report", str(played.log)]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[0] == "You played 28 notes in 8 bars."
    assert "bars 2 (1 of 1), 10 (1 of 1)" in said
    assert main(["report", str(played.log), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["hesitated"]["share"] == 0.25
    assert figures["log"] == str(played.log)


def test_what_is_no_log_is_refused_in_one_sentence(tmp_path, capsys):
    assert main(["report", str(tmp_path / "none.jsonl")]) == 4
    assert capsys.readouterr().err.count("\n") == 1
