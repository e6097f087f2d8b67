"""Another program in a Link session, for the tests."""

from __future__ import annotations

import importlib.util
import queue
from typing import Any

import pytest

MEET_S = 5.0


def needs_link() -> None:
    """Skip the test where the library is not there."""
    if importlib.util.find_spec("link") is None:
        pytest.skip("LinkPython-extern is not installed (extra [link])")


class Peer:
    """Another program in the session, by the library itself; it tells what it hears."""

    def __init__(self, bpm: float) -> None:
        import link

        self.told: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self.link = link.Link(bpm)
        self.link.setNumPeersCallback(lambda peers: self.told.put(("peers", peers)))
        self.link.setTempoCallback(lambda bpm: self.told.put(("bpm", bpm)))
        self.link.setStartStopCallback(lambda playing: self.told.put(("playing", playing)))
        self.link.startStopSyncEnabled = True
        self.link.enabled = True

    def wait_for(self, kind: str, timeout_s: float = MEET_S) -> Any:
        """The next of what it is told about `kind`; queue.Empty if nothing comes."""
        while True:
            what, value = self.told.get(timeout=timeout_s)
            if what == kind:
                return value

    def meet(self, timeout_s: float = MEET_S) -> None:
        """Wait until another peer is found; the test is skipped where none can be."""
        try:
            while not self.wait_for("peers", timeout_s):
                pass
        except queue.Empty:
            pytest.skip(
                f"no Link peer was found within {timeout_s:g} s: no multicast on this machine"
            )

    def play(self, playing: bool) -> None:
        """Start or stop everybody who shares the transport, now."""
        state = self.link.captureSessionState()
        state.setIsPlaying(playing, self.link.clock().micros())
        self.link.commitSessionState(state)

    def close(self) -> None:
        """Leave the session."""
        self.link.enabled = False
