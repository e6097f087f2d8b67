"""What is put into the inbox crosses threads: nobody changes it on the way."""

from __future__ import annotations

import dataclasses
import inspect

import pytest

from improv.midi import events
from improv.midi.events import Report

EVENTS = [kind for _, kind in inspect.getmembers(events, dataclasses.is_dataclass)]


@pytest.mark.parametrize("kind", EVENTS)
def test_no_event_can_be_changed_once_it_is_put(kind):
    event = kind(**{each.name: "" for each in dataclasses.fields(kind)})
    for each in dataclasses.fields(kind):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(event, each.name, "another")
    assert not hasattr(event, "__dict__"), "a million of them take little room"


def test_a_report_is_of_the_message_wherever_that_was_meant_to_be():
    """What the scheduler noted beside it for itself makes no other report of it."""
    one, other = (Report(1, 10, 11, b"\x90\x3c\x50", place=place) for place in ("a", "b"))
    assert one == other
    assert one != dataclasses.replace(one, dropped=True)
