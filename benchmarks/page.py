"""The page: how soon it sounds, how well it keeps time, what it costs, and whether the music notices it.

    python benchmarks/page.py [--minutes 0.75] [--loads idle,busy]      (under four minutes)
    python benchmarks/page.py --minutes 30 --loads idle                (an hour: whether anything grows)

A session without a MIDI port, Debian's Chromium without a screen (tests/helpers/browser.py) and one page that
sounds. Page against clock: what the audio's clock says of the sample at which each note began, by a running
median of getOutputTimestamp and the quickest of all pings, minus the time for which it was planned. Idle, and
with a spinning process for each core. The music's own lateness is that of its sender by the log, over spans
of the same length with a page and without one.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import _report as report
import browser
import numpy as np

from improv.page.server import ASSETS

WATCH = """async () => {
  const sound = await import("/js/sound.mjs");
  const clock = await import("/js/clock.mjs");
  window.measured = { played: [], stamps: [] };
  sound.onPlayed((list) => window.measured.played.push(...list));
  setInterval(() => {
    const { contextTime: at, performanceTime } = sound.contextOf().getOutputTimestamp();
    if (at) window.measured.stamps.push([at, performanceTime, clock.serverAt(performanceTime)]);
  }, 50);
}"""
TAKE = """() => {
  const taken = window.measured;
  window.measured = { played: [], stamps: [] };
  return taken;
}"""
STATE = "async () => (await import('/js/sound.mjs')).state()"
SPIN = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: pass"
AROUND = 20  # stamps on each side that the running median takes in: two seconds in all
SETTLES_S = 5  # what is loaded and compiled at the start is no matter of how it goes on
JUMP_MS = 5  # so much between two stamps is a step of the audio's clock, over which no median goes


class Processes:
    """What the server, the renderer and the whole browser take, by /proc."""

    def __init__(self, session: browser.Session) -> None:
        self.server = session.server()
        self.browser = [
            pid for pid in browser.children(os.getpid()) if "chrom" in browser.command(pid)
        ]
        renderers = [pid for pid in self.browser if "--type=renderer" in browser.command(pid)]
        self.renderer = max(renderers, key=_cpu_s)
        self._since = time.perf_counter(), {pid: _cpu_s(pid) for pid in self._all()}

    def _all(self) -> list[int]:
        return [self.server, *self.browser]

    def shares(self) -> dict[str, float]:
        """Per cent of a core since the last call, and MB that are resident."""
        (since_s, before), now_s = self._since, time.perf_counter()
        now = {pid: _cpu_s(pid) for pid in self._all()}
        self._since = now_s, now
        percent = {pid: 100 * (now[pid] - before[pid]) / (now_s - since_s) for pid in now}
        return {
            "server_percent": round(percent[self.server], 2),
            "tab_percent": round(percent[self.renderer], 1),
            "browser_percent": round(sum(percent[pid] for pid in self.browser), 1),
            "server_mb": round(_resident_mb(self.server)),
            "tab_mb": self.tab_mb(),
        }

    def tab_mb(self) -> int:
        """MB of the tab's that are resident."""
        return round(_resident_mb(self.renderer))


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_mb(pid: int) -> float:
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0]) / 1024


def against_clock(measured: dict[str, Any], planned: dict[int, float]) -> dict[str, float]:
    """How far from its time each note sounded, in milliseconds, and how far apart what was meant together."""
    stamps = np.array(measured["stamps"])
    base_ms = stamps[:, 2] - stamps[:, 0] * 1000
    steps = np.flatnonzero(np.abs(np.diff(base_ms)) > JUMP_MS) + 1
    medians = np.concatenate(
        [
            [np.median(part[max(0, at - AROUND) : at + AROUND + 1]) for at in range(len(part))]
            for part in np.split(base_ms, steps)
        ]
    )
    off_ms, together = [], {}
    for note_id, seconds in measured["played"]:
        if note_id in planned:
            at = min(int(np.searchsorted(stamps[:, 0], seconds)), len(stamps) - 1)
            off_ms.append(medians[at] + seconds * 1000 - planned[note_id])
            together.setdefault(planned[note_id], []).append(seconds * 1000)
    absolute = np.abs(off_ms)
    apart = [max(each) - min(each) for each in together.values() if len(each) > 1]
    minutes = np.array_split(np.array(off_ms), 10)
    return {
        "notes": len(off_ms),
        "p50_ms": round(float(np.percentile(absolute, 50)), 2),
        "p99_ms": round(float(np.percentile(absolute, 99)), 2),
        "max_ms": round(float(np.max(absolute)), 2),
        "over_10_ms": int(np.sum(absolute > 10)),
        "drift_ms": round(float(np.median(minutes[-1]) - np.median(minutes[0])), 2),
        "between_instruments_ms": round(max(apart, default=0.0), 2),
    }


class Frames:
    """What comes over the socket: its bytes, and when each note is planned for."""

    def __init__(self, page: Any) -> None:
        self.bytes, self.planned = 0, {}
        page.on("websocket", lambda socket: socket.on("framereceived", self._take))

    def _take(self, text: Any) -> None:
        self.bytes += len(text)
        message = json.loads(text)
        if message["type"] == "notes":
            self.planned.update((note[0], note[1]) for note in message["notes"])


def lateness_us(log: Path, spans: dict[str, tuple[int, int]]) -> dict[str, dict[str, float]]:
    """Of the session's own sender, by its log, in each span of nanoseconds."""
    rows = [json.loads(line) for line in log.read_text().splitlines()[1:]]
    sent = np.array([(row["planned_ns"], row["sent_ns"]) for row in rows if "sent_ns" in row])
    late = {}
    for name, (begin_ns, end_ns) in spans.items():
        inside = sent[(sent[:, 0] >= begin_ns) & (sent[:, 0] < end_ns)]
        late[name] = report.percentiles((inside[:, 1] - inside[:, 0]) / 1e3)
    return late


def weight() -> dict[str, int]:
    """Kilobytes of the files that a page loads, as they are and gzipped."""
    files = [path.read_bytes() for path in ASSETS.rglob("*") if path.is_file()]
    return {
        "kb": sum(map(len, files)) // 1000,
        "gzipped_kb": sum(len(gzip.compress(each)) for each in files) // 1000,
    }


def first_sound(
    chromium: Any, folder: Path
) -> tuple[dict[str, float], browser.Session, Any, Frames]:
    """From the command to the first note that is heard, with one click as soon as all is loaded."""
    begun = time.perf_counter()
    session = browser.Session(folder)
    address_s = time.perf_counter() - begun
    page = chromium.new_page()
    frames = Frames(page)
    page.goto(session.address)
    browser.wait(page, "(await import('/js/sound.mjs')).state().ready")
    ready_s = time.perf_counter() - begun
    page.evaluate(WATCH)
    page.click("#listen")
    browser.wait(page, "window.measured.played.length > 0")
    heard_s = time.perf_counter() - begun
    figures = {"address_s": address_s, "loaded_s": ready_s, "heard_s": heard_s}
    return {name: round(value, 2) for name, value in figures.items()}, session, page, frames


def stretch(page: Any, frames: Frames, processes: Processes, minutes: float) -> dict[str, float]:
    """A stretch of music, measured."""
    before = page.evaluate(STATE)["counts"]
    page.evaluate(TAKE)
    processes.shares()
    frames.bytes = 0
    measured: dict[str, list[Any]] = {"played": [], "stamps": []}
    tab_mb = [processes.tab_mb()]
    end_s = time.perf_counter() + 60 * minutes
    while (left_s := end_s - time.perf_counter()) > 0:
        page.wait_for_timeout(min(5_000, left_s * 1000))
        for name, rows in page.evaluate(TAKE).items():  # so that the tab need not keep it
            measured[name] += rows
        tab_mb.append(processes.tab_mb())
    shares = processes.shares()
    after = page.evaluate(STATE)["counts"]
    return {
        **against_clock(measured, frames.planned),
        **shares,
        "tab_mb_first": tab_mb[0],
        "tab_mb_most": max(tab_mb),
        "samples_decoded": after["samples"],
        "voices_cached": after["voices"],
        "kb_a_minute": round(frames.bytes / 1000 / minutes, 1),
        **{name: after[name] - before[name] for name in ("dropped", "slips", "underruns")},
    }


def spinning(load: str) -> ExitStack:
    """Under the load "busy", a spinning process for each core; close it to end them."""
    stack = ExitStack()
    for _ in range(os.cpu_count() or 1 if load == "busy" else 0):
        process = subprocess.Popen([sys.executable, "-c", SPIN])
        stack.callback(process.wait)
        stack.callback(process.kill)
    return stack


def alone(minutes: float, loads: list[str]) -> dict[str, dict[str, float]]:
    """The lateness of a session without a page, under each load."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "session.jsonl"
        command = [sys.executable, "-m", "improv", "--backend", "none", "--seed", "7"]
        files = ["--log", str(log), "--record", f"{folder}/session.mid", "--no-steer"]
        environment = {**os.environ, "PYTHONPATH": str(browser.ROOT)}
        process = subprocess.Popen(
            [*command, *files], cwd=folder, stdout=subprocess.DEVNULL, env=environment
        )
        spans = {}
        try:
            time.sleep(SETTLES_S)
            for load in loads:
                with spinning(load):
                    begin_ns = time.monotonic_ns()
                    time.sleep(60 * minutes)
                    spans[f"{load}, without one"] = begin_ns, time.monotonic_ns()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
        return lateness_us(log, spans)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=0.75, help="of music, for each load")
    parser.add_argument("--loads", default="idle,busy")
    options = parser.parse_args()
    if why := browser.missing():
        print(f"{why}: nothing is measured")
        report.finish("page", skipped=why)
        return
    loads: dict[str, dict[str, float]] = {}
    spans = {}
    with tempfile.TemporaryDirectory() as name, browser.browser() as chromium:
        start, session, page, frames = first_sound(chromium, Path(name))
        try:
            processes = Processes(session)
            page.wait_for_timeout(SETTLES_S * 1000)
            for load in options.loads.split(","):
                with spinning(load):
                    begin_ns = time.monotonic_ns()
                    measured = stretch(page, frames, processes, options.minutes)
                    spans[f"{load}, with a page"] = begin_ns, time.monotonic_ns()
                loads[load] = {**(start if not loads else {}), **measured}
            page.close()
        finally:
            session.end()
        late = lateness_us(session.log, spans)
    late |= alone(options.minutes, list(loads))

    names = list(next(iter(loads.values())))
    report.table(
        ["", *loads], [[name, *(load.get(name, "") for load in loads.values())] for name in names]
    )
    print()
    rows = [[name, *late[name].values()] for name in sorted(late, reverse=True)]
    report.table(["the sender, late by us", "p50", "p99", "max"], rows)
    kilobytes = weight()
    print(f"\nThe page's files: {kilobytes['kb']:,} kB, {kilobytes['gzipped_kb']:,} kB gzipped")
    report.finish("page", minutes=options.minutes, **loads, late=late, weight=kilobytes)


if __name__ == "__main__":
    main()
