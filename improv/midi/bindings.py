"""What hands do without typing: knobs, pads, keys and pedals of the input, bound to lines as they are typed.

    "cc 20" = "density"         a knob: over its whole way the range of the control (or `volume bass`)
    "cc 64" = "tap"             a pedal: the line, each time it goes down
    "note 36 on 10" = "next"    a pad, here on channel 10 alone: the line, each time it is struck
    "program" = "tune"          the choice of a sound: the tune of the set with its number

A knob is taken up where it meets the value that holds (soft takeover): what was typed or turned elsewhere
does not jump when it is touched. Pure: bytes in, lines out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from improv.controls.table import ROWS, flag_of
from improv.midi.messages import CONTROL, NOTE_OFF, NOTE_ON, PROGRAM, kind_of, normal

EXPECTED = "expected 'cc 20', 'note 36' or 'program', with ' on 10' for one channel alone"
PROGRAM_WORD = "tune"
"""What the choice of a sound is bound to: its number goes behind it."""
LONGEST_LINE = 500
_KEY = re.compile(r"(cc|note) (\d{1,3})(?: on (\d{1,2}))?|(program)(?: on (\d{1,2}))?")
_KINDS = {CONTROL: "cc", NOTE_ON: "note", NOTE_OFF: "note", PROGRAM: "program"}
_DOWN = 64
"""A pedal with this value or more is down."""
_MOST = 127
_BANKS, _FIRST_MODE = (0, 32), 120
"""Controllers that go with the choice of a sound, and those that are messages of another kind."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One of them. `number` is that of the controller or the pitch, `channel` 0-15, None any."""

    kind: str
    number: int
    channel: int | None
    line: str

    @classmethod
    def read(cls, key: str, line: str) -> Binding:
        """As the config file has it. Raises ValueError, the end of a sentence."""
        found = _KEY.fullmatch(" ".join(key.lower().split()))
        if found is None:
            raise ValueError(EXPECTED)
        kind, number = found[1] or found[4], int(found[2] or 0)
        channel = found[3] or found[5]
        if number > _MOST or (channel is not None and not 1 <= int(channel) <= 16):
            raise ValueError("expected a number from 0 to 127, and a channel from 1 to 16")
        if not line.strip() or len(line) > LONGEST_LINE or not line.isprintable():
            raise ValueError("expected a line as it is typed while it plays, such as 'density'")
        if kind == "note" and target_of(line) is not None:
            raise ValueError(
                f"a key has no range: expected a value too, as in '{line.strip()} 0.5'"
            )
        return cls(kind, number, None if channel is None else int(channel) - 1, line.strip())

    @property
    def key(self) -> str:
        """As `read` reads it."""
        number = "" if self.kind == "program" else f" {self.number}"
        return f"{self.kind}{number}" + ("" if self.channel is None else f" on {self.channel + 1}")

    def fits(self, kind: str, number: int, channel: int) -> bool:
        """Whether it is for this message."""
        same = kind == self.kind and (number == self.number or kind == "program")
        return same and self.channel in (None, channel)


def read_bindings(rows: Mapping[str, str]) -> tuple[Binding, ...]:
    """Those of the config file. Raises ValueError, a sentence that names the one that is wrong."""
    bindings = []
    for key, line in rows.items():
        try:
            if not isinstance(line, str):
                raise ValueError('expected text in quotes, "..."')
            bindings.append(Binding.read(key, line))
        except ValueError as error:
            raise ValueError(f"Cannot bind {key!r} to {line!r}: {error}.") from None
    return tuple(bindings)


@dataclass(frozen=True, slots=True)
class Target:
    """What a knob turns: a control of everybody or of one soloist, or (`control` empty) a musician's
    volume."""

    control: str
    whom: str
    low: float
    high: float


def target_of(line: str) -> Target | None:
    """What a line that lacks its value is about, such as "density" or "volume bass"; None: it lacks none."""
    words = line.split()
    if words[:1] == ["volume"] and len(words) > 1:
        name = " ".join(words[1:])
        try:
            float(words[-1])
        except ValueError:
            return Target("", name, 0.0, 1.0)
        return None
    whom = words.pop(0).removeprefix("@") if line.startswith("@") else ""
    if len(words) == 1:
        for name, row in ROWS.items():
            if words[0] in (name, flag_of(name)):
                return Target(name, whom, row.low, row.high)
    return None


Values = Callable[[Target], "float | None"]
"""The value that holds; None where there is none."""


@dataclass(frozen=True, slots=True)
class Handed:
    """What a message of the input says: `line`, empty where it says nothing now. `knob`: it is one of many
    values on the way, and is not to be answered one by one. `learned` was just bound."""

    line: str = ""
    knob: bool = False
    learned: Binding | None = None
    problem: str = ""


@dataclass
class _Knob:
    """What is known of where a knob stands."""

    at: int | None = None
    set_to: float | None = None
    """What it has set last; None: it has not been taken up."""


@dataclass
class Hands:
    """The bindings at work. One thread."""

    bindings: tuple[Binding, ...] = ()
    _learning: str = ""
    _knobs: dict[str, _Knob] = field(default_factory=dict)
    _down: set[str] = field(default_factory=set)

    def learn(self, line: str) -> None:
        """Bind what is turned or pressed next to `line`; empty: nothing."""
        self._learning = line.strip()

    def forget(self, line: str) -> tuple[Binding, ...]:
        """Bind nothing to `line` any more; what was."""
        gone = tuple(one for one in self.bindings if one.line == line.strip())
        self.bindings = tuple(one for one in self.bindings if one not in gone)
        return gone

    def hear(self, data: bytes, value_of: Values) -> Handed | None:
        """What a message says; None where it is bound to nothing, and is music."""
        data = normal(data)
        kind = _KINDS.get(kind_of(data), "")
        number, channel = data[1] if len(data) > 1 else 0, data[0] & 0x0F
        is_end = kind_of(data) == NOTE_OFF
        value = 0 if is_end else data[2] if len(data) > 2 else _MOST
        if self._learning and (said := self._learn(kind, number, value, is_end)) is not None:
            return said
        for one in self.bindings:
            if one.fits(kind, number, channel):
                return self._say(one, number, value, value_of)
        return None

    def _learn(self, kind: str, number: int, value: int, is_end: bool) -> Handed | None:
        line = self._learning
        if kind == "cc" and (number in _BANKS or number >= _FIRST_MODE):
            return None
        is_press = target_of(line) is None and line != PROGRAM_WORD
        if not kind or is_end or (is_press and kind == "cc" and value < _DOWN):
            return None
        if (kind == "program") != (line == PROGRAM_WORD):
            return None
        self._learning = ""
        try:
            made = Binding.read("program" if kind == "program" else f"{kind} {number}", line)
        except ValueError as error:
            return Handed(problem=f"Nothing is learned: {error}.")
        kept = (one for one in self.bindings if one.key != made.key and one.line != line)
        self.bindings = (*kept, made)
        if is_press:
            self._down.add(made.key)
        return Handed(learned=made)

    def _say(self, one: Binding, number: int, value: int, value_of: Values) -> Handed:
        if one.kind == "program":
            return Handed(f"{one.line} {number + 1}")
        target = target_of(one.line)
        if target is not None:
            return self._turn(one, value, target, value_of)
        was_down = one.key in self._down
        if value < (_DOWN if one.kind == "cc" else 1):
            self._down.discard(one.key)
            return Handed()
        self._down.add(one.key)
        return Handed("" if was_down and one.kind == "cc" else one.line)

    def _turn(self, one: Binding, at: int, target: Target, value_of: Values) -> Handed:
        low, high = target.low, target.high
        knob = self._knobs.setdefault(one.key, _Knob())
        step = (high - low) / _MOST
        wanted = float(f"{low + at * step:.3g}")
        holds, before = value_of(target), knob.at
        knob.at = at
        if holds is not None and (knob.set_to is None or abs(holds - knob.set_to) > step):
            came_from = wanted if before is None else low + before * step
            passes = (came_from - holds) * (wanted - holds) <= 0
            if not passes and abs(wanted - holds) > step:
                knob.set_to = None
                return Handed()
        knob.set_to = wanted
        return Handed(f"{one.line} {wanted:g}", knob=True)
