"""The attacks of torture.py. Each is a row of its table: what is attacked, how often, and the attempts.

    python benchmarks/_attacks.py NAME COUNT SEED     carry one out: one JSON line

An attempt is a function without arguments. It returns WELL or SAID (a sentence and a status), or what went
wrong; an ImprovError is a sentence too; whatever else it raises is a traceback that a user would have seen.
It is stopped after 10 s. Attacks run in a process of their own, whose memory is part of the row.
"""

from __future__ import annotations

import faulthandler
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _outcomes import HANG, LIMIT_S, ROOT, SAID, TRACEBACK, Attempts

sys.path.insert(0, str(ROOT / "tests" / "helpers"))
sys.path.insert(0, str(ROOT))
import _attacks_on_input as on_input
import _attacks_on_sessions as on_sessions


@dataclass(frozen=True)
class Attack:
    """A row: how many attempts usually, and how long one may take."""

    attempts: Attempts
    count: int
    limit_s: int = LIMIT_S

    @property
    def what(self) -> str:
        return " ".join((self.attempts.__doc__ or "").split())


ATTACKS = {
    "chord symbols": Attack(on_input.chord_symbols, 200_000),
    "charts": Attack(on_input.charts, 12_000),
    "set lists": Attack(on_input.set_lists, 3_000),
    "solos": Attack(on_input.solos, 6_000),
    "models": Attack(on_input.models, 3_000),
    "configurations": Attack(on_input.configurations, 6_000),
    "logs": Attack(on_input.logs, 6_000),
    "journals": Attack(on_input.journals, 2_000),
    "typed lines": Attack(on_input.typed_lines, 100_000),
    "command lines": Attack(on_input.command_lines, 2_000),
    "OSC packets": Attack(on_input.osc_packets, 60_000),
    "page messages": Attack(on_input.page_messages, 100_000),
    "partners": Attack(on_input.partners, 5_000),
    "clocks": Attack(on_input.clocks, 2_000),
    "sent notes": Attack(on_input.sent_notes, 5_000),
    "sessions": Attack(on_sessions.sessions, 40, limit_s=90),
}


class _TooLongError(BaseException):
    """Not an Exception: nothing that is attacked may swallow it."""


def _too_long(signum: int, frame: object) -> None:
    raise _TooLongError


def carry_out(name: str, count: int, seed: int) -> dict[str, Any]:
    """Every attempt of an attack: how often what came out, the slowest in s, the most memory in MB."""
    from improv.errors import ImprovError

    attack, found, slowest_s, faults = ATTACKS[name], Counter(), 0.0, []
    signal.signal(signal.SIGALRM, _too_long)
    with tempfile.TemporaryDirectory(prefix="jazz-improv-torture-") as folder:
        os.environ |= {"JAZZ_IMPROV_CONFIG": "none", "JAZZ_IMPROV_STATE": f"{folder}/state"}
        os.environ["JAZZ_IMPROV_RUNTIME"] = f"{folder}/run"
        for attempt in attack.attempts(count, random.Random(f"{name} {seed}"), Path(folder)):
            began_s = time.monotonic()
            faulthandler.dump_traceback_later(
                2 * attack.limit_s, exit=True
            )  # where no signal gets through
            signal.alarm(attack.limit_s)
            try:
                came_out = attempt()
            except ImprovError as error:
                came_out = SAID if "\n" not in str(error) else TRACEBACK
            except _TooLongError:
                came_out = HANG
                faults.append(f"longer than {attack.limit_s} s: {attempt!r:.300}")
            except Exception:
                came_out = TRACEBACK
                faults.append(traceback.format_exc(limit=-3))
            finally:
                signal.alarm(0)
                faulthandler.cancel_dump_traceback_later()
            found[came_out] += 1
            slowest_s = max(slowest_s, time.monotonic() - began_s)
        os.chdir(ROOT)
    for fault in list(dict.fromkeys(faults))[:5]:
        print(f"{name}: {fault}", file=sys.stderr)
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return {
        "attack": name,
        **found,
        "slowest_s": round(slowest_s, 2),
        "memory_mb": round(memory_mb),
    }


if __name__ == "__main__":
    print(json.dumps(carry_out(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
