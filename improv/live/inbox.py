"""What waits for the performer: by kind, so that a flood of one kind holds up no other.

    Stop                              at once
    Report, Gone, PortEvent, Said     then what has happened to outputs and ports
    ClockMessage                 ┐    then these four in turn: all clock messages that wait,
    Heard                        │    one message of the partner,
    Steer, Tap, Answer, Ask      │    one question,
    Reload                       ┘    one reload for all that were asked for

It never holds more than it must: of clock messages, of what is heard and of questions there is a most,
reloads are one, and what outputs and ports say is as much as was planned. To whoever waits and puts it is a
queue.SimpleQueue.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Iterable
from typing import Any

from improv.midi.events import (
    ClockMessage,
    Gone,
    Heard,
    PortEvent,
    ReceiverGone,
    Reload,
    Report,
    Said,
    StandStill,
    Stop,
    Taken,
)
from improv.midi.messages import CONTINUE, NOTES_OFF, SONG_POSITION, START, STOP, control

MOST_CLOCK = 4096
"""Of clock messages: more than a minute's pulses at any tempo that there is."""
MOST_HEARD = 4096
"""Of the partner's messages: more than hands can play in a minute."""
MOST_ASKED = 1000
"""Of lines that were typed and the like."""

_TOO_MUCH = "More lines were typed than can be answered; the oldest of them are dropped."

_HAPPENED = (Report, Gone, ReceiverGone, PortEvent, StandStill, Taken, Said)
_OVERTAKES = {
    START: (START, CONTINUE, STOP, SONG_POSITION),
    SONG_POSITION: (SONG_POSITION,),
    CONTINUE: (CONTINUE,),
    STOP: (STOP, CONTINUE),
}
"""What makes no difference any more once this has come, where no pulse has come in between."""


class Inbox:
    """Put from any thread or signal handler; taken by one thread."""

    def __init__(self) -> None:
        self._stop: Stop | None = None
        self._reload: Reload | None = None
        self._happened: deque[Any] = deque()
        self._asked: deque[Any] = deque()
        self._clock: deque[ClockMessage] = deque()
        self._heard: deque[Heard] = deque()
        self._lock = threading.Lock()
        """Of `_clock`, `_heard` and `_asked`. Signal handlers put a Stop or a Reload, and neither asks for
        it: they may have interrupted who holds it."""
        self._in_turn = deque(
            (self._take_clock, self._take_heard, self._take_asked, self._take_reload)
        )
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()

    def put(self, item: Any) -> None:
        """Have `item` taken; at once if it is a Stop."""
        if isinstance(item, Stop):
            self._stop = self._stop or item
        elif isinstance(item, Reload):
            self._reload = item
        elif isinstance(item, ClockMessage):
            with self._lock:
                if len(self._clock) >= MOST_CLOCK:
                    self._clock = deque(thinned(self._clock))
                self._clock.append(item)
        elif isinstance(item, Heard):
            with self._lock:
                self._heard.append(item)
                if len(self._heard) > MOST_HEARD:
                    self._heard = _without_the_older(self._heard)
        elif isinstance(item, _HAPPENED):
            self._happened.append(item)
        else:
            with self._lock:
                self._asked.append(item)
                if len(self._asked) > MOST_ASKED:
                    self._asked.popleft()
                    self._asked[0] = Said(_TOO_MUCH, problem=True)
        if self._bell.empty():
            self._bell.put(None)

    def empty(self) -> bool:
        """Whether nothing waits."""
        return not (
            self._stop
            or self._happened
            or self._clock
            or self._heard
            or self._asked
            or self._reload
        )

    def get_nowait(self) -> Any:
        """What comes next: an item, or a tuple of all the clock messages that wait. Raises queue.Empty."""
        if self._stop is not None:
            stop, self._stop = self._stop, None
            return stop
        if self._happened:
            return self._happened.popleft()
        for _ in range(len(self._in_turn)):
            take = self._in_turn[0]
            self._in_turn.rotate(-1)
            if (item := take()) is not None:
                return item
        raise queue.Empty

    def get(self, *, timeout: float) -> Any:
        """What comes next, waited for for so many seconds at the most. Raises queue.Empty, also where it was
        woken in vain, which is no harm to one who asks again."""
        # Before it looks: who puts something now rings again.
        while not self._bell.empty():
            self._bell.get_nowait()
        if self.empty():
            self._bell.get(timeout=timeout)
        return self.get_nowait()

    def _take_clock(self) -> tuple[ClockMessage, ...] | None:
        with self._lock:
            messages, self._clock = self._clock, deque()
        return tuple(messages) or None

    def _take_heard(self) -> Heard | None:
        with self._lock:
            return self._heard.popleft() if self._heard else None

    def _take_asked(self) -> Any | None:
        with self._lock:
            return self._asked.popleft() if self._asked else None

    def _take_reload(self) -> Reload | None:
        item, self._reload = self._reload, None
        return item


def _without_the_older(heard: deque[Heard]) -> deque[Heard]:
    """The newer half; of the notes that were lost none goes on."""
    newer = [*heard][len(heard) // 2 :]
    ended = (Heard(newer[0].ns, control(channel, NOTES_OFF, 0)) for channel in range(16))
    return deque((*ended, *newer))


def thinned(messages: Iterable[ClockMessage]) -> list[ClockMessage]:
    """Half of them: of the older ones only where they lead, as if no pulse had come in between."""
    messages = list(messages)
    half = len(messages) // 2
    left: list[ClockMessage] = []
    for message in messages[:half]:
        overtaken = _OVERTAKES.get(message.data[0])
        if overtaken is not None:
            left = [each for each in left if each.data[0] not in overtaken]
            left.append(message)
    return [*left, *messages[half:]]
