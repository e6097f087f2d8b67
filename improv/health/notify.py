"""Tells systemd that the service is ready, alive or stopping, if it wants to know (Type=notify).

The protocol is a datagram of text to the socket that $NOTIFY_SOCKET names; see sd_notify(3).
"""

from __future__ import annotations

import contextlib
import os
import socket


class Notifier:
    """Sends one line at a time; does nothing if systemd did not ask. Never blocks, never raises."""

    def __init__(self, address: str = "", watchdog_us: int = 0) -> None:
        """`watchdog_us`: how long systemd waits for a sign of life, in microseconds; 0: it does not."""
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self.every_s: float | None = watchdog_us / 2e6 or None
        """How often a sign of life is due, in seconds; None: never."""

    @classmethod
    def from_environment(cls) -> Notifier:
        """From the variables that systemd sets for the service's main process."""
        meant = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        limit = os.environ.get("WATCHDOG_USEC", "") if meant else ""
        return cls(os.environ.get("NOTIFY_SOCKET", ""), int(limit) if limit.isdecimal() else 0)

    def tell(self, state: str) -> None:
        """Send a state such as "READY=1"."""
        if not self._address:
            return
        with contextlib.suppress(OSError, ValueError):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.setblocking(False)
                sender.sendto(state.encode(), self._address)
