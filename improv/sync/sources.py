"""Whose clock it is: make what is followed, and have ports listened to and watched.

Input -> output:  Config  ->  a Follower or None, and the receiver process where there are ports
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from improv.clock import Clock
from improv.config import Config
from improv.errors import PortError
from improv.midi.events import CLOCK_OUT, OUT
from improv.midi.ports import PortInfo, PortRequest
from improv.midi.sender_process import Inbox, Output
from improv.music.chart import Chart
from improv.music.note import TICKS_PER_BEAT
from improv.sync.moves import Follower

if TYPE_CHECKING:
    from improv.midi.receiver_process import ReceiverProcess

CLOCK_PORT = "jazz-improv-clock"
"""The virtual input on which the clock comes where no other is named."""


@dataclass(frozen=True)
class Clocks:
    """What listens: None where nothing needs to."""

    follower: Follower | None = None
    receiver: ReceiverProcess | None = None
    clock_in: PortInfo | None = None

    def close(self) -> None:
        """Let go of ports and sessions."""
        if self.receiver is not None:
            self.receiver.close()
        if self.follower is not None:
            self.follower.close()


def open_clocks(
    config: Config, chart: Chart, out: Output, port: PortInfo, clock: Clock, inbox: Inbox[Any]
) -> Clocks:
    """Begin to follow the clock that `config` names and to watch the ports that are open.

    `chart` is the first that is played. Raises PortError, MissingError.
    """
    bpm = config.tunes[0].controls_at_start().tempo_bpm
    stops = config.clock_lost == "stop"
    clocks = Clocks()
    if config.clock == "link":
        clocks = Clocks(_link(config, chart, bpm, clock, stops))
    wanted = None
    if config.clock == "midi":
        wanted = PortRequest(config.clock_in or CLOCK_PORT, config.backend)
    if wanted is None and port.backend == "none":
        return clocks
    watched = [] if port.backend == "none" else [(OUT, port)]
    clock_out = getattr(out, "clock_port", None)
    if clock_out is not None and clock_out.backend != "none":
        watched.append((CLOCK_OUT, clock_out))
    # Here, and below: who needs none is ready sooner.
    from improv.midi.receiver_process import ReceiverProcess

    receiver = ReceiverProcess(wanted, watched, inbox)
    clocks = replace(clocks, receiver=receiver)
    if wanted is None:
        return clocks
    try:
        clock_in = receiver.opened(clock)
        if clock_in is None:
            raise PortError(f"The MIDI input {wanted.name!r} was not opened.")
    except BaseException:
        receiver.close()
        raise
    from improv.sync.midi_clock import ClockFollower

    name = f"The clock at {clock_in.name!r}"
    follower = ClockFollower(name, round(60e9 / bpm), stops_when_lost=stops)
    return replace(clocks, follower=follower, clock_in=clock_in)


def _link(config: Config, chart: Chart, bpm: float, clock: Clock, stops: bool) -> Follower:
    from improv.sync.follow_link import LinkFollower  # here: the extra may not be installed
    from improv.sync.link import LinkSession

    bar_beats = chart.meter.ticks_per_bar / TICKS_PER_BEAT
    session = LinkSession(bpm, bar_beats, start_stop=config.link_transport, clock=clock)
    return LinkFollower(session, bar_beats, transport=config.link_transport, stops_when_lost=stops)
