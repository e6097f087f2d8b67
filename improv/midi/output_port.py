"""One port and whoever sends to it now: a sender that is replaced when it dies or its port comes back.

Input -> output:  plan(...), replan(...)  ->  whichever sender has the port; Reports in the inbox
Threads:          a new sender's reader hands over to it as soon as it has the port; a short-lived thread
                  ends each sender that is let go

    playing ──hangs──> it is killed
    playing ──Gone──> (another is starting; what is planned is kept) ──opened──> playing
    playing ──PortEvent lost──> silent: the old sender plays to nobody, on time
    silent  ──PortEvent back──> (another is starting, the old one plays on) ──opened──> playing
    silent  ──Gone──> silent, with a sender that has no port

Who takes over first releases what sounded, lifts the pedals and centres the wheels. Ons whose time passed
meanwhile are reported as dropped: no burst of late notes.
"""

from __future__ import annotations

import contextlib
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Any, Literal

from improv.clock import Clock
from improv.errors import SenderError
from improv.midi.events import Gone, PortEvent, Realtime, Report, Said, Taken
from improv.midi.messages import NOTE_OFF, NOTE_ON, Planned, kind_of
from improv.midi.panic import WAIT_S, release_elsewhere
from improv.midi.ports import Only, PortInfo, PortRequest
from improv.midi.send_queue import HEARD_LATE_NS, Counters
from improv.midi.sender_process import (
    OPEN_TIMEOUT_NS,
    Broken,
    Failed,
    Greeting,
    Inbox,
    MakeSender,
    Opened,
    SenderProcess,
)
from improv.midi.unsent import Handover, Unsent

DEATHS, DEATHS_WITHIN_NS = 5, 10_000_000_000
"""So many deaths in so short a time are not mended by one more sender."""

RETRY_NS = 1_000_000_000
"""How long to wait before a port that is there and could not be opened is tried again."""

HUNG_NS = 2_000_000_000
"""A sender that has said nothing for so long, though it should have sent something, hangs."""
SURELY_NS = 500_000_000
"""How long that must be seen: after a pause of this process its reports are yet to be read."""

AGAIN_NS = tuple(seconds * 1_000_000_000 for seconds in (1, 2, 4, 8, 16, 32))
"""When to release once more what sounded on a virtual port that was made anew: at first nobody listens."""

FIGURES = (*Counters.__dataclass_fields__, "restarts", "reconnects", "unheard")
"""What is counted: as in the send queue; senders restarted, ports taken again, notes unheard meanwhile."""

HERE_NS = 250_000_000
"""How often a sender is told that the performer lives."""

LET_GO_S = 0.5
"""How long a sender that is replaced may take to end."""

STUCK_WAIT_S = 0.5
"""How long to wait for the last resort where the MIDI system does not answer; it goes on without us."""

_Purpose = Literal["restart", "mute", "back"]


class _Tap:
    """A sender's inbox: its port looks at what comes before the performer does."""

    def __init__(self, port: OutputPort) -> None:
        self._port = port

    def put(self, item: Any) -> None:
        """An item from the sender, in its reader's thread."""
        self._port.hear(self, item)

    def greet(self, greeting: Greeting) -> None:
        """The sender's first words."""
        self._port.greeted(self, greeting)


class OutputPort:
    """One port, and whoever sends to it now."""

    def __init__(
        self,
        role: str,
        request: PortRequest,
        inbox: Inbox[Any],
        clock: Clock,
        make_sender: MakeSender,
        deaths: deque[int],
        release: Callable[[PortInfo, float], bool] = release_elsewhere,
    ) -> None:
        """`release` is the last resort: another process that silences the port."""
        self.moved: Callable[[str, PortInfo], None] = lambda role, info: None
        self.role, self._request = role, request
        self._inbox, self._clock, self._make, self._deaths = inbox, clock, make_sender, deaths
        self.lock = threading.RLock()
        self.totals: Counter[str] = Counter(dict.fromkeys(FIGURES, 0))
        self._release, self._unsent = release, Unsent()
        self._info: PortInfo | None = None
        self._coming: tuple[_Tap, SenderProcess] | None = None
        self._purpose: _Purpose = "restart"
        self._coming_until_ns = 0
        self._lost_ns: int | None = None
        self._there, self._broken, self._retry_ns, self._complained = True, False, 0, False
        self._refuses = False  # the sender of now was refused a message
        self._unanswered = (
            False  # it was lost because the MIDI system did not answer, and not seen to go
        )
        self._unheard = 0
        self._heard_ns, self._hangs_ns, self._here_ns = clock.now_ns(), 0, clock.now_ns()
        self._again: list[tuple[int, Handover]] = []
        self._leaving: list[threading.Thread] = []
        self._quitting = False
        self._now: tuple[_Tap, SenderProcess] | None = self._start(request)

    # --- what the performer asks for ---

    def opened(self, clock: Clock) -> tuple[PortInfo, Realtime]:
        """Wait for the first sender's port."""
        if self._now is None:
            raise SenderError("The sender process has ended.")
        info, realtime = self._now[1].opened(clock)
        with self.lock:
            self._info = info
        return info, realtime

    def plan(self, message: Planned) -> None:
        """See Output."""
        with self.lock:
            planned = self._unsent.plan(message)
            if planned is not None and self._now is not None:
                self._now[1].plan(planned)

    def waiting(self) -> list[Planned]:
        """See Output."""
        with self.lock:
            return self._unsent.waiting()

    def replan(self, from_ns: int, messages: Sequence[Planned]) -> None:
        """See Output."""
        with self.lock, contextlib.suppress(SenderError):  # its Gone is on its way
            news = self._unsent.replan(from_ns, messages)
            if self._now is not None:
                self._now[1].replan(from_ns, news)

    def silence(self) -> None:
        """See Output."""
        with self.lock, contextlib.suppress(SenderError):
            self._unsent.silence()
            if self._now is not None:  # else whoever comes next begins with just that
                self._now[1].silence()

    def flush(self) -> None:
        """See Output. Also what has to be done now and then."""
        now_ns = self._clock.now_ns()
        with self.lock:
            if self._coming is not None and now_ns > self._coming_until_ns:
                self._coming[1].kill()  # its Gone comes
            self._try_again(now_ns)
            if self._now is None:
                self._miss(now_ns)
                return
            self._end_if_it_hangs(self._now[1], now_ns)
            self._unsent.tidy(now_ns)
            self._release_again(now_ns)
            if now_ns - self._here_ns >= HERE_NS:
                self._here_ns = now_ns
                self._now[1].here()
            with contextlib.suppress(SenderError):
                self._now[1].flush()

    # --- what happens to senders and ports ---

    def _end_if_it_hangs(self, sender: SenderProcess, now_ns: int) -> None:
        """A driver may block for ever, and what is planned would then wait for ever."""
        quiet = now_ns - self._heard_ns > HUNG_NS and self._unsent.overdue(now_ns - HUNG_NS)
        if not quiet:
            self._hangs_ns = 0
        elif not self._hangs_ns:
            self._hangs_ns = now_ns
        elif now_ns - self._hangs_ns > SURELY_NS:
            self._hangs_ns, self._heard_ns = 0, now_ns
            sender.kill()  # its Gone comes

    def hear(self, tap: _Tap, item: Any) -> None:
        """An item from a sender, in its reader's thread; one that was let go is not heard any more."""
        with self.lock:
            current = self._now is not None and tap is self._now[0]
            coming = self._coming is not None and tap is self._coming[0]
            if isinstance(item, Report) and current:
                self._heard_ns = self._clock.now_ns()
                self._count(item)
                report = self._unsent.report(item)
                if report.note_id >= 0:  # below: the partner's, through `midi.thru`
                    self._inbox.put(report)
            elif isinstance(item, Gone) and (current or coming) and not self._quitting:
                self._inbox.put(item)
            elif isinstance(item, Broken) and current and self._info is not None:
                self._broken = self._refuses = True
                self._inbox.put(PortEvent(self.role, self._info.name, False))

    def _count(self, report: Report) -> None:
        """By the reports, not by the senders' own counters: a sender that is killed leaves none."""
        kind = kind_of(report.data)
        if report.dropped:
            self.totals["dropped_ons"] += 1
            return
        self.totals["sent"] += 1
        self.totals["offs"] += kind == NOTE_OFF
        if kind == NOTE_ON:
            self.totals["ons"] += 1
            self.totals["late"] += report.sent_ns - report.planned_ns > HEARD_LATE_NS
            self._unheard += self._lost_ns is not None

    def greeted(self, tap: _Tap, greeting: Greeting) -> None:
        """A sender has opened its port, or cannot; in its reader's thread."""
        with self.lock:
            if self._coming is None or tap is not self._coming[0]:
                return
            if isinstance(greeting, Failed):
                self._refused(greeting)
            elif not self._quitting:
                self._take_over(greeting)

    def attend(self, item: Gone | PortEvent) -> str | None:
        """See Output; None also where it is not about this port."""
        with self.lock:
            if self._quitting:
                return None
            now_ns = self._clock.now_ns()
            if isinstance(item, Gone):
                return self._replace(item.pid, now_ns)
            if item.role != self.role or self._info is None or self._info.backend == "none":
                return None
            # A port that refused a message may be there all the same: it is tried again.
            self._there, self._broken = item.there or self._broken, False
            self._retry_ns = now_ns
            if not item.there:
                return self._lose(now_ns, item.answers)
            self._complained = False
            if item.same and self._has_it_still():
                self._lost_ns, self._unheard = None, 0
                return f"{self._system} answers again."
            self._try_again(now_ns)
            return None

    def _has_it_still(self) -> bool:
        """Whether the sender of now is the one that opened the port, and was refused nothing."""
        now, info = self._now, self._info
        has = now is not None and info is not None and now[1].pid == info.pid
        return has and self._unanswered and self._coming is None and not self._refuses

    @property
    def _system(self) -> str:
        return (self._info.backend if self._info is not None else self._request.backend).upper()

    def _lose(self, now_ns: int, answers: bool = True) -> str | None:
        if self._lost_ns is not None:
            return None
        self._lost_ns, self._unheard = now_ns, 0
        self._unsent.lose(now_ns)
        self._unanswered = not answers
        if not answers:
            return f"{self._system} does not answer; playing goes on silently until it does."
        return f"The port {self._name} is gone; playing goes on silently until it is back."

    def _replace(self, pid: int, now_ns: int) -> str | None:
        if self._coming is not None and pid == self._coming[1].pid:
            gone, self._coming = self._coming[1], None
        elif self._now is not None and pid == self._now[1].pid:
            gone, self._now = self._now[1], None
            self._unsent.die()
        else:
            return None
        how = gone.ending()
        self._let_go(gone)
        self._deaths.append(now_ns)
        if len(self._deaths) == DEATHS and now_ns - self._deaths[0] < DEATHS_WITHIN_NS:
            raise SenderError(f"The sender process ended {DEATHS} times within 10 s ({how}).")
        if self._now is None and self._coming is None:
            self._begin("mute" if self._lost_ns is not None else "restart", now_ns)
        elif self._now is not None:  # only the one that was to take a returned port
            self._retry_ns = now_ns + RETRY_NS
            return None
        self.totals["restarts"] += 1
        return f"The sender process ended ({how}); another one plays on."

    def _try_again(self, now_ns: int) -> None:
        """Take the port again where it is back, unless somebody is about to.

        Raises SenderError where nobody is there to play and no process can be started.
        """
        if self._quitting or self._coming is not None or now_ns < self._retry_ns:
            return
        if self._now is None:
            self._begin("mute" if self._lost_ns is not None else "restart", now_ns)
        elif self._lost_ns is not None and self._there:
            self._retry_ns = now_ns + RETRY_NS
            with contextlib.suppress(SenderError):
                self._begin("back", now_ns)

    def _begin(self, purpose: _Purpose, now_ns: int) -> None:
        self._purpose, self._coming_until_ns = purpose, now_ns + OPEN_TIMEOUT_NS
        if purpose == "mute":
            self._coming = self._start(PortRequest(backend="none"))
        else:
            self._coming = self._start(*self._same_port())

    def _same_port(self) -> tuple[PortRequest, Only | None]:
        """What to ask for to have the same port again, and of which kind it must be."""
        info = self._info
        if info is None or info.backend == "none":
            return self._request, None
        if info.virtual:
            return PortRequest(self._request.name, info.backend), "virtual"
        return PortRequest(info.name, info.backend), "existing"

    def _start(self, request: PortRequest, only: Only | None = None) -> tuple[_Tap, SenderProcess]:
        tap = _Tap(self)
        with self.lock:  # it may speak before it is known here
            return tap, self._make(request, tap, only=only, greeted=tap.greet)

    def _refused(self, greeting: Failed) -> None:
        """Who was to take the port cannot open it: silence, and another try later."""
        if self._coming is None:
            return
        self._let_go(self._coming[1])
        self._coming = None
        now_ns = self._clock.now_ns()
        self._retry_ns = now_ns + RETRY_NS
        self._lose(now_ns)
        if not self._complained:
            self._complained = True
            self._inbox.put(Said(f"Playing goes on silently: {greeting.error}", problem=True))
        if self._now is None and not self._quitting:
            with contextlib.suppress(SenderError):  # else at the next flush
                self._begin("mute", now_ns)

    def _take_over(self, greeting: Opened) -> None:
        """The new sender has the port: release what sounded, hand over what is planned, let the old go."""
        if self._coming is None:
            return
        now_ns = self._clock.now_ns()
        old, self._now, self._coming = self._now, self._coming, None
        self._heard_ns, self._hangs_ns = now_ns, 0
        self._miss(now_ns)
        left = self._hand_over(self._now[1], now_ns, heard=self._purpose != "mute")
        if old is not None:
            self._let_go(old[1])
        if self._purpose == "mute":
            return
        self._info, self._refuses = greeting.info, False
        self.moved(self.role, greeting.info)
        text = f"The virtual port {self._name} ({greeting.info.client}) was made again"
        if self._lost_ns is not None:
            away_s = (now_ns - self._lost_ns) / 1e9
            notes = "1 note was" if self._unheard == 1 else f"{self._unheard} notes were"
            text = f"The port {self._name} is back after {away_s:.1f} s; {notes} not heard"
            self.totals["reconnects"] += 1
            self.totals["unheard"] += self._unheard
        if greeting.info.virtual:
            self._again = [(now_ns + later_ns, left) for later_ns in AGAIN_NS]
            text += "; connect it again where that does not happen by itself"
        if greeting.info.virtual or self._lost_ns is not None:
            self._inbox.put(Said(f"{text}."))
            self._inbox.put(Taken(self.role))
        self._lost_ns, self._unheard, self._complained = None, 0, False

    def _miss(self, now_ns: int) -> None:
        missed = self._unsent.pass_by(now_ns)
        for report in missed:
            self._count(report)
            self._inbox.put(report)

    def _release_again(self, now_ns: int) -> None:
        while self._again and self._again[0][0] <= now_ns:
            handover = self._again.pop(0)[1]
            for data in self._unsent.still_to_release(handover):
                self.plan(Planned(0, now_ns, data))

    def _hand_over(self, sender: SenderProcess, now_ns: int, heard: bool) -> Handover:
        handover = self._unsent.hand_over(now_ns, heard=heard, pulses=self._lost_ns is None)
        with contextlib.suppress(SenderError):  # its Gone comes, and with it the next
            sender.release(handover.notes, handover.channels)
            for message in handover.messages:
                sender.plan(message)
            sender.flush()
        return handover

    def _let_go(self, sender: SenderProcess) -> None:
        """End a sender without waiting for it."""

        def end() -> None:
            withdrawn = sender.quit(LET_GO_S).get("withdrawn", 0)
            with self.lock:
                self.totals["withdrawn"] += withdrawn

        thread = threading.Thread(target=end, daemon=True)
        self._leaving = [*(thread for thread in self._leaving if thread.is_alive()), thread]
        thread.start()

    @property
    def _name(self) -> str:
        return repr(self._info.name if self._info is not None else self._request.name)

    def figures(self) -> Counter[str]:
        """What has been counted so far."""
        with self.lock:
            figures = self.totals.copy()
            figures["unheard"] += self._unheard if self._lost_ns is not None else 0
            return figures

    def quit(self) -> Counter[str]:
        """Silence whatever sounds, whoever has the port just now. Safe to call twice."""
        with self.lock:
            if self._quitting:
                return self.figures()
            self._quitting = True
            now, coming = self._now, self._coming
        # Not under the lock: the readers must be able to pass on the last reports.
        counters = Counter(now[1].quit() if now is not None else {})
        silent = bool(counters) and not counters["stuck"] and self._lost_ns is None
        rescue = coming if self._purpose != "mute" else None
        if rescue is None and not silent and self._there and not counters["stuck"]:
            with contextlib.suppress(SenderError):  # no process can be started
                rescue = self._start(*self._same_port()) if self._unsent.used else None
        if rescue is not None:  # nobody else has silenced the port
            with self.lock:
                self._now, self._coming = rescue, None
                self._miss(self._clock.now_ns())
                handover = self._unsent.hand_over(self._clock.now_ns())
                rescue[1].release(handover.notes, handover.channels)
            last = Counter(rescue[1].quit())
            silent = bool(last) and not last["stuck"]
            counters.update(last)
        elif coming is not None:
            coming[1].quit()
        for thread in self._leaving:
            thread.join(2 * LET_GO_S)
        if not silent:
            self._silence_elsewhere(bool(counters["stuck"]))
        with self.lock:
            self.totals["withdrawn"] += counters["withdrawn"]
            return self.figures()

    def _silence_elsewhere(self, stuck: bool) -> None:
        """No sender of ours is known to have silenced the port: have another do it, or say what may sound."""
        info = self._info
        if info is None or info.backend == "none":
            return
        unsent = self._unsent
        if not (unsent.used if self._lost_ns is None else unsent.may_sound):
            return
        if self._there and self._release(info, STUCK_WAIT_S if stuck else WAIT_S):
            return
        why = "The MIDI system did not answer at the end. " if stuck else ""
        where = f" --port {info.name!r}" if not info.virtual else ""
        self._inbox.put(
            Said(
                f"{why}Notes may sound on at the port {self._name}: "
                f"`jazz-improv panic{where}` silences them.",
                problem=True,
            )
        )
