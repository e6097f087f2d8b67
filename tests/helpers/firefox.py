"""Firefox for the tests of the page, without a screen: WebDriver BiDi, spoken over a socket of its own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from browser import until_holds
from websockets.sync.client import connect

PREFERENCES = {
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "remote.active-protocols": 1,
}
STARTS_S, ANSWERS_S = 60, 90
_LISTENS = re.compile(r"ws://127\.0\.0\.1:\d+")


def missing() -> str:
    """Why there is no Firefox; empty where there is one."""
    return "" if shutil.which("firefox-esr") else "firefox-esr is not installed"


class Page:
    """One tab; what goes wrong in it is in `problems`."""

    def __init__(self, bidi: Any) -> None:
        self._bidi, self._number, self.problems = bidi, 0, []
        self._ask("session.new", {"capabilities": {}})
        self._ask("session.subscribe", {"events": ["log.entryAdded"]})
        contexts = self._ask("browsingContext.getTree", {})["contexts"]
        self._context = contexts[0]["context"]

    def _ask(self, method: str, values: dict[str, Any]) -> Any:
        self._number += 1
        self._bidi.send(json.dumps({"id": self._number, "method": method, "params": values}))
        while True:
            answer = json.loads(self._bidi.recv(timeout=ANSWERS_S))
            if answer.get("method") == "log.entryAdded" and answer["params"]["level"] == "error":
                self.problems.append(answer["params"]["text"])
            if answer.get("id") == self._number:
                assert answer["type"] == "success", answer
                return answer["result"]

    def goto(self, url: str) -> None:
        """Open an address, and wait until it is loaded."""
        values = {"context": self._context, "url": url, "wait": "complete"}
        self._ask("browsingContext.navigate", values)

    def evaluate(self, what: str) -> Any:
        """What an expression is; `await` may stand in it."""
        values = {
            "expression": f"(async () => JSON.stringify({what}))()",
            "target": {"context": self._context},
            "awaitPromise": True,
        }
        answer = self._ask("script.evaluate", values)
        assert answer["type"] == "success", answer
        return json.loads(answer["result"].get("value", "null"))

    def wait(self, what: str, timeout_s: float = 60) -> Any:
        """Wait until an expression holds; what it is then."""
        value = self.evaluate(f"await ({until_holds(what)})({timeout_s * 1000})")
        assert value, f"{what} did not come to hold"
        return value

    def click(self, selector: str) -> None:
        """Click in the middle of an element, as somebody with a mouse does."""
        x, y = self.evaluate(
            f"""(() => {{
              const box = document.querySelector({selector!r}).getBoundingClientRect();
              return [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
            }})()"""
        )
        actions = [
            {"type": "pointerMove", "x": x, "y": y},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        source = {"type": "pointer", "id": "mouse", "actions": actions}
        self._ask("input.performActions", {"context": self._context, "actions": [source]})


@contextmanager
def page() -> Iterator[Page]:
    """A tab of a Firefox that has just been started, and ends with it."""
    with tempfile.TemporaryDirectory(prefix="firefox-", ignore_cleanup_errors=True) as profile:
        with open(f"{profile}/user.js", "w") as file:
            for name, value in PREFERENCES.items():
                file.write(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n")
        command = ["firefox-esr", "--headless", "--no-remote", "--profile", profile]
        with subprocess.Popen(
            [*command, "--remote-debugging-port=0", "--window-size=1280,800"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            too_long = threading.Timer(STARTS_S, process.kill)
            # Reads on, so that Firefox never waits for room to say more.
            rest = threading.Thread(target=process.stderr.read)
            too_long.start()
            try:
                listening = (_LISTENS.search(line) for line in process.stderr)
                address = next(filter(None, listening), None)
                too_long.cancel()
                assert address, "Firefox did not start"
                rest.start()
                with connect(f"{address[0]}/session", proxy=None, max_size=None) as bidi:
                    yield Page(bidi)
            finally:
                too_long.cancel()
                process.terminate()
                if rest.is_alive():
                    rest.join()
