"""A benchmark that is stopped leaves nothing running, whenever that is."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import jack
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
STARTING = sorted(
    path.name
    for path in BENCHMARKS.glob("[a-z]*.py")
    if any(word in path.read_text() for word in ("subprocess", "midi_system", "_soak_parts"))
)
"""Those that start processes."""
LONGEST_S = 5.0

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def marked(mark: str) -> dict[int, str]:
    """The processes that inherited this mark, and their command lines."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark.encode() in (entry / "environ").read_bytes():
                found[int(entry.name)] = (
                    (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                )
    return found


def test_the_list_has_those_that_start_processes() -> None:
    assert {"footprint.py", "lateness.py", "soak.py", "start.py", "setlist.py"} <= set(STARTING)


@pytest.mark.parametrize("name", STARTING)
def test_nothing_is_left_of_one_that_was_stopped(name: str, tmp_path: Path) -> None:
    if why := jack.missing():
        pytest.skip(why)
    dice = random.Random(name)
    number = dice.choice([signal.SIGTERM, signal.SIGINT])
    mark = f"stopped-{uuid.uuid4()}"
    benchmark = subprocess.Popen(
        [sys.executable, str(BENCHMARKS / name)],
        env=os.environ
        | {"PYTHONPATH": str(BENCHMARKS.parent), "STOPPED_MARK": mark, "TMPDIR": str(tmp_path)},
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        with contextlib.suppress(subprocess.TimeoutExpired):
            benchmark.wait(dice.uniform(0.8, LONGEST_S))
        started = marked(mark).keys() - {benchmark.pid}
        benchmark.send_signal(number)
        benchmark.wait(45)
        assert marked(mark) == {}, f"of {len(started)} started"
        assert benchmark.returncode in (0, 128 + number, -number)
    finally:
        for pid in marked(mark):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)


SPIN = """
import subprocess, sys
import _ending
spin = "[sys.executable, '-c', 'while True: pass'], start_new_session=True"
subprocess.run([sys.executable, "-c", f"import subprocess, sys; subprocess.Popen({spin})"])
deaf = "import signal; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
subprocess.Popen([sys.executable, "-c", deaf]).wait()
"""


def test_an_orphan_and_one_that_is_deaf_are_ended_too() -> None:
    mark = f"stopped-{uuid.uuid4()}"
    benchmark = subprocess.Popen(
        [sys.executable, "-c", SPIN],
        env=os.environ | {"PYTHONPATH": str(BENCHMARKS), "STOPPED_MARK": mark},
        stdout=subprocess.PIPE,
    )
    assert benchmark.stdout is not None
    with benchmark.stdout as said:
        assert said.readline() == b"deaf\n"
        assert len(marked(mark)) == 3
        benchmark.terminate()
        assert benchmark.wait(30) == 128 + signal.SIGTERM
    assert marked(mark) == {}
