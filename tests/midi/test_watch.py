"""What has changed from one look at the ports to the next."""

from __future__ import annotations

from improv.midi.ports import Listed, PortInfo
from improv.midi.watch import KICKED_NS, MADE_NS, POLL_NS, Watch

NOTHING = Listed([], [])


def named(listens=False):
    return Watch(PortInfo("synth:in", "alsa", False), listens)


def ours():
    return Watch(PortInfo("lead", "jack", True, client="jazz-improv"), listens=False)


def test_a_port_is_lost_once_and_back_once():
    watch, there = named(), Listed(["synth:in 20:0"], [])
    looks = [there, there, NOTHING, None, NOTHING, there, there]
    assert [watch.look(listed, 0) for listed in looks] == [[], [], [False], [], [], [True], []]


def test_the_port_that_is_heard_is_among_those_that_send():
    assert named().look(Listed([], ["synth:in"]), 0) == [False]
    assert named(listens=True).look(Listed([], ["synth:in"]), 0) == []
    clock = Watch(PortInfo("clock", "jack", True, client="jazz-improv-in"), listens=True)
    assert clock.look(Listed(["jazz-improv-in:clock"], []), 0) == []
    assert clock.there and clock.look(None, 1) == [False]


def test_a_port_with_a_new_number_was_unplugged_since_the_last_look():
    watch = named()
    assert watch.look(Listed(["synth:in 20:0"], []), 0) == []
    assert watch.look(Listed(["synth:in 24:0"], []), 1) == [False, True]
    assert watch.look(Listed(["synth:in 24:0"], []), 2) == []


def test_a_port_of_ours_is_back_when_it_can_be_made_and_then_it_takes_its_time():
    watch, there = ours(), Listed([], ["jazz-improv:lead"])
    assert watch.look(there, 0) == []
    assert watch.look(None, 1) == [False]
    assert watch.look(NOTHING, 2) == [True]
    assert watch.look(NOTHING, 3) == []
    assert watch.look(NOTHING, MADE_NS) == []
    assert watch.look(there, MADE_NS + POLL_NS) == []
    assert watch.look(None, MADE_NS + 2 * POLL_NS) == [False]


def test_a_port_of_ours_that_is_never_made_again_is_lost_again():
    watch = ours()
    watch.there = False
    assert watch.look(NOTHING, 0) == [True]
    assert watch.look(NOTHING, 1) == []
    assert watch.look(NOTHING, 1 + MADE_NS) == [False]


def test_a_port_of_ours_that_is_missing_for_a_moment_is_a_matter_of_its_process():
    watch, there = ours(), Listed([], ["jazz-improv:lead"])
    watch.look(there, 0)
    assert watch.look(NOTHING, 1) == []
    assert watch.look(there, 2) == []
    assert watch.look(NOTHING, 3) == []
    assert watch.look(NOTHING, 3 + KICKED_NS) == [False]
