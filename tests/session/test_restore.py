"""A session laid out again by what its log says."""

from __future__ import annotations

import pytest
from session_maker import (
    BAR,
    FOUR_BARS,
    THREE_FOUR,
    config_of,
    header,
    note_at,
    performance_of,
    rows,
    sound,
)

from improv.config import Plan, SoloistConfig
from improv.errors import InputFileError
from improv.music.take import Track
from improv.session.journal import Memory
from improv.session.reader import read
from improv.session.restore import configs_of, performances_of, take_of
from improv.session.writer import SessionLog

CONFIG = config_of(FOUR_BARS, THREE_FOUR, plan=Plan(choruses=1))
OTHER = config_of(FOUR_BARS, soloists=(SoloistConfig("solo2", 4, 56),), seed=5)


def session_of(*played, config=CONFIG):
    """What a log says of these: a performance with its notes, or a config that is read anew."""
    memory = Memory()
    log = SessionLog(None, lines=memory)
    log.start(header(config))
    for what, *notes in played:
        if isinstance(what, type(config)):
            log.reloaded(what)
        else:
            log.tune(what)
            sound([log], what, *notes)
            log.ended(what.arrangement.end_tick or 4 * BAR)
    log.close()
    return read(memory.lines, "x.jsonl")


def test_what_was_asked_for_at_the_start_and_after_each_reload():
    first, second = configs_of(session_of([performance_of(CONFIG)], [OTHER], config=CONFIG))
    assert (first.seed, [each.name for each in first.soloists]) == (0, ["solo"])
    assert (second.seed, [each.name for each in second.soloists]) == (5, ["solo2"])
    assert (len(first.tunes), len(second.tunes)) == (2, 1)


def test_each_part_is_laid_out_as_it_was_played():
    waltz = performance_of(CONFIG, 1, start_tick=1440, start_ns=9_000)
    first, second = performances_of(session_of([performance_of(CONFIG)], [waltz]))
    assert first.arrangement == performance_of(CONFIG).arrangement, "with its breath"
    assert second.arrangement == waltz.arrangement
    assert (second.number, second.start_tick) == (1, 1440)
    assert second.controls == waltz.controls


def test_a_take_has_who_played_before_a_reload_behind_those_who_play_after_it():
    session = session_of(
        [performance_of(CONFIG), note_at(1, 0), note_at(2, 480, player="bass", channel=1)],
        [OTHER],
        [performance_of(OTHER), note_at(3, 480, player="solo2", channel=4)],
    )
    take = take_of(session)
    assert [(track.name, track.channel, track.program) for track in take.tracks] == [
        ("Solo2", 4, 56),
        ("Bass", 1, 32),
        ("Solo", 0, 66),
    ]
    assert rows(take, 2) == [(0, 240, 60)]
    assert rows(take, 0) == [(5 * BAR + 480, 5 * BAR + 720, 60)]
    assert [track.written is not None for track in take.tracks] == [True, False, True]
    assert isinstance(take.tracks[0], Track)


def test_nothing_was_heard_where_nothing_was_begun():
    assert take_of(session_of()) is None


def test_a_tune_that_is_not_there_is_said():
    session = session_of([performance_of(CONFIG, 1)])
    session.header["tunes"].pop()
    for ask in (configs_of, performances_of, take_of):
        with pytest.raises(InputFileError, match=r"'x.jsonl' is damaged: it plays tune 2 of 1\."):
            ask(session)


@pytest.mark.parametrize("controls", [{"density": 9.0}, {"volume": 1.0}])
def test_controls_that_cannot_be_are_said(controls):
    session = session_of([performance_of(CONFIG)])
    session.parts[0].controls = controls
    with pytest.raises(InputFileError, match="is damaged"):
        performances_of(session)
