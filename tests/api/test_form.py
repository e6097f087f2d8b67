"""Words as they come from Python: what they mean, and one sentence for what they cannot."""

from __future__ import annotations

import numpy as np
import pytest

from improv.api.form import form_and_config
from improv.charts.text import parse_chart
from improv.config import Musician
from improv.errors import ChartError

CHART = parse_chart("| Dm7 | G7 | Cmaj7 | % |")


def test_nothing_asked_is_as_on_the_command_line():
    form, config = form_and_config({}, choruses=1)
    tune = form.tune(CHART)
    assert [each.instrument for each in config.band] == ["piano", "bass", "drums"]
    (soloist,) = config.soloists
    assert (soloist.channel, soloist.program, soloist.player) == (0, 66, "")
    plan = tune.plan
    assert (plan.choruses, plan.count_in_bars, plan.ending, tune.arc) == (1, 2, "tag", "build")


def test_the_soloist_alone_has_no_count_in_and_no_ending():
    for none in ("", [], ()):
        form, config = form_and_config({"band": none}, choruses=1)
        plan = form.tune(CHART).plan
        assert (config.band, plan.count_in_bars, plan.ending) == ((), 0, "none")


def test_without_end_there_is_no_ending():
    assert form_and_config({}, choruses=0)[0].tune(CHART).plan.ending == "none"


def test_words():
    form, config = form_and_config(
        {
            "choruses": np.int64(3),
            "key": "Eb",
            "feel": "bossa nova",
            "band": ["bass=5/33", " drums "],
            "tempo": 180,
            "swing": None,
            "lay_back": 20,
            "player": {"Charlie Parker": 0.7, "John Coltrane": 0.3},
            "channel": 4,
            "program": 0,
            "max_quote": 8,
        },
        choruses=1,
    )
    tune = form.tune(CHART)
    assert (tune.plan.choruses, tune.plan.key, tune.plan.feel) == (3, "Eb", "bossa")
    assert tune.controls == {"tempo_bpm": 180.0, "lay_back_ms": 20.0}
    assert config.band == (Musician("bass", 4, 32), Musician("drums", 9, None))
    (soloist,) = config.soloists
    assert (soloist.channel, soloist.program, soloist.max_quote) == (3, None, 8)
    assert soloist.player == "Charlie Parker:0.7, John Coltrane:0.3"


@pytest.mark.parametrize(
    ("words", "kind", "said"),
    [
        ({"tempi": 1}, TypeError, "perhaps 'tempo' was meant"),
        ({"tempo": "fast"}, TypeError, "tempo must be a number, not 'fast'."),
        ({"tempo": 500}, ValueError, "tempo must be from 20 to 400 bpm, not 500."),
        ({"tempo": float("nan")}, ValueError, "not nan"),
        ({"choruses": 1.5}, TypeError, "choruses must be a whole number, not 1.5."),
        ({"choruses": -1}, ValueError, "from 0 to 10000"),
        ({"intro": 65}, ValueError, "from 0 to 64"),
        ({"channel": 0}, ValueError, "from 1 to 16"),
        ({"max_quote": 5}, ValueError, "from 6"),
        ({"key": 3}, TypeError, "key must be text, not 3."),
        ({"arc": "up"}, ValueError, "arc must be one of build, steady, wave, not 'up'."),
        ({"ending": "fade"}, ValueError, "tag, hold, none"),
        ({"key_cycle": "thirds"}, ValueError, "minor-thirds"),
        ({"band": "kazoo"}, ValueError, "'kazoo'"),
        ({"band": "bass,bass"}, ValueError, "bass is there twice"),
        ({"band": "bass=1"}, ValueError, "bass and the soloist are both on channel 1"),
        ({"band": "bass=17"}, ValueError, "a channel from 1 to 16"),
        ({"band": 4}, TypeError, "band must be text"),
    ],
)
def test_what_cannot_be_asked_for(words, kind, said):
    with pytest.raises(kind) as caught:
        form_and_config(words, choruses=1)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("words", "said"), [({"key": "H"}, "'H'"), ({"feel": "polka"}, "'polka'")])
def test_keys_and_feels_are_read_as_charts_are(words, said):
    with pytest.raises(ChartError, match=said):
        form_and_config(words, choruses=1)[0].tune(CHART)
