"""THE table of messages between server and browser: JSON objects, each with a "type".

What a browser sends is checked against `ASKED`, so that nothing else comes further than the socket. What it
is told is in `TOLD`. Times (`ms`, `on_ms`, ...) are milliseconds since the session's start on its clock.

    browser ── hello, ping, line, document, download, midi, setlist, go ──> server
    browser <── welcome, tune, tempo, notes, withdraw, values, setlist, said, ... ── server

A note is [id, on_ms, off_ms, on_tick, off_tick, pitch, velocity, channel, musician, class, quote,
written_tick, written_end_tick, plan]; the last three are null where it is no solo. One whose id is known
already takes the place of the former: where it sounds, only its end changes. Its class is "t" for a tone of
its chord, "s" of its scale, "o" outside, "" where there is no chord, or it is no solo. A plan is that of the
phrase that begins with the note, if there is one: [end_tick, target_pitch, text] of its last note, about;
the pitch is null where it does not say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from improv.json_values import finite, flag, listed, text, whole

Message = dict[str, Any]


@dataclass(frozen=True)
class Serving:
    """Where and for whom the page is served: what the server is started with."""

    host: str
    port: int
    token: str
    epoch_ns: int
    """When the session's milliseconds begin, on the clock that all processes share."""
    cert: str | None = None
    """A PEM file with certificate and key, for HTTPS."""
    or_any: bool = False
    """Whether any free port will do where this one is taken."""
    kept: str = ""
    """The file in which is kept what can be taken home (`kept`)."""

    @property
    def place(self) -> str:
        """As in an address: "127.0.0.1:8765"."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http{'s' if self.cert else ''}://{self.place}/?token={self.token}"


class ProtocolError(ValueError):
    """A message that no page of ours sends; its text says why."""


def _text(most: int) -> Callable[[Any], object]:
    def made_sure(value: Any) -> None:
        if len(text(value)) > most:
            raise ValueError("too long")

    return made_sure


def _whole(least: int, most: int) -> Callable[[Any], object]:
    return partial(whole, low=least, high=most)


def _midi(value: Any) -> None:
    """One channel message."""
    status, *data = listed(value)
    whole(status, 0x80, 0xEF)
    if [whole(byte, 0, 0x7F) for byte in data[:2]] != data or not data:
        raise ValueError("a message of another length")


def _tunes(value: Any) -> None:
    """A set list: what each tune is called, how it is said, and how many choruses it has."""
    row = {"title": _text(200), "say": _text(LONGEST_LINE), "choruses": _whole(1, 99)}
    for tune in listed(value):
        if not isinstance(tune, dict) or set(tune) != set(row) or len(value) > MOST_TUNES:
            raise ValueError("no such set list")
        for name, made_sure in row.items():
            made_sure(tune[name])


_number = partial(finite, low=-1e13, high=1e13)


@dataclass(frozen=True)
class Asked:
    """A row of `ASKED`: what a message of a browser holds, and how many may come."""

    fields: Mapping[str, Callable[[Any], object]]
    """Name -> what raises ValueError for another value."""
    a_second: float
    """Messages a second in the long run; four seconds' may come at once."""
    optional: frozenset[str] = frozenset()


LONGEST_LINE = 4_000
"""Characters: a chart may stand in one."""
LARGEST_DOCUMENT = 4_000_000
"""Characters of a document: in base64, of 3 MB."""
LARGEST_MESSAGE = LARGEST_DOCUMENT + 1_000
LARGEST_HELLO = 500
MOST_TUNES = 100
"""On a set list."""

ASKED: dict[str, Asked] = {
    "hello": Asked({"token": _text(200)}, 1),
    "ping": Asked({"t": _number}, 50),
    "line": Asked({"text": _text(LONGEST_LINE)}, 50),
    "document": Asked(
        {"name": _text(200), "base64": _text(LARGEST_DOCUMENT), "text": _text(LARGEST_DOCUMENT)},
        2,
        frozenset(("name", "base64", "text")),
    ),
    "download": Asked({"what": _text(40), "as": _text(40)}, 1),
    "midi": Asked({"ms": _number, "data": _midi}, 400),
    "setlist": Asked({"tunes": _tunes, "place": _whole(-1, MOST_TUNES)}, 5),
    # From which tune of it to which: where two pages ask for the next one, it is the next one.
    "go": Asked({"from": _whole(-1, MOST_TUNES), "to": _whole(0, MOST_TUNES), "now": flag}, 5),
}
"""Type -> what a browser may send."""

TOLD: dict[str, bool] = {
    **dict.fromkeys(("welcome", "tune", "tempo", "values", "turn", "health", "setlist"), True),
    **dict.fromkeys(("notes", "withdraw", "heard", "said", "pong", "charts", "replay"), False),
    "file": False,
    "ended": True,
}
"""Type -> whether the last one also holds for a page that comes later. Notes do until they have ended."""


def read(text: str | bytes) -> Message:
    """The message that a browser sent. Raises ProtocolError."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise ProtocolError("not JSON") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise ProtocolError("no object with a type")
    row = ASKED.get(message["type"])
    if row is None:
        raise ProtocolError("an unknown type")
    names = set(message) - {"type"}
    if names - set(row.fields) or set(row.fields) - names - row.optional:
        raise ProtocolError(f"the wrong fields for {message['type']}")
    for name in names:
        try:
            row.fields[name](message[name])
        except ValueError:
            raise ProtocolError(f"a wrong {name} of {message['type']}") from None
    return message


class Allowance:
    """How many messages of each type may still come from one page."""

    _BURST_S = 4.0

    def __init__(self) -> None:
        self._left: dict[str, tuple[float, int]] = {}

    def take(self, kind: str, now_ns: int) -> bool:
        """Whether one more message of this type may come now."""
        a_second = ASKED[kind].a_second
        left, since_ns = self._left.get(kind, (a_second * self._BURST_S, now_ns))
        left = min(a_second * self._BURST_S, left + a_second * (now_ns - since_ns) / 1e9)
        self._left[kind] = (left - 1 if left >= 1 else left), now_ns
        return left >= 1


class Board:
    """What a page that comes now is to be told: the last of what holds, and the notes that have not ended."""

    def __init__(self) -> None:
        self._last: dict[str, Message] = {}
        self._notes: dict[int, list[Any]] = {}

    def take(self, message: Message) -> None:
        """Keep of a message what holds for who comes later."""
        kind = message["type"]
        if TOLD[kind]:
            self._last[kind] = message
        if kind == "notes":
            for note in message["notes"]:
                self._notes[note[0]] = note
        elif kind == "withdraw":
            for note_id in message["ids"]:
                self._notes.pop(note_id, None)

    def forget(self, before_ms: float) -> None:
        """Forget the notes that have ended before then."""
        self._notes = {key: note for key, note in self._notes.items() if note[2] >= before_ms}

    def messages(self) -> list[Message]:
        """What is to be told, in order."""
        known = [self._last[kind] for kind in TOLD if kind in self._last]
        notes = [{"type": "notes", "notes": list(self._notes.values())}] if self._notes else []
        return [*known, *notes]
