"""MIDI messages: what the standard says of their bytes."""

from __future__ import annotations

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.midi import messages
from improv.midi.messages import (
    control,
    holds,
    is_off,
    is_on,
    key_of,
    kind_of,
    normal,
    note_off,
    note_on,
    program,
    sixteenths_of,
    song_position,
    wheel_centred,
)

STATUS = {
    "note_off": messages.NOTE_OFF,
    "note_on": messages.NOTE_ON,
    "polytouch": messages.KEY_PRESSURE,
    "control_change": messages.CONTROL,
    "program_change": messages.PROGRAM,
    "aftertouch": messages.CHANNEL_PRESSURE,
    "pitchwheel": messages.PITCH_BEND,
    "sysex": messages.SYSTEM,
    "quarter_frame": messages.TIME_CODE,
    "songpos": messages.SONG_POSITION,
    "song_select": messages.SONG_SELECT,
    "tune_request": messages.TUNE_REQUEST,
    "clock": messages.PULSE,
    "start": messages.START,
    "continue": messages.CONTINUE,
    "stop": messages.STOP,
}


@pytest.mark.parametrize(("kind", "status"), STATUS.items())
def test_status_bytes_are_those_of_the_standard(kind, status):
    """As mido, which knows them on its own, spells them."""
    data = bytes(mido.Message(kind).bytes())
    assert data[0] == status
    assert kind_of(data) == status
    if status < messages.SYSTEM:
        assert kind_of(bytes(mido.Message(kind, channel=15).bytes())) == status


@given(st.integers(0, 15), st.integers(0, 127), st.integers(1, 127))
def test_what_is_made_is_what_mido_makes(channel, number, value):
    def of(kind, **values):
        return bytes(mido.Message(kind, channel=channel, **values).bytes())

    assert note_on(channel, number, value) == of("note_on", note=number, velocity=value)
    assert note_off(channel, number) == of("note_off", note=number, velocity=64)
    assert control(channel, number, value) == of("control_change", control=number, value=value)
    assert program(channel, number) == of("program_change", program=number)
    assert wheel_centred(channel) == of("pitchwheel", pitch=0)


@given(st.integers(0, 15), st.integers(0, 127))
def test_an_on_and_its_off_have_one_key(channel, pitch):
    on, off = note_on(channel, pitch, 90), note_off(channel, pitch)
    assert (is_on(on), is_off(on)) == (True, False)
    assert (is_on(off), is_off(off)) == (False, True)
    assert key_of(on) == key_of(off) == (channel, pitch)


def test_an_on_with_velocity_0_is_an_off_and_nothing_else_is_changed():
    assert normal(b"\x93\x3c\x00") == note_off(3, 60)
    for data in (b"\x93\x3c\x01", b"\x83\x3c\x00", b"\xb3\x40\x00", b"\xc3\x05", b"\xf8"):
        assert normal(data) == data


@given(st.integers(0, 20_000))
def test_a_song_position_goes_there_and_back(sixteenths):
    data = song_position(sixteenths)
    assert mido.Message.from_bytes(data).pos == min(sixteenths, messages.MOST_SIXTEENTHS)
    assert sixteenths_of(data) == min(sixteenths, messages.MOST_SIXTEENTHS)


def test_a_pedal_that_is_down_and_a_wheel_that_is_bent_hold():
    assert holds(b"\xb3\x40\x7f")
    assert holds(b"\xe3\x00\x41")
    for data in (b"\xb3\x40\x00", b"\xe3\x00\x40", b"\xb3\x07\x7f", note_on(3, 64, 90), b"\xfa"):
        assert not holds(data)
