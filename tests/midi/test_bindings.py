"""What knobs, keys and pedals say."""

from __future__ import annotations

import pytest

from improv.midi.bindings import Binding, Hands, read_bindings, target_of


def cc(number, value, channel=0):
    return bytes((0xB0 | channel, number, value))


def on(pitch, velocity=90, channel=0):
    return bytes((0x90 | channel, pitch, velocity))


class Stage:
    """Hands, and the values that hold: what a knob says holds from then on."""

    def __init__(self, rows=None, **values):
        self.hands = Hands(read_bindings(rows or {}))
        self.values = values

    def hear(self, data):
        """What it says: a line, "" for nothing, None where it is music."""
        said = self.hands.hear(data, lambda target: self.values.get(target.control or target.whom))
        if said is not None and said.knob:
            word, value = said.line.rsplit(" ", 1)
            self.values[word.split()[-1]] = float(value)
        return said if said is None else said.line


@pytest.mark.parametrize(
    ("key", "line", "kept"),
    [
        ("cc 20", "density", "cc 20"),
        (" CC  20 ON 3", "density", "cc 20 on 3"),
        ("note 36 on 10", "next now", "note 36 on 10"),
        ("program", "tune", "program"),
        ("program on 2", "tune", "program on 2"),
    ],
)
def test_a_binding_is_read_and_written(key, line, kept):
    one = Binding.read(key, line)
    assert one.key == kept
    assert Binding.read(one.key, one.line) == one


@pytest.mark.parametrize(
    ("key", "line", "why"),
    [
        ("knob 3", "density", "expected 'cc 20', 'note 36' or 'program'"),
        ("cc", "density", "expected 'cc 20'"),
        ("cc 128", "density", "from 0 to 127"),
        ("cc 20 on 17", "density", "a channel from 1 to 16"),
        ("cc 20", "", "a line as it is typed"),
        ("cc 20", "a\nb", "a line as it is typed"),
        ("cc 20", 0.5, "text in quotes"),
        ("note 36", "density", "as in 'density 0.5'"),
    ],
)
def test_what_cannot_be_bound_is_said(key, line, why):
    with pytest.raises(ValueError, match=why):
        read_bindings({key: line})


def test_what_lacks_its_value_has_a_range():
    assert target_of("density").low == -1
    assert (target_of("lay-back").control, target_of("@solo2 density").whom) == (
        "lay_back_ms",
        "solo2",
    )
    assert (target_of("volume bass").whom, target_of("volume bass").high) == ("bass", 1)
    for line in ("density 0.5", "volume bass 0.5", "tap", "next now", "@solo2 density 1", ""):
        assert target_of(line) is None


def test_a_knob_goes_through_the_range_of_its_control():
    stage = Stage({"cc 20": "density"}, density=-1.0)
    said = [stage.hear(cc(20, value)) for value in (0, 64, 127)]
    assert said == ["density -1", "density 0.00787", "density 1"]
    assert stage.hear(cc(21, 5)) is None


def test_a_knob_is_taken_up_where_it_meets_what_holds():
    stage = Stage({"cc 20": "intensity"}, intensity=0.5)
    assert [stage.hear(cc(20, value)) for value in (0, 30, 60)] == ["", "", ""]
    assert stage.hear(cc(20, 70)) == "intensity 0.551", "it went past"
    assert stage.hear(cc(20, 100)) == "intensity 0.787"
    stage.values["intensity"] = 0.2  # somebody types it
    assert [stage.hear(cc(20, value)) for value in (110, 60)] == ["", ""]
    assert stage.hear(cc(20, 20)) == "intensity 0.157"


def test_a_volume_that_nobody_has_set_is_taken_up_at_once():
    stage = Stage({"cc 7 on 3": "volume bass"})
    assert stage.hear(cc(7, 127)) is None
    assert stage.hear(cc(7, 127, 2)) == "volume bass 1"


def test_a_pedal_says_its_line_each_time_it_goes_down():
    stage = Stage({"cc 64": "tap"})
    said = [stage.hear(cc(64, value)) for value in (20, 70, 127, 90, 0, 127, 0)]
    assert said == ["", "tap", "", "", "", "tap", ""]


def test_a_pad_says_its_line_each_time_it_is_struck_and_is_no_music():
    stage = Stage({"note 36 on 10": "next"})
    assert [stage.hear(on(36, 90, 9)), stage.hear(on(36, 0, 9)), stage.hear(on(36, 5, 9))] == [
        "next",
        "",
        "next",
    ]
    assert stage.hear(on(36)) is None
    assert stage.hear(on(37, 90, 9)) is None


def test_a_sound_that_is_chosen_is_a_tune_of_the_set():
    assert Stage({"program": "tune"}).hear(bytes((0xC3, 0))) == "tune 1"
    assert Stage({"program on 2": "tune"}).hear(bytes((0xC3, 0))) is None


def test_the_knob_that_is_turned_next_is_learned_and_what_it_did_forgotten():
    stage = Stage({"cc 20": "density", "cc 21": "swing"}, intensity=0.5)
    stage.hands.learn("intensity")
    assert stage.hear(cc(0, 3)) is None, "it goes with the choice of a sound"
    made = stage.hands.hear(cc(20, 64), stage.values.get).learned
    assert (made.key, made.line) == ("cc 20", "intensity")
    assert [one.line for one in stage.hands.bindings] == ["swing", "intensity"]
    assert stage.hear(cc(20, 64)) == "intensity 0.504"
    assert stage.hands.forget("intensity")[0].key == "cc 20"
    assert stage.hear(cc(20, 64)) is None
    assert stage.hands.forget("intensity") == ()


def test_a_pedal_is_learned_as_it_goes_down_and_says_nothing_yet():
    stage = Stage()
    stage.hands.learn("tap")
    assert stage.hear(cc(64, 0)) is None, "it comes up"
    assert stage.hands.hear(cc(64, 127), stage.values.get).learned.key == "cc 64"
    assert [stage.hear(cc(64, value)) for value in (120, 0, 127)] == ["", "", "tap"]


def test_what_cannot_be_learned_so_is_said_and_another_message_is_no_answer():
    stage = Stage()
    stage.hands.learn("density")
    assert stage.hear(bytes((0xC0, 5))) is None
    assert "a key has no range" in stage.hands.hear(on(60), stage.values.get).problem
    stage.hands.learn("tune")
    assert stage.hear(on(60)) is None
    assert stage.hands.hear(bytes((0xC0, 5)), stage.values.get).learned.key == "program"
    stage.hands.learn("")
    assert stage.hear(on(61)) is None


def test_messages_of_every_kind_are_taken_or_left():
    stage = Stage({"cc 20": "density", "note 36": "next", "program": "tune"}, density=0.0)
    taken = 0
    for kind in range(0x80, 0xF0, 0x10):
        for number in range(128):
            data = bytes((kind, number, number ^ 5))
            taken += stage.hands.hear(data, lambda target: 0.0) is not None
    assert taken == 2 + 1 + 128, "the key's on and off, the knob, every sound"
