"""Which port a name means."""

from __future__ import annotations

import pytest

from improv.errors import PortError
from improv.midi.port_names import match_port, near_port, plain_name

NAMES = [
    "Midi Through:Midi Through Port-0 14:0",
    "FLUID Synth (42):Synth input port (42:0) 128:0",
    "IAC Driver IAC Bus 1",
    "IAC Driver IAC Bus 12",
    "fluidsynth:midi",
]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ("fluidsynth:midi", 4),
        ("MIDI", 4),
        ("IAC Driver IAC Bus 1", 2),
        ("bus 12", 3),
        ("FLUID Synth (42):Synth input port (42:0)", 1),
        ("Midi Through", 0),
        ("nothing like it", None),
        ("", None),
    ],
)
def test_a_name_finds_its_port(wanted, index):
    assert match_port(wanted, NAMES) == index


def test_an_ambiguous_name_lists_the_candidates():
    with pytest.raises(PortError, match=r"'iac bus' is ambiguous: .*IAC Bus 1', .*IAC Bus 12'"):
        match_port("iac bus", NAMES)


def test_an_exact_name_wins_over_a_longer_one_that_contains_it():
    assert match_port("IAC Driver IAC Bus 1", NAMES) == 2


def test_alsa_numbers_are_not_part_of_a_name():
    assert plain_name("Midi Through:Midi Through Port-0 14:0") == "Midi Through:Midi Through Port-0"


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [
        ("fluidsinth", "fluidsynth:midi"),
        ("Midi Thru", "Midi Through:Midi Through Port-0"),
        ("IAC Buss 1", "IAC Driver IAC Bus 1"),
        ("Flüid Synth", "FLUID Synth (42):Synth input port (42:0)"),
        ("thruogh", "Midi Through:Midi Through Port-0"),
        ("my own name", ""),
        ("lead", ""),
        ("", ""),
    ],
)
def test_a_name_that_fits_none_may_be_nearly_that_of_one(wanted, meant):
    assert near_port(wanted, NAMES) == meant


def test_nothing_is_near_where_there_is_no_port():
    assert near_port("fluid", []) == ""
