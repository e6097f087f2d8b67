"""The mixer: how loud each musician is, and who is heard. Soloists and band alike, by name.

A volume is what MIDI controller 7 of that channel is set to, 0 to 1 of its range. Who has none is as loud as
the synth has it (by General MIDI 100 of 127). Who is not heard plays on in silence, and is there at once when
heard again; the line and the band do not change by it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

_MOST = 127


@dataclass(frozen=True, slots=True)
class Mixer:
    """One state of it. What is not named is as it was before anybody touched it."""

    volumes: Mapping[str, float] = field(default_factory=dict)
    muted: frozenset[str] = frozenset()
    solo: frozenset[str] = frozenset()
    """Only these are heard; empty: everybody is."""

    def __post_init__(self) -> None:
        """Raises ValueError for a volume out of range."""
        for name, volume in self.volumes.items():
            if not 0 <= volume <= 1:
                raise ValueError(
                    f"the volume of {name!r} must be a number from 0 to 1, not {volume:g}"
                )

    def then(
        self,
        volumes: Mapping[str, float],
        mutes: Mapping[str, bool],
        solo: Iterable[str] | None,
    ) -> Mixer:
        """With some changed; `solo` None leaves it as it is."""
        muted = (self.muted | {name for name, mute in mutes.items() if mute}) - {
            name for name, mute in mutes.items() if not mute
        }
        alone = self.solo if solo is None else frozenset(solo)
        return Mixer({**self.volumes, **volumes}, muted, alone)

    def is_heard(self, name: str) -> bool:
        """Whether what this musician plays is sent."""
        return name not in self.muted and (not self.solo or name in self.solo)

    def __str__(self) -> str:
        """As users read it: "piano muted, bass 0.6"; empty where nothing was touched."""
        words = [f"{name} {volume:g}" for name, volume in sorted(self.volumes.items())]
        words += [f"{name} muted" for name in sorted(self.muted)]
        if self.solo:
            words.append(f"only {' and '.join(sorted(self.solo))}")
        return ", ".join(words)


def read_volume(text: str) -> tuple[str, float]:
    """(musician, volume) of "bass 0.6" or "bass=0.6". Raises ValueError, a sentence."""
    name, _, number = text.replace("=", " ").strip().rpartition(" ")
    try:
        volume = float(number)
    except ValueError:
        volume = -1.0
    if not name.strip() or not 0 <= volume <= 1:
        raise ValueError(
            f"Cannot read {text[:60]!r} as a volume: expected a musician and a number from 0 to 1, as in "
            "'bass 0.6'."
        )
    return name.strip(), volume


def find_musician(name: str, musicians: Sequence[str]) -> str:
    """The name as the musician has it, in whatever case it was written. Raises ValueError, a sentence."""
    known = {each.lower(): each for each in musicians}
    if name.lower() in known:
        return known[name.lower()]
    near = difflib.get_close_matches(name.lower(), known, n=1)
    hint = f"perhaps {known[near[0]]!r} was meant; " if near else ""
    raise ValueError(
        f"There is no musician {name[:60]!r}: {hint}expected {' or '.join(musicians) or 'nobody'}."
    )


def controller_value(volume: float) -> int:
    """A volume as controller 7 has it."""
    return round(volume * _MOST)
