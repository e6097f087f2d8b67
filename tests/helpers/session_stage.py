"""Whole sessions through the daemon, in time that nobody waits for."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

from fakes import LocalSender, ManualClock, RecordingPort

from improv import smf
from improv.cell.load import find_model, load_model
from improv.charts.library import load_chart
from improv.config import Config, Plan, Tune
from improv.live.daemon import play
from improv.live.inbox import Inbox
from improv.performance.form import band_of
from improv.performance.steering import Steer
from improv.session.reader import read_file
from improv.session.replay import compare, play_again
from improv.session.restore import take_of

S = 1_000_000_000
BAR = 1920
PLAN = Plan(choruses=2, count_in_bars=1, ending="tag", key_cycle="fourths")
SET = (
    Tune(load_chart("blues"), PLAN, {"tempo_bpm": 200.0}, "wave"),
    Tune(load_chart("Key: C\n| Dm7 | G7 | 3/4 Cmaj7 | % |"), Plan(choruses=2), {"density": 0.3}),
)
STEERS = (
    (3 * S, Steer(controls={"density": 0.6, "lay_back_ms": 30.0})),
    (9 * S, Steer({"Charlie Parker": 1.0}, "hardbop", {"tempo_bpm": 190.0}, over_bars=2)),
    (20 * S, Steer(controls={"swing": 1.0, "tempo_bpm": 120.0})),
    (30 * S, Steer(controls={"swing": None})),
)


def perform(folder: Path, tunes=SET, events=(), **more):
    """Through the daemon, in time that nobody waits for."""
    hooks = {
        name: more.pop(name)
        for name in ("follower", "reload", "answer", "keep", "ears", "listeners", "partner")
        if name in more
    }
    band = band_of("piano,bass,drums", 1)
    config = Config(
        tunes, seed=5, band=band, record=folder / "a.mid", log=folder / "a.jsonl", **more
    )
    clock, inbox, port = ManualClock(), Inbox(), RecordingPort()
    for ns, item in events:
        clock.at(ns, item)
    summary = play(config, clock, inbox, out=LocalSender(clock, inbox, port), **hooks)
    return SimpleNamespace(
        folder=folder,
        summary=summary,
        port=port,
        log=folder / "a.jsonl",
        session=read_file(folder / "a.jsonl"),
    )


def changed(played, tmp_path, change):
    """The session with its lines changed by a function, from the first that it changes."""
    lines = [json.loads(line) for line in played.log.read_text().splitlines()]
    change(lines)
    path = tmp_path / "changed.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return read_file(path)


def assert_replays(folder: Path, model: str) -> None:
    """What `perform` or the like has left comes out again as logged, and makes the same MIDI file."""
    session = read_file(folder / "a.jsonl")
    assert session.damaged == session.lost == 0
    loaded = load_model(find_model(model))
    outcome = compare(session, play_again(session, lambda header: (loaded, None)))
    assert outcome.difference == "", outcome.difference
    assert outcome.messages == 2 * sum(len(part.notes) for part in session.parts) + sum(
        len(part.dropped) for part in session.parts
    )
    smf.write_midi(folder / "again.mid", take_of(session))
    assert (folder / "again.mid").read_bytes() == (folder / "a.mid").read_bytes()
