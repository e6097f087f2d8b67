"""Who a soloist plays as: names as the cell spells them, what is refused, and what a change reaches."""

from __future__ import annotations

import numpy as np
import pytest
from feel_maker import made_feel
from scripted import ScriptedVoice
from tiny_line import LABELS, tiny_line

from improv import resources
from improv.charts.text import parse_chart
from improv.controls.table import Controls
from improv.errors import ModelError
from improv.feel.model import PlayerFeel
from improv.feel.play import Bar, Feeling
from improv.music.note import Note
from improv.soloist.casting import Casting, role_of
from improv.soloist.make import make_voice

CHART = parse_chart("| C7 | F7 |")


@pytest.fixture
def model(tmp_path):
    return tiny_line(tmp_path)


def feeling():
    """Everybody on the beat, Bud Powell a tenth of it late."""
    feel = made_feel(players={"Bud Powell": PlayerFeel(lay_back=0.1)})
    return Feeling(feel, np.random.default_rng(1))


def lateness(feeling, tick):
    """Of a note that is written on `tick`."""
    note, bar = Note(tick, 240, 60, 80), Bar(0, 1920, 1.0, 1.0, 120.0)
    return feeling.play(note, tick + 480, bar, 1.0)[0] - tick


def test_a_role_is_spelled_as_the_cell_spells_it(model):
    role = role_of(model, CHART, "parker:3, COLTRANE:1", "hardbop")
    assert role.players == {"Charlie Parker": 3.0, "John Coltrane": 1.0}
    assert role.style == "HARDBOP"
    asked = {"Charlie Parker": 0.75, "John Coltrane": 0.25}
    assert role.label.tolist() == LABELS.vector(asked, "HARDBOP", CHART.feel).tolist()


def test_one_who_is_named_twice_has_both_shares(model):
    assert role_of(model, CHART, "parker:1, Charlie Parker:2").players == {"Charlie Parker": 3.0}


def test_nobody_in_particular_is_the_feel_of_the_chart_alone(model):
    role = role_of(model, CHART)
    assert (role.players, role.style) == ({}, "")
    assert role.label.sum() == 1.0


@pytest.mark.parametrize(
    ("player", "style", "words"),
    [
        ("Kenny G", "", "'Kenny G'"),
        ("Bud Powel", "", "Bud Powell"),
        ("parker:lots", "", "'parker:lots'"),
        ("", "klezmer", "'klezmer'"),
    ],
)
def test_who_is_not_known_is_refused_with_a_word_on_who_is(model, player, style, words):
    with pytest.raises(ModelError, match=words):
        role_of(model, CHART, player, style)


def test_who_is_not_known_is_told_which_command_lists_them(tmp_path, monkeypatch):
    with pytest.raises(ModelError, match=r"`jazz-improv models '.*my cell'` lists all 3"):
        role_of(tiny_line(tmp_path / "my cell"), CHART, "Kenny G")
    monkeypatch.setattr(resources, "models_dir", lambda: tmp_path)
    with pytest.raises(ModelError, match="`jazz-improv models bop` lists all"):
        role_of(tiny_line(tmp_path / "bop"), CHART, style="klezmer")


def test_a_change_reaches_the_next_note_and_the_feel(model):
    voice, other = (make_voice(model, CHART, (3,), player="parker") for _ in range(2))
    feel = feeling()
    casting = Casting(model, CHART, voice, feel, "parker")
    assert lateness(feel, 0) == 0
    role = casting.role({"powell": 1.0}, None)
    assert role.players == {"Bud Powell": 1.0}
    assert lateness(feel, 480) == 0, "asked for, not yet taken"
    steps = [(voice.step(Controls()).text, other.step(Controls()).text) for _ in range(8)]
    assert all(one == two for one, two in steps)
    casting.play_as(role)
    assert lateness(feel, 960) == 48
    steps = [(voice.step(Controls()).text, other.step(Controls()).text) for _ in range(24)]
    assert any(one != two for one, two in steps)


def test_what_is_not_named_stays(model):
    voice = make_voice(model, CHART, (3,), player="parker", style="bebop")
    casting = Casting(model, CHART, voice, None, "parker", "bebop")
    assert casting.role(None, "hardbop").players == {"Charlie Parker": 1.0}
    assert casting.role({}, None).style == "BEBOP"
    casting.play_as(casting.role({"powell": 1.0}, None))
    assert casting.role(None, None).players == {"Bud Powell": 1.0}


def test_a_voice_that_was_not_told_who_plays_what_cannot_play_as_somebody(model):
    casting = Casting(model, CHART, ScriptedVoice(CHART, ("1^:12",)), None)
    with pytest.raises(ModelError, match="cannot play as anybody"):
        casting.role({"parker": 1.0}, None)
