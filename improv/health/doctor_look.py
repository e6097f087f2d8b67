"""What the doctor asks in a process of its own, because a MIDI system may block or end the process that asks.

    python -m improv.health.doctor_look ports BACKEND     ["library", why|""], then for each system
                                                        ["system", name, {outputs, inputs}|null, why]
    python -m improv.health.doctor_look timer SECONDS     ["realtime", {granted, why, locked}]
                                                        ["timer", resolution_ns, [overshoot_ns, ...]]
    python -m improv.health.doctor_look open NAME BACKEND ["opened", PortInfo] or ["error", sentence]

One JSON array a line, written as soon as it is known, so that what came before a block is kept.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from typing import Any

from improv.clock import MonotonicClock, resolution_ns, sleep_until_ns
from improv.errors import ImprovError
from improv.midi.ports import (
    BACKENDS,
    PortRequest,
    list_inputs,
    list_outputs,
    open_output,
    quiet_c_libraries,
)
from improv.midi.realtime import prepare

_NAP_NS = 2_000_000


def look_for_ports(backend: str, out: int) -> None:
    """List the ports of every MIDI system, in the order in which the systems are tried."""
    for name in BACKENDS[1:-1] if backend == "auto" else [backend]:
        try:
            with quiet_c_libraries():
                outputs, absent = list_outputs(name)
                inputs, _ = list_inputs(name)
        except ImprovError as error:
            _say(out, "library", str(error))
            return
        listed = {
            "outputs": [port.name for port in outputs],
            "inputs": [port.name for port in inputs],
        }
        _say(out, "system", name, None if absent else listed, " and ".join(absent))
    _say(out, "library", "")


def look_at_timer(seconds: float, out: int) -> None:
    """Ask for priority and sleep as the sender does, and measure by how much each sleep is too long."""
    _say(out, "realtime", asdict(prepare()))
    clock = MonotonicClock()
    overshoots = []
    end_ns = clock.now_ns() + int(seconds * 1e9)
    while (now_ns := clock.now_ns()) < end_ns:
        sleep_until_ns(now_ns + _NAP_NS)
        overshoots.append(clock.now_ns() - now_ns - _NAP_NS)
    _say(out, "timer", resolution_ns(), overshoots)


def look_at_port(name: str, backend: str, out: int) -> None:
    """Open a port and close it."""
    try:
        with quiet_c_libraries():
            port = open_output(PortRequest(name, backend), "existing")
            port.close()
    except ImprovError as error:
        _say(out, "error", str(error))
        return
    _say(out, "opened", asdict(port.info))


def _say(out: int, *values: Any) -> None:
    os.write(out, json.dumps(values).encode() + b"\n")


def main() -> None:
    """Answer the question in the arguments on stdout, and exit."""
    out = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    question, *rest = sys.argv[1:]
    if question == "ports":
        look_for_ports(rest[0], out)
    elif question == "timer":
        look_at_timer(float(rest[0]), out)
    else:
        look_at_port(rest[0], rest[1], out)
    # Some libraries wait for their own threads at exit; everything has been said by now.
    os._exit(0)


if __name__ == "__main__":
    main()
