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


def test_a_port_whose_jack_client_is_another_was_gone_since_the_last_look():
    def listed(**numbers):
        return Listed(
            ["synth:in"], ["jazz-improv:out-7"], {f"{k}:in": v for k, v in numbers.items()}
        )

    watch = Watch(PortInfo("synth:in", "jack", False, pid=7), listens=False)
    assert watch.look(listed(), 0) == watch.look(listed(synth="5"), 1) == []
    assert watch.look(listed(synth="5"), 2) == watch.look(listed(), 3) == []
    assert watch.look(listed(synth="6"), 4) == [False, True]
    assert not watch.is_same(listed(synth="6")), "who had it has it no more"
    assert watch.look(listed(synth="6"), 5) == []
    assert watch.look(NOTHING, 6) == [False]
    assert watch.look(listed(), 7) == [True]
    assert watch.look(listed(synth="7"), 8) == [], "that has been said"


def test_a_port_that_our_end_does_not_lead_to_any_more_was_made_anew():
    there = Listed(["synth:in"], ["jazz-improv:out-7"])
    loose = Listed(["synth:in"], ["jazz-improv:out-7"], loose=frozenset(("synth:in",)))
    watch = Watch(PortInfo("synth:in", "jack", False, pid=7), listens=False)
    looks = [there, loose, loose, loose, there, loose, loose, loose]
    assert not any(watch.look(listed, 0) for listed in looks), "somebody patches by hand"
    assert watch.look(loose, 0) == [False, True]
    assert not watch.is_same(loose), "who had it has it no more"
    assert watch.look(loose, 0) == watch.look(there, 0) == [], "that has been said"


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


def test_a_port_that_its_sender_has_still_was_not_gone():
    mine = PortInfo("synth:in", "jack", False, pid=7)
    watch = Watch(mine, listens=False)
    assert watch.is_same(Listed(["synth:in"], ["jazz-improv-01:out-7"]))
    assert not watch.is_same(Listed(["synth:in"], ["jazz-improv:out-77"]))
    assert not watch.is_same(None)
    assert not Watch(mine, listens=True).is_same(Listed(["synth:in"], ["jazz-improv:out-7"]))
    assert ours().is_same(Listed([], ["jazz-improv:lead"])) and not ours().is_same(NOTHING)


def test_a_port_that_went_and_came_back_is_another():
    there, gone = Listed(["synth:in"], ["jazz-improv:out-7"]), Listed([], ["jazz-improv:out-7"])
    for looks, same in [
        ([there, None, there], True),
        ([there, gone, there], False),
        ([there, None, gone, there], False),
    ]:
        watch = Watch(PortInfo("synth:in", "jack", False, pid=7), listens=False)
        for listed in looks:
            watch.look(listed, 0)
        assert watch.is_same(looks[-1]) == same
