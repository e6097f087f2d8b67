"""Which port a name means. Pure functions; `midi.ports` touches the devices.

Port names differ by system: ALSA says `FLUID Synth (42):Synth input port (42:0) 128:0`, JACK
`fluidsynth:midi`, CoreMIDI `IAC Driver IAC Bus 1`. A user writes the part he knows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from improv.errors import PortError

_ALSA_NUMBERS = re.compile(r" \d+:\d+$")


def plain_name(name: str) -> str:
    """The name without the client and port numbers that ALSA appends and changes at every plug-in."""
    return _ALSA_NUMBERS.sub("", name)


def match_port(wanted: str, names: Sequence[str]) -> int | None:
    """Index of the port in `names` that `wanted` means, or None.

    The first rule that finds anything decides: the whole name; the part before or after its colon; a
    part of the name. Case does not matter. Raises PortError, with the candidates, where a rule finds two.
    """
    want = wanted.strip().casefold()

    def parts(name: str) -> list[str]:
        return [part.strip() for part in plain_name(name).casefold().split(":", 1)]

    rules = (
        lambda name: want in (name.casefold(), plain_name(name).casefold()),
        lambda name: want in parts(name),
        lambda name: bool(want) and want in name.casefold(),
    )
    for rule in rules:
        found = [index for index, name in enumerate(names) if rule(name)]
        if len(found) == 1:
            return found[0]
        if found:
            candidates = ", ".join(repr(names[index]) for index in found)
            raise PortError(
                f"The port name {wanted!r} is ambiguous: it fits {candidates}; give more of the name."
            )
    return None
