"""What is said to change how it plays: read, refused, kept in a log."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from improv.charts.library import load_chart
from improv.config import Config, Plan, SoloistConfig, Tune
from improv.controls.table import Controls
from improv.errors import SteeringError
from improv.performance.steering import (
    LONGEST_LINE,
    WORDS,
    Answer,
    Held,
    Steer,
    Switch,
    Tap,
    asked_of,
    completions,
    parse_steer,
    players_text,
)
from improv.session.reader import read


@pytest.mark.parametrize(
    ("line", "steer"),
    [
        ("player Charlie Parker", Steer(player={"Charlie Parker": 1.0})),
        (
            "player Charlie Parker:0.7, John Coltrane:0.3",
            Steer(player={"Charlie Parker": 0.7, "John Coltrane": 0.3}),
        ),
        ("player", Steer(player={})),
        ("style hardbop", Steer(style="hardbop")),
        ("style", Steer(style="")),
        ("trade 8 first me", Steer(mode="trade 8 first me")),
        ("Duet", Steer(mode="duet")),
        ("solo", Steer(mode="solo")),
        ("answer", Steer(mode="answer")),
        ("answer 0.25", Steer(controls={"answer": 0.25})),
        ("  Density  0.5 ", Steer(controls={"density": 0.5})),
        ("density=-1", Steer(controls={"density": -1.0})),
        ("--top-p 0.9", Steer(controls={"top_p": 0.9})),
        ("lay-back -20", Steer(controls={"lay_back_ms": -20.0})),
        ("lay_back_ms 20", Steer(controls={"lay_back_ms": 20.0})),
        ("swing auto", Steer(controls={"swing": None})),
        ("human 0", Steer(controls={"human": 0.0})),
        ("tempo 160", Steer(controls={"tempo_bpm": 160.0})),
        ("tempo 90 over 4", Steer(controls={"tempo_bpm": 90.0}, over_bars=4)),
        ("tempo 90.5 over 1 bar", Steer(controls={"tempo_bpm": 90.5}, over_bars=1)),
        ("@solo2 density 0.5", Steer(controls={"density": 0.5}, soloist="solo2")),
        ("mute piano, Bass", Steer(mutes={"piano": True, "Bass": True})),
        ("unmute piano", Steer(mutes={"piano": False})),
        ("volume bass 0.6", Steer(volumes={"bass": 0.6})),
        ("volume bass=0", Steer(volumes={"bass": 0.0})),
        ("solo bass,drums", Steer(solo=("bass", "drums"))),
        ("Solo OFF", Steer(solo=())),
        ("next", Switch("next")),
        ("next now", Switch("next", at_once=True)),
        ("stop", Switch("stop")),
        ("loop 9-16", Switch("loop", loop="9-16")),
        ("Loop OFF", Switch("loop")),
        ("loop 9-16 now", Switch("loop", loop="9-16", at_once=True)),
        ("chart waltz", Switch("chart", load_chart("waltz"))),
        ("chart Dm7 G7 now", Switch("chart", load_chart("Dm7 G7"), True, True)),
        ("chart | Dm7 | G7 |", Switch("chart", load_chart("| Dm7 | G7 |"), True)),
        ("chart Tempo: 90\n| Dm7 |", Switch("chart", load_chart("Tempo: 90\n| Dm7 |"))),
        ("@solo2 player Bud Powell", Steer(player={"Bud Powell": 1.0}, soloist="solo2")),
        ("tempo +5", Steer(by={"tempo_bpm": 5.0})),
        ("tempo -10 over 2", Steer(by={"tempo_bpm": -10.0}, over_bars=2)),
        ("denser", Steer(by={"density": 0.5})),
        ("@solo2 Sparser 0.2", Steer(by={"density": -0.2}, soloist="solo2")),
        ("slower", Steer(by={"tempo_bpm": -5.0})),
        ("slower 10", Steer(by={"tempo_bpm": -10.0})),
        ("faster 5", Steer(faster="5")),
        ("faster 2.5 Clean", Steer(faster="2.5 clean")),
        ("faster off", Steer(faster="off")),
        ("mode trade 8 first me", Steer(mode="trade 8 first me")),
        ("", None),
        ("   ", None),
    ],
)
def test_a_line_says_what_is_to_change(line, steer):
    assert parse_steer(line) == steer


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("densty 0.5", ["'densty'", "perhaps 'density' was meant", "Ctrl-C stops"]),
        ("quit", ["'quit'", "expected one of player, style, tap, temperature"]),
        ("density", ["density cannot be nothing", "from -1 to 1"]),
        ("density loud", ["'loud'", "from -1 to 1"]),
        ("density nan", ["'nan'", "from -1 to 1"]),
        ("density 1.5", ["'1.5'", "from -1 to 1"]),
        ("density auto", ["'auto'", "from -1 to 1"]),
        ("lay-back 500", ["'500'", "from -60 to 120 ms"]),
        ("swing 7", ["'7'", "from 1 to 3, or auto"]),
        ("tempo 500", ["tempo cannot be '500'", "from 20 to 400 bpm"]),
        ("tempo_bpm fast", ["'fast'", "from 20 to 400 bpm"]),
        ("tempo 90 over", ["'90 over'", "from 20 to 400"]),
        ("tempo 90 over 0", ["over '0'", "from 1 to 64"]),
        ("tempo 90 over 1000 bars", ["over '1000 bars'", "as in 'tempo 90 over 4'"]),
        ("player Charlie Parker:lots", ["'Charlie Parker:lots'", "a share above 0"]),
        ("player ,", ["a name"]),
        ("\x1b[2J 3", [r"\x1b[2j"]),
        ("= 3", ["expected one of"]),
        ("@solo2", ["'@solo2'", "as in '@solo2 density 0.5'"]),
        ("@ density 0.5", ["'@ density 0.5'", "as in"]),
        ("@solo2 @solo density 0.5", ["as in"]),
        ("@solo2 tap", ["'@solo2 tap'", "one of its controls"]),
        ("@solo2 densty 0.5", ["'densty'", "perhaps 'density'"]),
        ("--", ["expected one of"]),
        ("@solo2 mute piano", ["one of its controls"]),
        ("@solo2 next", ["one of its controls"]),
        ("volume 0.6", ["as in 'bass 0.6'"]),
        ("mute", ["a musician, as in 'mute bass'"]),
        ("loop", ["Cannot loop ''", "expected bars such as '9-16'"]),
        ("loop 16-9", ["'16-9'", "expected bars such as '9-16'"]),
        ("next tune", ["after 'next', not 'tune'"]),
        ("mode", ["There is no mode ''", "'trade 4'"]),
        ("help densty", ["'densty'", "perhaps 'density'"]),
        ("stop now", ["after 'stop', not 'now'"]),
        ("tempo +fast", ["'+fast'", "from 20 to 400"]),
        ("denser -1", ["density cannot change by '-1'", "above 0, or none for 0.5"]),
        ("slower much", ["tempo cannot change by 'much'", "or none for 5"]),
        ("faster", ["Cannot go faster by ''", "'5', or '5 clean'"]),
        ("@solo2 faster 5", ["one of its controls"]),
        ("chart", ["as in 'chart | Dm7 | G7 |'"]),
        ("chart bluez", ["perhaps 'blues'"]),
        ("chart nowhere.txt", ["'nowhere.txt'"]),
        ("x" * 5000, ["xxx...'"]),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(line, words):
    with pytest.raises(SteeringError) as caught:
        parse_steer(line)
    text = str(caught.value)
    assert all(word in text for word in words), text
    assert text.endswith(".")
    assert text.isprintable()


def test_help_lists_what_can_be_changed_and_explains_one():
    whole = parse_steer("help")
    assert isinstance(whole, Answer)
    assert not whole.problem
    assert all(word in whole.text for word in ("player NAME", "style NAME", "density -1 to 1"))
    assert "'@NAME ...'" in whole.text
    assert "'tempo 90 over 4'" in parse_steer("help tempo").text
    assert "how late the soloist plays" in parse_steer("help lay-back").text
    assert "\n" not in whole.text


@pytest.mark.parametrize(
    "steer",
    [
        Steer(player={"Charlie Parker": 0.7, "John Coltrane": 0.3}, style="BEBOP"),
        Steer(player={}, style=""),
        Steer(controls={"swing": None, "density": 0.25}),
        Steer(controls={"tempo_bpm": 90.0}, over_bars=4),
        Steer({"Bud Powell": 1.0}, soloist="solo2"),
        Steer(volumes={"bass": 0.5}, mutes={"piano": True, "drums": False}, solo=("bass",)),
        Steer(solo=()),
        Steer(faster="5 clean"),
    ],
)
def test_a_log_keeps_all_of_it(steer):
    kept = steer.as_json()
    line = json.dumps({"steer": kept, "tick": 0}).encode()
    part = read([json.dumps({"jazz_improv": 1}).encode(), TUNE_LINE, line], "x").parts[0]
    assert part.steers[0].steer == steer
    assert None not in kept.values()


TUNE_LINE = (
    b'{"tune": 0, "title": "", "start_ns": 0, "start_tick": 0, "end_tick": null, "controls": {}, '
    b'"tempos": [[0, 120]]}'
)


def test_a_word_that_no_file_may_follow_reads_none(tmp_path):
    (tmp_path / "a.txt").write_text("| Dm7 |")
    line = f"chart {tmp_path}/a.txt"
    assert parse_steer(line).chart.bars == 1
    assert parse_steer("chart blues", files=False).chart.bars == 12
    assert parse_steer("chart | C |", files=False).chart.bars == 1
    with pytest.raises(SteeringError, match="from here"):
        parse_steer(line, files=False)


def test_the_tab_key_knows_the_words_and_what_follows_them():
    names = {"musician": ["solo", "piano"], "player": ["Bud Powell"]}
    assert completions("mu", names) == ["mute"]
    assert completions("mute ", names) == ["solo", "piano"]
    assert completions("player bud P", names) == ["Bud Powell"]
    assert completions("next ", names) == ["now"]
    assert completions("help ten", names) == []
    assert completions("help te", names) == ["temperature", "tempo"]
    assert completions("density ", names) == completions("nonsense x", names) == []


def test_every_word_says_how_it_is_used():
    for name, row in WORDS.items():
        assert row.usage.startswith(name)
        assert parse_steer(f"help {name}").text == f"{row.usage}: {row.help}"
    assert asked_of("x" * (LONGEST_LINE + 1)).problem
    assert asked_of("densty").problem
    assert asked_of("mute bass") == Steer(mutes={"bass": True})


def test_later_steering_replaces_what_it_names():
    first = Steer(player={"Bud Powell": 1.0}, controls={"density": 0.5, "human": 0.0})
    second = Steer(style="BEBOP", controls={"density": -0.5})
    assert first.then(second) == Steer(
        {"Bud Powell": 1.0}, "BEBOP", {"density": -0.5, "human": 0.0}
    )
    assert first.then(Steer(player={})).player == {}


TUNE = Tune(load_chart("blues"), Plan(), {"density": 0.1, "tempo_bpm": 120.0})
CONFIG = Config((TUNE,), soloists=(SoloistConfig(), SoloistConfig("low", controls={"human": 0.5})))


def held(*steers):
    """(controls of the tune, player and own controls of each soloist) after these."""
    kept = Held()
    for steer in steers:
        kept = kept.in_the_next_tune() if steer is None else kept.then(steer)
    config, tune = kept.applied(CONFIG, TUNE)
    return (tune.controls, *((each.player, each.controls) for each in config.soloists))


def test_what_is_said_to_one_holds_for_it_alone():
    low = Steer({"Bud Powell": 1.0}, None, {"density": -0.5}, soloist="low")
    assert held(low) == (
        {"density": 0.1, "tempo_bpm": 120.0},
        ("", {}),
        ("Bud Powell", {"density": -0.5, "human": 0.5}),
    )


def test_what_is_said_to_everybody_holds_for_those_who_were_told_otherwise():
    low = Steer({"Bud Powell": 1.0}, None, {"density": -0.5, "accents": 0.0}, soloist="low")
    everybody = Steer({"Charlie Parker": 1.0}, None, {"density": 0.8, "human": 1.0})
    assert held(low, everybody) == (
        {"density": 0.8, "human": 1.0, "tempo_bpm": 120.0},
        ("Charlie Parker", {}),
        ("Charlie Parker", {"accents": 0.0}),
    )
    assert held(everybody, low)[2] == ("Bud Powell", {"density": -0.5, "accents": 0.0})


def test_a_tempo_holds_in_its_tune_and_what_is_automatic_is_not_set():
    steer = Steer(controls={"tempo_bpm": 200.0, "swing": 1.5})
    assert held(steer)[0] == {"density": 0.1, "tempo_bpm": 200.0, "swing": 1.5}
    assert held(steer, None)[0] == {"density": 0.1, "tempo_bpm": 120.0, "swing": 1.5}
    assert held(steer, Steer(controls={"swing": None}), None)[0] == TUNE.controls


def test_going_faster_belongs_to_its_tune_as_a_tempo_does():
    faster = Held().then(Steer(faster="5 clean")).then(Steer(controls={"density": 0.2}))
    assert faster.applied(CONFIG, TUNE)[1].plan.faster == "5 clean"
    assert faster.in_the_next_tune().applied(CONFIG, TUNE)[1].plan.faster == ""
    planned = replace(TUNE, plan=Plan(faster="10"))
    assert Held().applied(CONFIG, planned)[1].plan.faster == "10"
    assert Held().then(Steer(faster="off")).applied(CONFIG, planned)[1].plan.faster == ""


def test_up_and_down_count_from_what_holds_and_stay_in_range():
    controls = Controls().with_values(density=0.7, tempo_bpm=140.0)
    both = Steer(by={"density": 0.5, "tempo_bpm": -10.5}, controls={"human": 0.0})
    values = {"human": 0.0, "density": 1.0, "tempo_bpm": 129.5}
    assert both.from_here(controls) == Steer(controls=values)


def test_steering_of_a_soloist_who_is_not_there_any_more_changes_nobody():
    assert held(Steer(style="BEBOP", soloist="gone")) == held()


def test_what_was_done_is_said_as_it_would_be_typed():
    steer = Steer({"Charlie Parker": 0.7, "Bud Powell": 0.3}, "BEBOP", {"lay_back_ms": 20.0})
    assert str(steer) == "player Charlie Parker:0.7, Bud Powell:0.3; style BEBOP; lay-back 20"
    assert str(Steer({}, "")) == "player nobody in particular; style none in particular"
    assert players_text({"Charlie Parker": 0.3}) == "Charlie Parker"
    assert str(Steer(controls={"tempo_bpm": 90.0}, over_bars=4)) == "tempo 90 over 4 bars"
    assert str(Steer(controls={"density": 0.5}, soloist="solo2")) == "@solo2 density 0.5"
    mixed = Steer(volumes={"bass": 0.6}, mutes={"piano": True, "drums": False}, solo=("a", "b"))
    assert str(mixed) == "volume bass 0.6; mute piano; unmute drums; solo a, b"
    assert str(Steer(solo=())) == "solo off"
    assert str(Steer(faster="5 clean")) == "faster 5 clean with each pass"
    assert str(Steer(faster="off")) == "faster off"


def test_a_tap_is_when_it_was_tapped():
    assert parse_steer("tap", 17) == Tap(17)
    assert parse_steer("t", 18) == Tap(18)
