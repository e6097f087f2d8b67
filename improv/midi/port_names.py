"""Which port a name means. Pure functions; `midi.ports` touches the devices.

Port names differ by system: ALSA says `FLUID Synth (42):Synth input port (42:0) 128:0`, JACK
`fluidsynth:midi`, CoreMIDI `IAC Driver IAC Bus 1`. A user writes the part he knows.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from improv.errors import PortError

_NEAR = 0.7
"""How alike the name and the port's, or their words, must be; 1 is the same (difflib)."""

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


def near_port(wanted: str, names: Sequence[str]) -> str:
    """The plain name of the port that may have been meant by a name that fits none; "": none is near.

    >>> near_port("fluidsinth", ["FLUID Synth (42):Synth input port (42:0) 128:0", "Midi Through:0 14:0"])
    'FLUID Synth (42):Synth input port (42:0)'
    """
    best, found = 0.0, ""
    for name in map(plain_name, names):
        # A user writes the client's name, the port's, or words of either.
        whole = max(_alike(wanted, part) for part in (name, *name.split(":")))
        words = [max(_alike(word, each) for each in _words(name)) for word in _words(wanted)]
        near = max(whole, sum(words) / len(words) if words else 0.0)
        if near > best:
            best, found = near, name
    return found if best >= _NEAR else ""


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", name) or [""]


def _alike(first: str, second: str) -> float:
    """0 to 1, by their letters and digits."""
    one, other = ("".join(_words(name.casefold())) for name in (first, second))
    return difflib.SequenceMatcher(None, one, other).ratio()
