"""A session played once more in time, from its log."""

from __future__ import annotations

import pytest
from fakes import LocalSender, ManualClock, RecordingPort
from session_stage import SET, STEERS, S, perform

from improv.controls.mixer import Mixer
from improv.errors import SteeringError
from improv.live.inbox import Inbox
from improv.live.playback import Script, play_once_more
from improv.midi.events import Heard, Stop
from improv.midi.messages import note_off, note_on
from improv.partner.ears import Ears
from improv.performance.played import PlayedNote
from improv.performance.steering import Steer


@pytest.fixture(scope="module")
def steered(tmp_path_factory):
    """A set of two tunes, and changes of everything while it plays."""
    mixed = (4 * S, Steer(volumes={"bass": 0.6}, mutes={"piano": True}))
    mixer = Mixer({"solo": 0.9})
    return perform(tmp_path_factory.mktemp("steered"), events=[*STEERS, mixed], mixer=mixer)


def test_it_is_the_same_messages_at_the_same_times(steered):
    clock, inbox, port = ManualClock(), Inbox(), RecordingPort()
    out = LocalSender(clock, inbox, port)
    assert play_once_more(steered.session, out, clock, inbox) == "finished"
    out.quit()
    assert len(port.sent) > 1000
    volume = bytes((0xB2, 7, 76))
    assert bytes((0xB0, 7, 114)) in [data for _, data in port.sent]
    before, again = (
        [ns for ns, data in s if data == volume] for s in (steered.port.sent, port.sent)
    )
    assert len(before) == len(again) == 1
    assert abs(before[0] - again[0]) < S / 100, "a tick or so"
    sent = [row for row in port.sent if row[1] != volume]
    assert sent == [row for row in steered.port.sent if row[1] != volume][: len(sent)]
    assert port.sounding == set()


def test_the_partner_is_heard_again_too(tmp_path):
    events = [
        (at, Heard(at, data))
        for second in range(2, 20)
        for at, data in (
            (second * S, note_on(0, 100 + second % 3, 80)),
            (second * S + S // 2, note_off(0, 100 + second % 3)),
        )
    ]
    played = perform(tmp_path, SET[:1], events, ears=Ears(), input="keys", thru=5)
    clock, inbox, port = ManualClock(), Inbox(), RecordingPort()
    out = LocalSender(clock, inbox, port)
    assert play_once_more(played.session, out, clock, inbox) == "finished"
    out.quit()
    ons = [data for _, data in port.sent if data[0] == 0x95]
    assert ons == [note_on(5, 100 + second % 3, 80) for second in range(2, 20)]
    assert port.sounding == set()


def test_it_stops_when_told_and_nobody_can_steer_it(steered):
    clock, inbox, port = ManualClock(), Inbox(), RecordingPort()
    clock.at(2 * S, Steer(controls={"density": 1.0}))
    clock.at(5 * S, Stop("SIGTERM"))
    out, told = LocalSender(clock, inbox, port), []
    assert play_once_more(steered.session, out, clock, inbox, answer=told.append) == "SIGTERM"
    out.quit()
    assert [answer.problem for answer in told] == [True]
    assert port.sounding == set() and clock.now_ns() == 5 * S


def test_a_script_gives_its_notes_once_in_order_and_takes_no_steering():
    notes = [PlayedNote(n, tick, tick + 100, 60, 80, 0, "solo") for n, tick in ((2, 480), (1, 0))]
    script = Script(notes, 120.0)
    assert (script.next_tick(), script.next_id) == (0, 3)
    assert [note.onset_tick for note in script.advance(479)] == [0]
    assert [note.onset_tick for note in script.advance(960)] == [480]
    assert (script.next_tick(), script.advance(9999)) == (None, [])
    with pytest.raises(SteeringError):
        script.steer(Steer())
