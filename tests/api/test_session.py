"""Playing in time from Python: steered, stopped, waited for; every way out is the daemon's own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading

import pytest

import improv
from improv.errors import ModelError, OutputFileError, SteeringError

BAR = "| Dm7 | G7 |"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def play(**more):
    return improv.play(BAR, backend="none", tempo=400, count_in=0, ending="none", **more)


def test_it_plays_to_its_end(tmp_path):
    session = play(choruses=1, seed=3, record="heard.mid")
    assert session.port == "none" and session.seed == 3
    summary = session.wait()
    assert (summary.why, summary.bars, str(summary.record)) == ("finished", 2, "heard.mid")
    assert not session.playing and repr(session).endswith("seed 3, ended>")
    take = improv.load("bebop").play(BAR, choruses=1, seed=3, tempo=400, count_in=0, ending="none")
    assert session.take is not None and session.take.solo == take.solo
    assert (tmp_path / "heard.mid").read_bytes() == take.to_midi()


def test_it_is_steered_and_stopped():
    told = threading.Event()
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        told.set()

    with play(say=say) as session:
        session.steer(density=0.5, player="John Coltrane")
        assert told.wait(30)
    assert said == ["player John Coltrane; density 0.5"]
    assert session.wait().why == "stopped"
    session.steer(density=0.1)  # too late, and no harm
    session.stop()


def test_it_takes_turns_when_asked():
    session = play(choruses=4, seed=3, mode="trade 2 first me", log="log.jsonl")
    assert session.wait().why == "finished"
    with open("log.jsonl", encoding="utf-8") as log:
        rows = [json.loads(line) for line in log]
    assert rows[0]["mode"] == "trade 2 first me"
    ons = [row["tick"] // 1920 for row in rows if row.get("player") == "solo"]
    assert {bar // 2 % 2 for bar in ons if bar < 7} == {0}
    with pytest.raises(SteeringError, match="no mode"):
        play(mode="tirade 4")


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (SteeringError, {"density": 3}),
        (SteeringError, {"mode": "trade 5"}),
        (ModelError, {"player": "Nobody"}),
        (TypeError, {"foo": 1}),
    ],
)
def test_what_cannot_be_steered_is_said_at_once(kind, changes):
    with play() as session, pytest.raises(kind):
        session.steer(**changes)


def test_what_cannot_be_opened_is_raised_here():
    with pytest.raises(ModelError, match="nobody"):
        play(model="nobody")
    with pytest.raises(OutputFileError, match="nowhere"):
        play(record="nowhere/x.mid")


def test_ctrl_c_while_it_is_waited_for_stops_it(monkeypatch):
    session = play()
    join, asked = session._thread.join, []

    def interrupted() -> None:
        asked.append(session.playing)
        if len(asked) == 1:
            raise KeyboardInterrupt
        join()

    monkeypatch.setattr(session._thread, "join", interrupted)
    with pytest.raises(KeyboardInterrupt):
        session.wait()
    assert asked == [True, True]
    assert session.wait().why == "stopped"


def test_python_that_ends_ends_it(tmp_path):
    """In silence, and its log says so."""
    program = f"import improv; improv.play({BAR!r}, backend='none', tempo=400, log='x.jsonl')"
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, timeout=60)
    last = json.loads((tmp_path / "x.jsonl").read_text().splitlines()[-1])
    assert last["why"] == "stopped"
