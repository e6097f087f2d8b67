"""A real browser for the tests of the page: Chromium, driven by playwright, and a session that it shows."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

TAP = """registerProcessor("tap", class extends AudioWorkletProcessor {
  process([input]) {
    if (input.length) this.port.postMessage([currentFrame, input[0].slice()]);
    return true;
  }
});"""
"""Hands over what goes through it. The page's policy lets no such thing in; see `opened(tapped=True)`."""

RECORD = """async (tap) => {
  const sound = await import("/js/sound.mjs");
  const context = sound.contextOf();
  if (!window.soundTap) {
    await context.audioWorklet.addModule(URL.createObjectURL(new Blob([tap], { type: "text/javascript" })));
    window.soundTap = new AudioWorkletNode(context, "tap", { numberOfOutputs: 1 });
    sound.nodeOf().connect(window.soundTap);
  }
  window.soundBlocks = [];
  window.soundTap.port.onmessage = ({ data }) => window.soundBlocks.push(data);
}"""

RECORDED = """() => {
  window.soundTap.port.onmessage = null;
  const first = window.soundBlocks[0][0];
  const last = window.soundBlocks.at(-1);
  const all = new Int16Array(last[0] + last[1].length - first);
  for (const [frame, block] of window.soundBlocks)
    block.forEach((value, at) => { all[frame - first + at] = Math.max(-1, Math.min(1, value)) * 32767; });
  const bytes = new Uint8Array(all.buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768)
    text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return [first, btoa(text)];
}"""
"""The frame it begins at, and 16-bit samples of the left channel in base64."""


def missing() -> str:
    """Why there is no browser; empty where there is one."""
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed"
    if shutil.which("chromium") is None:
        return "chromium is not installed"
    return ""


def command(pid: int) -> str:
    """The command line of a process; empty where it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def children(pid: int) -> list[int]:
    """All processes below this one."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *children(child)]
    return found


@contextmanager
def browser(*arguments: str) -> Iterator[Any]:
    """A headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", *arguments],
            # It makes a socket there, whose path may have 107 characters; pytest's folders have more.
            env={**os.environ, "TMPDIR": "/tmp"},
        )
        try:
            yield chromium
        finally:
            chromium.close()


class Session:
    """`jazz-improv page` as a program, without a MIDI port."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.log = folder / "session.jsonl"
        command = [sys.executable, "-m", "improv", "page", "--backend", "none", "--page-port", "0"]
        files = ["--log", str(self.log), "--record", str(folder / "session.mid")]
        self.process = subprocess.Popen(
            [*command, *files, "--seed", "7", "--no-steer", *options],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said: list[str] = []
        self.address = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if found := re.search(r"https?://\S+", line):
                self.address = found[0]
                break
        assert self.address, "".join(self.said)

    def server(self) -> int:
        """The process id of the page's server."""
        return next(p for p in children(self.process.pid) if "improv.page.server" in command(p))

    def end(self) -> int:
        """Stop it and read the rest of what it says; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        rest, _ = self.process.communicate(timeout=30)
        self.said.append(rest)
        return self.process.returncode


@contextmanager
def session(folder: Path, *options: str) -> Iterator[Session]:
    """A session that is stopped at the end, whatever happens."""
    playing = Session(folder, *options)
    try:
        yield playing
    finally:
        if playing.process.poll() is None:
            playing.end()


def opened(chromium: Any, address: str, *, tapped: bool = False) -> Any:
    """A page at `address` with its sound loaded; what goes wrong in it is in `page.problems`."""
    page = chromium.new_page(bypass_csp=tapped)
    page.problems, page.requested = [], []
    page.on("request", lambda request: page.requested.append(request.url))
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
    page.goto(address)
    wait(page, "(await import('/js/sound.mjs')).state().ready")
    return page


def until_holds(what: str) -> str:
    """A function in JavaScript: what an expression is as soon as it holds, or after so many ms."""
    return """async (until) => {
      const end = performance.now() + until;
      for (;;) {
        const value = await evaluated();
        if (value || performance.now() > end) return value;
        await new Promise((done) => setTimeout(done, 20));
      }
      async function evaluated() { return WHAT; }
    }""".replace("WHAT", what)


def wait(page: Any, what: str, timeout_s: float = 30) -> Any:
    """Wait until the expression holds; what it is then. (`wait_for_function` is refused by the policy.)"""
    value = page.evaluate(until_holds(what), timeout_s * 1000)
    assert value, f"{what} did not come to hold within {timeout_s:g} s"
    return value
