"""A Link session: a second peer on the loopback, and the arithmetic between the two clocks."""

from __future__ import annotations

import queue
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from link_peer import MEET_S, Peer, needs_link

from improv.clock import MonotonicClock
from improv.errors import MissingError
from improv.sync.link import LinkSession

CLOCK = MonotonicClock()


class FakeLink:
    """As the library's Link, alone in its session; its clock is a function of ours."""

    def __init__(self, bpm: float) -> None:
        self.bpm, self.enabled, self.startStopSyncEnabled = bpm, False, False
        self.turn: tuple[bool, int] = (False, 0)

    def clock(self) -> FakeLinkClock:
        return FakeLinkClock()

    def numPeers(self) -> int:  # noqa: N802
        return 0

    def captureSessionState(self) -> FakeLink:  # noqa: N802
        return self

    def commitSessionState(self, state: FakeLink) -> None:  # noqa: N802
        assert state is self

    def beatAtTime(self, us: int, quantum: float) -> float:  # noqa: N802
        return us * self.bpm / 60e6

    def timeAtBeat(self, beat: float, quantum: float) -> int:  # noqa: N802
        return round(beat * 60e6 / self.bpm)

    def tempo(self) -> float:
        return self.bpm

    def setTempo(self, bpm: float, us: int) -> None:  # noqa: N802
        self.bpm = bpm

    def isPlaying(self) -> bool:  # noqa: N802
        return self.turn[0]

    def timeForIsPlaying(self) -> int:  # noqa: N802
        return self.turn[1]

    def setIsPlaying(self, playing: bool, us: int) -> None:  # noqa: N802
        self.turn = (playing, us)


class FakeLinkClock:
    """Runs 50 parts in a million faster than ours and began elsewhere; some reads take long."""

    now_ns = 0
    slow = 0

    def micros(self) -> int:
        FakeLinkClock.slow += 1
        FakeLinkClock.now_ns += 40_000 if FakeLinkClock.slow % 5 else 400
        us = raw_us(FakeLinkClock.now_ns)
        FakeLinkClock.now_ns += 90_000 if FakeLinkClock.slow % 5 else 400
        return int(us)


def raw_us(ns: int) -> float:
    return 7_000_000 + ns * 1.00005 / 1000


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """Our clock, beside a stand-in for the library."""
    monkeypatch.setitem(sys.modules, "link", SimpleNamespace(Link=FakeLink))
    monkeypatch.setattr(FakeLinkClock, "now_ns", 0)
    yield SimpleNamespace(now_ns=lambda: FakeLinkClock.now_ns)


def test_the_clocks_are_set_against_each_other_at_every_look(fake: Any) -> None:
    session = LinkSession(120.0, 4.0, start_stop=False, clock=fake)
    for hour in (0, 1, 8):
        FakeLinkClock.now_ns = hour * 3_600_000_000_000
        state = session.sync()
        ideal = raw_us(state.beat_ns) * 120 / 60e6
        assert state.beat == pytest.approx(ideal, abs=1.3e-6 * 2)  # 2 beats a second: 1.3 µs


def test_a_state_says_when_a_beat_is(fake: Any) -> None:
    state = LinkSession(90.0, 4.0, start_stop=False, clock=fake).sync()
    assert state.ns_at(state.beat + 3) == state.beat_ns + 2_000_000_000


def test_a_turn_of_the_transport_holds_from_its_time_on(fake: Any) -> None:
    session = LinkSession(120.0, 4.0, start_stop=True, clock=fake)
    assert not session.sync().playing
    at_beat = session.sync().beat + 8
    link = session._link
    link.setIsPlaying(True, link.timeAtBeat(at_beat, 4.0))
    assert not session.sync().playing
    FakeLinkClock.now_ns += 4_100_000_000
    assert session.sync().playing
    link.setIsPlaying(False, link.clock().micros())
    FakeLinkClock.now_ns += 1_000_000
    assert not session.sync().playing


def test_the_transport_is_left_alone_where_it_is_not_shared(fake: Any) -> None:
    session = LinkSession(120.0, 4.0, start_stop=False, clock=fake)
    session._link.setIsPlaying(False, 0)
    assert session.sync().playing


def test_a_tempo_beyond_links_is_bent_to_it(fake: Any) -> None:
    session = LinkSession(5.0, 4.0, start_stop=False, clock=fake)
    assert session.sync().bpm == 20.0
    session.set_tempo(2000)
    assert session.sync().bpm == 999.0


@pytest.mark.parametrize("library", [None, SimpleNamespace()])
def test_without_the_library_it_says_how_to_get_it(
    library: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "link", library)
    with pytest.raises(MissingError, match=r"pip install 'jazz-improv\[link\]'"):
        LinkSession(120.0, 4.0, start_stop=False, clock=CLOCK)


@pytest.fixture
def met() -> Iterator[tuple[LinkSession, Peer]]:
    """Our session and another peer, who have found each other."""
    needs_link()
    peer = Peer(93.0)
    session = LinkSession(120.0, 4.0, start_stop=True, clock=CLOCK)
    try:
        peer.meet()
        yield session, peer
    finally:
        session.close()
        peer.close()


def until(session: LinkSession, seen: Any) -> Any:
    """Look at our session until `seen(state)`: the other one is told nothing of when we have heard it."""
    limit_ns = CLOCK.now_ns() + int(MEET_S * 1e9)
    while not seen(state := session.sync()):
        assert CLOCK.now_ns() < limit_ns, state
        CLOCK.wait(queue.SimpleQueue(), CLOCK.now_ns() + 2_000_000)
    return state


def test_two_peers_share_tempo_phase_and_transport(met: tuple[LinkSession, Peer]) -> None:
    session, peer = met
    assert until(session, lambda state: state.peers >= 1).peers >= 1

    session.set_tempo(177.0)
    while abs(peer.wait_for("bpm") - 177.0) > 0.01:
        pass
    theirs = peer.link.captureSessionState()
    theirs.setTempo(140.0, peer.link.clock().micros())
    peer.link.commitSessionState(theirs)
    until(session, lambda state: abs(state.bpm - 140.0) < 0.01)

    for _ in range(5):
        before_ns = CLOCK.now_ns()
        us = peer.link.clock().micros()
        ns = (before_ns + CLOCK.now_ns()) // 2
        state = session.sync()
        ours = (state.beat + (ns - state.beat_ns) * state.bpm / 60e9) % 4
        phase = peer.link.captureSessionState().phaseAtTime(us, 4.0)
        assert abs((ours - phase + 2) % 4 - 2) < 2e-3  # under a millisecond

    peer.play(True)
    until(session, lambda state: state.playing)
    peer.play(False)
    until(session, lambda state: not state.playing)
    session.close()
    session.close()
