"""The performer's end of the page: what it is told of what is planned, and what becomes of its process."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import queue
import signal
import tempfile
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fakes import LocalSender, ManualClock, RecordingPort
from plan_maker import plan
from session_stage import SET, S
from websockets.asyncio.client import connect

from improv.charts.library import load_chart
from improv.clock import MonotonicClock
from improv.config import Config, Plan, SoloistConfig, Tune
from improv.errors import PortError
from improv.live.daemon import play
from improv.live.inbox import Inbox
from improv.live.scheduler import Scheduler
from improv.midi.events import Heard, Reload, Said, Stop
from improv.midi.messages import is_on
from improv.music.tempo import TempoMap
from improv.page import page_process
from improv.page.page_process import MOST_DEATHS, MOST_WAITING, PageOptions, PageProcess
from improv.performance.arrangement import arrange
from improv.performance.assemble import make_performance
from improv.performance.form import band_of
from improv.performance.played import PlayedNote
from improv.performance.steering import Steer, Turned, asked_of
from improv.soloist.line_voice import LineVoice


class FakeProcess:
    """Takes what is said, and does nothing."""

    pid, waiting = 1, 0

    def __init__(self, module):
        self.told, self.killed = [], 0

    def say(self, kind, value):
        if kind == "tell":
            self.told.append(json.loads(json.dumps(value)))

    def flush(self):
        return True

    def listen(self, hear, gone):
        self.hear, self.gone = hear, gone

    def kill(self):
        self.killed += 1

    def end(self, timeout_s):
        return True

    def ending(self, timeout_s):
        return "status 1"

    def notes(self):
        """Id -> the note as a page has it in the end."""
        shown = {}
        for message in self.told:
            if message["type"] == "notes":
                shown.update((note[0], note) for note in message["notes"])
            elif message["type"] == "withdraw":
                for note_id in message["ids"]:
                    shown.pop(note_id, None)
        return shown


@pytest.fixture
def fake(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(page_process, "OwnProcess", FakeProcess)


def whole_session(events=(), **more):
    """A session that nobody waits for: what was sent, what the page was told, and what was answered."""
    clock, inbox, port = ManualClock(), Inbox(), RecordingPort()
    for ns, item in events:
        clock.at(ns, item)
    log = more.pop("log", None)
    config = Config(SET, seed=5, band=band_of("piano,bass,drums", 1), log=log)
    page = PageProcess(PageOptions(), inbox, clock)
    out = LocalSender(clock, inbox, port)
    play(
        config,
        clock,
        inbox,
        out=out,
        listeners=[page],
        watcher=page,
        answer=page.said,
        steered=page.steered,
        opened=lambda opening: page.opened(config, opening.model, False),
        reloaded=page.reloaded,
        **more,
    )
    return port.sent, page._process


STEERS = (
    (3 * S, Steer(controls={"tempo_bpm": 150.0})),
    (9 * S, Steer({"Charlie Parker": 1.0}, "hardbop", {"tempo_bpm": 190.0}, over_bars=2)),
    (20 * S, Steer(controls={"swing": 1.0, "tempo_bpm": 60.0})),
    (30 * S, Steer(controls={"swing": None, "tempo_bpm": 220.0})),
)


@pytest.mark.parametrize("with_reload", [False, True])
def test_a_page_has_every_note_at_the_time_at_which_it_was_sent(fake, with_reload):
    """Whatever the tempo does, and what is taken back; to a thousandth of a millisecond."""
    events, more = list(STEERS), {}
    if with_reload:
        events.append((6 * S, Reload()))
        other = (Tune(load_chart("minor-blues"), Plan(choruses=1), {"tempo_bpm": 170.0}), SET[1])
        two = [SoloistConfig(name, channel, 65) for channel, name in ((0, "Bird"), (4, "Diz"))]
        band = band_of("piano,bass,drums", 1)
        more["reload"] = lambda: Config(other, seed=5, band=band, soloists=tuple(two))
    sent, process = whole_session(events, **more)
    ons = sorted((round(ns / 1e6, 3), data[0] & 15, data[1]) for ns, data in sent if is_on(data))
    shown = sorted((note[1], note[7], note[5]) for note in process.notes().values())
    assert len(ons) > 300
    assert shown == ons
    tunes = [message["title"] for message in process.told if message["type"] == "tune"]
    assert len(tunes) == (3 if with_reload else 2)
    if with_reload:
        welcome = [message for message in process.told if message["type"] == "welcome"][-1]
        names = [each["name"] for each in welcome["musicians"] if each["solo"]]
        values = [message for message in process.told if message["type"] == "values"][-1]
        assert names == list(values["soloists"]) == ["Bird", "Diz"]


def test_a_page_has_the_plan_of_every_phrase_that_the_log_has(fake, tmp_path, monkeypatch):
    """And of none that was taken back: here each sixth note begins one."""
    step, steps = LineVoice.step, itertools.count()

    def planning(self, controls, landing=False):
        done = step(self, controls, landing)
        return replace(done, plan=None if next(steps) % 6 else plan(done.tick, 1 + next(steps) % 9))

    monkeypatch.setattr(LineVoice, "step", planning)
    events = [(9 * S, asked_of("chart waltz now")), (20 * S, Stop("enough"))]
    _, process = whole_session(events, log=tmp_path / "a.jsonl")
    shown = {note[0]: note[13][2] for note in process.notes().values() if note[13]}
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    logged = {line["note"]: line["phrase"] for line in lines if "phrase" in line}
    sounded = {line["note"] for line in lines if line.get("bytes", "").startswith("9")}
    assert len(logged) > 5
    assert {note: said for note, said in shown.items() if note in sounded} == logged


def test_a_note_is_told_most_of_a_beat_before_it_sounds(fake):
    clock, inbox, port = ManualClock(), Inbox(), RecordingPort()
    page = PageProcess(PageOptions(), inbox, clock)
    leads_ms = []
    tell = page._process.say

    def say(kind, message):
        if message.get("type") == "notes":
            leads_ms.extend(note[1] - clock.now_ns() / 1e6 for note in message["notes"])
        tell(kind, message)

    page._process.say = say
    config = Config(SET[:1], seed=5, band=band_of("piano,bass,drums", 1))
    play(config, clock, inbox, out=LocalSender(clock, inbox, port), listeners=[page], watcher=page)
    beat_ms = 300  # at 200 bpm
    later = sorted(leads_ms)[len(leads_ms) // 20 :]
    assert min(later) > beat_ms / 2


def test_values_are_told_whoever_changes_them(fake):
    _, process = whole_session(STEERS)
    values = [message for message in process.told if message["type"] == "values"]
    assert values[0]["controls"]["tempo"] == 200.0 and values[0]["player"] == ""
    after = [each for each in values if each["player"] == "Charlie Parker"]
    assert after[0]["style"] == "HARDBOP", "as the cell knows it"
    assert any(message["type"] == "said" for message in process.told)


class Stage:
    """A scheduler with a page, on 120 bpm."""

    def __init__(self):
        self.clock = ManualClock()
        inbox = Inbox()
        self.page = PageProcess(PageOptions(), inbox, self.clock)
        out = LocalSender(self.clock, inbox, RecordingPort())
        self.scheduler = Scheduler(out, watcher=self.page)
        chart = load_chart("blues")
        tune = Tune(chart, Plan(), {"tempo_bpm": 120.0})
        self.performance = make_performance(tune, arrange(chart, Plan()))
        self.tempo = self.performance.tempo
        self.scheduler.begin(self.tempo)
        self.page.tune(self.performance)

    def add(self, note_id, onset_tick, end_tick):
        self.scheduler.add_note(PlayedNote(note_id, onset_tick, end_tick, 60, 90, 0, "solo"))

    def shown(self):
        self.page.flush()
        return {key: note[1] for key, note in self.page._process.notes().items()}


def test_what_waits_through_a_halt_is_withdrawn_and_told_again_when_it_goes_on(fake):
    stage = Stage()
    stage.add(1, 0, 1920)
    stage.add(2, 960, 1440)
    stage.scheduler.commit(0)
    assert stage.shown() == {1: 0.0, 2: 1000.0}
    stage.clock.wait(Inbox(), S // 2)
    stage.scheduler.halt()
    assert stage.shown() == {}
    stage.add(3, 1440, 1920)  # planned while it stands still
    stage.scheduler.moved(S)
    assert stage.shown() == {}
    stage.tempo.lock(960, 20 * S, S // 2)
    stage.scheduler.commit(20 * S)
    assert stage.shown() == {2: 20_000.0, 3: 20_500.0}


def test_what_another_map_does_not_play_is_withdrawn(fake):
    stage = Stage()
    stage.scheduler.ahead_ns = S
    stage.add(1, 0, 480)
    stage.add(2, 4800, 5280)
    stage.scheduler.commit(0)
    stage.scheduler.begin(TempoMap(120))
    assert stage.shown() == {1: 0.0}


def test_a_process_that_does_not_read_is_killed_before_it_costs_memory(fake):
    stage = Stage()
    process = stage.page._process
    process.waiting = MOST_WAITING + 1
    stage.page.said(page_process.Answer("hello"))
    assert process.killed == 1


def test_another_process_is_told_what_holds_and_too_many_deaths_are_the_last(fake):
    stage = Stage()
    stage.add(1, 480, 960)
    stage.scheduler.commit(0)
    said = []
    stage.page._inbox = type("Box", (), {"put": staticmethod(said.append)})
    first = stage.page._process
    first.gone()
    second = stage.page._process
    assert second is not first
    assert {message["type"] for message in second.told} == {"tune", "tempo", "notes"}
    assert said == [Said("The page's process ended (status 1); another serves the page.", True)]
    for _ in range(MOST_DEATHS - 1):
        stage.page._process.gone()
    assert "too often" in said[-1].text
    last = stage.page._process
    stage.page.said(page_process.Answer("hello"))
    last.gone()
    assert len(said) == MOST_DEATHS and not any(m["type"] == "said" for m in last.told)


# -- with the process itself


class Box:
    """An inbox that is waited for."""

    def __init__(self):
        self.items = queue.SimpleQueue()

    def put(self, item):
        self.items.put(item)

    def next(self):
        return self.items.get(timeout=30)


def answered(address, *messages):
    """What a page is told up to the answer of a last ping, having said `messages`."""

    async def run():
        url = urlsplit(address)
        place = f"{url.hostname}:{url.port}"
        async with connect(f"ws://{place}/socket", origin=f"http://{place}", proxy=None) as opened:
            hello = {"type": "hello", "token": url.query.removeprefix("token=")}
            for message in (hello, *messages, {"type": "ping", "t": 0}):
                await opened.send(json.dumps(message))
            told = []
            while not told or told[-1]["type"] != "pong":
                told.append(json.loads(await asyncio.wait_for(opened.recv(), 30)))
            return told

    return asyncio.run(run())


def test_lines_and_notes_reach_the_inbox_and_a_killed_process_is_replaced_at_the_same_address():
    box, clock = Box(), MonotonicClock()
    page = PageProcess(PageOptions(0), box, clock)
    try:
        address = page.address(30)
        page.said(page_process.Answer("not for who comes later"))
        page._tell({"type": "health", "text": "well"})
        before_ns = clock.now_ns()
        ms = answered(address)[-1]["ms"]
        told = answered(
            address,
            {"type": "line", "text": "density 0.5"},
            {"type": "line", "text": "nonsense"},
            {"type": "midi", "ms": ms, "data": [0x90, 60, 90]},
        )
        assert told[0] == {"type": "health", "text": "well"}
        assert box.next() == Turned(Steer(controls={"density": 0.5}))
        assert box.next().problem
        heard = box.next()
        assert isinstance(heard, Heard) and heard.data == b"\x90\x3c\x5a"
        assert before_ns - 1_000_000 < heard.ns < clock.now_ns()
        old = page.pid
        os.kill(old, signal.SIGKILL)
        assert "another serves the page" in box.next().text
        assert page.pid != old and page.address(30) == address
        assert answered(address)[0] == {"type": "health", "text": "well"}
    finally:
        page.close()
    assert not Path(page._serving.kept).exists()


def test_an_address_that_cannot_be_had_is_one_sentence():
    page = PageProcess(PageOptions(0, host="203.0.113.7"), Box(), MonotonicClock())
    try:
        with pytest.raises(PortError, match=r"The page cannot be served at 203\.0\.113\.7:0: "):
            page.address(30)
    finally:
        page.close()
