"""A Link session and what it means for what is played: bars, tempo, start and stop, peers who come and go."""

from __future__ import annotations

import pytest

from improv.sync.follow_link import LOOK_NS, LinkFollower
from improv.sync.link import LinkState
from improv.sync.midi_clock import Follows, Halts, Rolls, Says, Seeks

S = 1_000_000_000


class Session:
    """A session that is told where it is."""

    def __init__(self, beat=0.0, bpm=120.0, playing=True, peers=0):
        self.beat, self.bpm, self.playing, self.peers = beat, bpm, playing, peers
        self.ns, self.asked, self.closed = S, [], False

    def go(self, seconds):
        self.ns += round(seconds * S)
        self.beat += seconds * self.bpm / 60

    def sync(self):
        return LinkState(self.ns, self.beat, self.bpm, self.playing, self.peers)

    def set_tempo(self, bpm):
        self.asked.append(bpm)

    def close(self):
        self.closed = True


class Stage:
    def __init__(self, bar_beats=4.0, *, session=None, **options):
        self.session = session or Session()
        self.follower = LinkFollower(self.session, bar_beats, **options)

    def look(self, seconds=0.1):
        self.session.go(seconds)
        return self.follower.look(self.session.ns)


def of(moves, kind):
    return [move for move in moves if isinstance(move, kind)]


def ns_of(follows, tick):
    return follows.ns + (tick - follows.tick) * follows.beat_ns / 480


def test_it_begins_with_the_next_bar_of_the_session():
    stage = Stage(session=Session(beat=5.5))
    moves = stage.look(0.0)
    assert of(moves, Rolls) == [Rolls(0)]
    (follows,) = of(moves, Follows)
    assert ns_of(follows, 0) == pytest.approx(S + 2.5 * S / 2), "beat 8"
    assert follows.beat_ns == S // 2


def test_its_beats_stay_those_of_the_session_whatever_the_tempo():
    stage = Stage(session=Session(beat=3.0))
    stage.look(0.0)
    stage.look(2.0)
    stage.session.bpm = 150.0
    (follows,) = of(stage.look(1.0), Follows)
    song_beat = follows.tick / 480 + (stage.session.ns - follows.ns) / follows.beat_ns
    assert song_beat == pytest.approx(stage.session.beat - 4.0, abs=1e-6)
    assert follows.beat_ns == round(60e9 / 150)


def test_it_is_looked_at_fifty_times_a_second_and_no_more():
    stage = Stage()
    stage.look(0.0)
    assert stage.follower.wake_ns() == stage.session.ns + LOOK_NS
    assert stage.follower.look(stage.session.ns + LOOK_NS - 1) == []


def test_start_and_stop_are_the_sessions_where_that_is_asked_for():
    stage = Stage(session=Session(playing=False), transport=True)
    assert not of(stage.look(0.0), Rolls)
    stage.session.playing = True
    assert of(stage.look(), Rolls) == [Rolls(0)]
    stage.look(3.0)
    stage.session.playing = False
    assert of(stage.look(), Halts) == [Halts()]
    assert not of(stage.look(), Halts)
    stage.session.playing = True
    assert stage.look() == [Seeks(0)], "a start is that of the form"
    assert of(stage.look(), Rolls) == [Rolls(0)]


def test_without_it_they_mean_nothing():
    stage = Stage()
    stage.look(0.0)
    stage.session.playing = False
    assert not of(stage.look(), Halts)


def test_another_session_is_joined_at_its_next_bar_and_the_forms():
    stage = Stage()
    stage.look(0.0)
    stage.look(3.0)  # bar 2, beat 3 of the form
    stage.session.beat += 1.7
    stage.session.peers = 1
    moves = stage.look()
    assert of(moves, Halts) == [Halts()]
    assert of(moves, Rolls) == [Rolls(3840)], "the next bar line of the form"
    (follows,) = of(moves, Follows)
    beat = stage.session.beat + (ns_of(follows, 3840) - stage.session.ns) * 120 / 60e9
    assert beat % 4 == pytest.approx(0, abs=1e-6) or beat % 4 == pytest.approx(4, abs=1e-6)
    assert of(moves, Says)[0].text == "Link: 1 other in the session, 120.0 bpm."


def test_who_is_left_alone_says_so_and_stops_only_where_that_is_asked_for():
    for stops in (False, True):
        stage = Stage(session=Session(peers=2), stops_when_lost=stops)
        stage.look(0.0)
        assert stage.follower.locked
        stage.session.peers = 0
        moves = stage.look()
        assert of(moves, Says)[0].problem
        assert bool(of(moves, Halts)) is stops
        assert not stage.follower.locked


def test_a_tempo_that_is_typed_is_everybodys():
    stage = Stage()
    assert stage.follower.set_tempo(150.0)
    assert stage.session.asked == [150.0]
    stage.follower.close()
    assert stage.session.closed
