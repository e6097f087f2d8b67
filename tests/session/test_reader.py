"""The lines of a log read again: what was played, part by part, and what a damaged line costs."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import mido
import pytest
from session_maker import (
    BAR,
    FOUR_BARS,
    MODEL,
    THREE_FOUR,
    begun,
    config_of,
    header,
    note_at,
    performance_of,
    release,
    rows,
    sound,
    strike,
)

from improv.config import Plan, SoloistConfig
from improv.errors import ImprovError, InputFileError
from improv.partner.heard import HeardNote
from improv.performance.assemble import lineup_of
from improv.performance.steering import Steer
from improv.session.reader import HeardAt, Steered, read, read_file
from improv.session.restore import take_of
from improv.session.writer import SessionLog

CONFIG = config_of()
LINEUP = lineup_of(CONFIG)


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("JAZZ_IMPROV_STATE", str(tmp_path / "state"))


def logged(tmp_path, config=CONFIG):
    """A log that has begun, and what is played."""
    log = SessionLog(tmp_path / "log.jsonl")
    log.start(header(config))
    performance = performance_of(config)
    log.tune(performance)
    return log, performance


def read_again(tmp_path):
    return read_file(tmp_path / "log.jsonl")


def test_every_kind_of_line_can_be_read_again(tmp_path):
    log = SessionLog(tmp_path / "log.jsonl")
    log.start(header(CONFIG))
    performance = performance_of(CONFIG)
    log.tune(performance)
    sound([log], performance, note_at(1, 0))
    log.steered(Steer(style="bebop", controls={"density": 0.5}), 480, 960)
    log.clock("seek", 480)
    log.port("out", "synth", False)
    log.said("The port 'synth' is gone.", problem=True)
    log.tempo(960, 133.0)
    log.close(BAR, "SIGTERM")
    log.close(BAR, "SIGTERM")
    read = read_again(tmp_path)
    (part,) = read.parts
    assert (read.damaged, read.lost, read.messages, read.why) == (0, 0, 2, "SIGTERM")
    assert part.steers == [Steered(480, 960, Steer(style="bebop", controls={"density": 0.5}))]
    assert part.tempos == [(0, 120.0), (960, 133.0)]
    assert (part.end_tick, len(part.notes)) == (BAR, 1)
    kinds = [
        next(iter(json.loads(line))) for line in (tmp_path / "log.jsonl").read_text().splitlines()
    ]
    assert kinds == [
        "jazz_improv", "tune", "planned_ns", "planned_ns", "steer", "clock", "port", "said", "tempo_bpm",
        "ended",
    ]  # fmt: skip


def test_what_the_partner_played_is_read_as_it_was_heard_in_the_end(tmp_path):
    config = config_of(input="keys", thru=5)
    log, performance = logged(tmp_path, config)
    sound([log], performance, note_at(1, 0))
    first = HeardNote(480, None, 64, 80, 500)
    grace = HeardNote(960, None, 65, 60, 955)
    chord = HeardNote(480, None, 58, 70, 490, (46, 52))
    for note in (
        first,
        chord,
        replace(first, end_tick=720, replaces=True),
        grace,
        replace(grace, pitch=66, replaces=True),
        replace(chord, end_tick=1440, replaces=True),
    ):
        log.partner(note, 960, 700)
    log.close(BAR)
    read = read_again(tmp_path)
    (part,) = read.parts
    assert read.damaged == 0
    assert part.events[0] == HeardAt(first, 960, 700)
    assert [(n.onset_tick, n.end_tick, n.pitch) for n in part.partner] == [
        (480, 1440, 58), (480, 720, 64), (960, None, 66),
    ]  # fmt: skip
    track = take_of(read).tracks[-1]
    assert (track.name, track.channel) == ("Partner", 5)
    assert sorted((n.onset_tick, n.end_tick, n.pitch) for n in track.notes) == [
        (490, 1450, 46), (490, 1450, 52), (490, 1450, 58), (500, 740, 64), (955, BAR - 5, 66),
    ]  # fmt: skip
    assert [(n.onset_tick, n.pitch) for n in track.written] == [(480, 64), (960, 66)]


def test_another_model_holds_on_through_the_reloads_that_follow(tmp_path):
    log = SessionLog(tmp_path / "log.jsonl")
    log.start(header(CONFIG))
    other = replace_model(MODEL, "etudes")
    log.reloaded(CONFIG, other)
    log.reloaded(config_of(seed=3))
    log.close()
    read = read_file(tmp_path / "log.jsonl")
    assert [read.header_of(at)["model"] for at in range(3)] == ["bebop", "etudes", "etudes"]
    assert [read.header_of(at)["seed"] for at in range(3)] == [0, 0, 3]


def replace_model(model, name):
    card = SimpleNamespace(name=name, weights_sha256="cd" * 32)
    return SimpleNamespace(card=card, path=model.path.with_name(name))


@pytest.mark.parametrize("name", ["solo", "solo2"])
def test_a_soloists_note_is_one_by_what_is_written_of_it(tmp_path, name):
    config = config_of(soloists=(SoloistConfig(), SoloistConfig("solo2", 4)))
    log, performance = logged(tmp_path, config)
    sound([log], performance, note_at(1, 480, player=name), note_at(2, 480, player="bass"))
    log.close(BAR)
    solo, bass = read_again(tmp_path).parts[0].notes
    assert (solo.player, solo.is_solo, solo.token) == (name, True, "1^:6")
    assert (solo.written.onset_tick, solo.written.duration_tick) == (480, 240)
    assert (bass.player, bass.is_solo) == ("bass", False)


def test_a_note_that_was_too_late_is_kept_apart(tmp_path):
    log, performance = logged(tmp_path)
    strike([log], performance, note_at(1, 0), dropped=True)
    sound([log], performance, note_at(2, 480))
    log.close(BAR)
    (part,) = read_again(tmp_path).parts
    assert [note.note_id for note in part.dropped] == [1]
    assert [note.note_id for note in part.notes] == [2]


def test_what_was_silenced_or_never_ended_is_marked(tmp_path):
    log, performance = logged(tmp_path)
    strike([log], performance, note_at(1, 0, ticks=960))
    release([log], performance, note_at(1, 0, ticks=960), tick=500)
    strike([log], performance, note_at(2, 600, ticks=9600))
    log.close(BAR)
    (part,) = read_again(tmp_path).parts
    assert part.cut == {1, 2}
    assert [(n.note_id, n.end_tick) for n in part.notes] == [(1, 500), (2, BAR)]


def test_while_a_port_is_gone_notes_may_be_missing(tmp_path):
    log, performance = logged(tmp_path)
    sound([log], performance, note_at(1, 480))
    log.port("out", "synth", False)
    log.port("out", "synth", True)
    sound([log], performance, note_at(2, 3 * 480))
    log.close(BAR)
    (part,) = read_again(tmp_path).parts
    assert part.outages == [(480 + 240 - 480, 3 * 480 + 480)]


def test_of_one_that_was_killed_the_last_tick_is_the_last_that_is_known(tmp_path):
    log, performance = logged(tmp_path)
    sound([log], performance, note_at(1, 480))
    log.close()
    (part,) = read_again(tmp_path).parts
    assert (part.end_tick, part.last_tick, part.length_end_tick) == (None, 720, 721)


def test_lines_that_are_missing_or_damaged_are_counted(tmp_path):
    log, performance = logged(tmp_path)
    sound([log], performance, note_at(1, 480))
    log.close(BAR)
    lines = (tmp_path / "log.jsonl").read_bytes().splitlines()
    session = read([*lines[:2], b'{"lost": 3}', lines[2][:40], b"", *lines[3:]], "x")
    assert (session.lost, session.damaged, session.messages) == (3, 1, 1)
    assert not session.parts[0].notes, "its beginning is lost"


def test_lines_that_are_no_log_are_an_empty_session():
    session = read([b'{"bytes": "90 3c 40", "tick": 0, "note": 1}'], "x")
    assert (session.header, session.parts, session.messages) == ({}, [], 1)


def test_tempos_are_those_that_were_played(tmp_path):
    recording, performance = begun(tmp_path / "gig.mid")
    recording.tempo(480, 132.0)
    recording.tempo(960, 132.0)  # known already
    recording.tempo(1440, 96.5)
    sound([recording], performance, note_at(1, 0))
    take = recording.leave(BAR, LINEUP)
    assert take.tempos == ((0, 120.0), (480, 132.0), (1440, 96.5))
    told = [m for m in mido.MidiFile(tmp_path / "gig.mid").tracks[0] if m.type == "set_tempo"]
    assert [round(mido.tempo2bpm(m.tempo), 2) for m in told] == [120.0, 132.0, 96.5]


def test_the_ritard_of_an_ending_is_there_once_whether_or_not_it_is_told(tmp_path):
    config = config_of(plan=Plan(choruses=1, ending="hold"))
    takes = []
    for tells in (False, True):
        recording, performance = begun(tmp_path / "gig.mid", config)
        for tick, bpm in performance.tempo.changes_after(0) if tells else ():
            recording.tempo(tick, bpm)
        sound([recording], performance, note_at(1, 0))
        takes.append(recording.take(5 * BAR, LINEUP))
    assert takes[0].tempos == takes[1].tempos
    assert len(takes[0].tempos) == 5


def test_a_change_of_tempo_replaces_the_ritard_that_was_to_come(tmp_path):
    recording, _ = begun(tmp_path / "gig.mid", config_of(plan=Plan(choruses=1, ending="hold")))
    recording.tempo(480, 200.0)
    assert recording.take(5 * BAR, LINEUP).tempos == ((0, 120.0), (480, 200.0))


def test_parts_of_a_tune_lie_one_behind_the_other(tmp_path):
    """Two bars, then from the last bar on (a song position), then the waltz from its middle."""
    config = config_of(FOUR_BARS, THREE_FOUR, plan=Plan(choruses=1))
    recording, first = begun(tmp_path / "gig.mid", config)
    sound([recording], first, note_at(1, 0), note_at(2, BAR))
    recording.ended(2 * BAR)
    second = performance_of(config, start_tick=3 * BAR)
    recording.tune(second)
    sound([recording], second, note_at(3, 3 * BAR, pitch=62), note_at(4, 3 * BAR + 480, pitch=64))
    recording.ended(4 * BAR)
    waltz = performance_of(config, 1, start_tick=1440 + 480)
    recording.tune(waltz)
    sound([recording], waltz, note_at(5, 1440 + 480, pitch=65))
    take = recording.take(2 * 1440, LINEUP)
    assert rows(take) == [
        (0, 240, 60),
        (BAR, BAR + 240, 60),
        (2 * BAR, 2 * BAR + 240, 62),
        (2 * BAR + 480, 2 * BAR + 720, 64),
        (3 * BAR + 480, 3 * BAR + 720, 65),  # at its place in the bar
    ]
    assert take.chart.length_tick == 3 * BAR + 1440
    symbols = [(tick, chord and chord.text) for tick, chord in take.chart.changes]
    assert symbols == [(0, "Dm7"), (BAR, "G7"), (2 * BAR, "Cmaj7"), (3 * BAR, "D7")]
    assert take.tempos == ((0, 120.0), (2 * BAR, 120.0), (3 * BAR, 180.0))
    assert take.chart.title == "Four bars, Waltz"


def test_what_is_told_late_is_in_the_part_it_was_played_in(tmp_path):
    """A reload makes a new part while notes of the old one are still on their way."""
    recording, first = begun(tmp_path / "gig.mid")
    sounding, late = note_at(1, BAR - 480, ticks=960), note_at(2, BAR - 240)
    strike([recording], first, sounding)
    recording.ended(BAR)
    second = performance_of(CONFIG, start_tick=2 * BAR)
    recording.tune(second)
    moved = [
        replace(n, onset_tick=n.onset_tick + BAR, end_tick=n.end_tick + BAR)
        for n in (late, sounding)
    ]
    strike([recording], second, moved[0])
    release([recording], second, moved[0])
    release([recording], second, moved[1])
    sound([recording], second, note_at(3, 2 * BAR))
    take = recording.take(3 * BAR, LINEUP)
    assert rows(take) == [(BAR - 480, BAR, 60), (BAR - 240, BAR, 60), (BAR, BAR + 240, 60)]


def test_a_part_that_ended_before_it_began_is_left_out(tmp_path):
    recording, first = begun(tmp_path / "gig.mid")
    sound([recording], first, note_at(1, 0))
    recording.ended(BAR)
    recording.tune(performance_of(CONFIG, start_tick=2 * BAR))
    assert recording.take(2 * BAR, LINEUP).chart.length_tick == BAR


@pytest.mark.parametrize("content", [b"", b"\x00\xff" * 50, b"{}", b"[1]\n", b"a song\n"])
def test_what_is_no_log_is_one_sentence(tmp_path, content):
    path = tmp_path / "x.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputFileError, match="not the log of a session"):
        read_file(path)
    for missing in (tmp_path / "nowhere.jsonl", tmp_path):
        with pytest.raises(InputFileError, match="Cannot read"):
            read_file(missing)


def test_any_damaged_line_is_skipped_or_said(steered, tmp_path):
    """Whatever becomes of a line: no traceback."""
    lines = steered.log.read_bytes().splitlines()
    kinds = {tuple(json.loads(line))[:2]: at for at, line in enumerate(lines)}
    for at in kinds.values():
        value = json.loads(lines[at])
        for name in value:
            for bad in (None, "x", [], {}):
                damaged = json.dumps({**value, name: bad}).encode()
                path = tmp_path / "damaged.jsonl"
                path.write_bytes(
                    b"\n".join(
                        [*lines[:1], *lines[max(1, at - 5) : at], damaged, *lines[at + 1 : at + 5]]
                    )
                )
                try:
                    take_of(read_file(path))
                except ImprovError as error:
                    assert str(error).count("\n") == 0


@pytest.mark.parametrize("at", ['{"99": {}}', '{"-1": {}}', '{"x": {}}', '{"0": 3}', "[]", "7"])
def test_a_change_of_a_tune_that_is_not_there_is_damage(at):
    lines = [
        b'{"jazz_improv": 1, "tunes": [{"title": "A"}]}',
        b'{"reload": {"tunes_at": %s}}' % at.encode(),
    ]
    session = read([*lines, b'{"reload": {"tunes_at": {"0": {"title": "B"}}, "seed": 3}}'], "x")
    assert session.damaged == 1
    assert session.reloads == [{"seed": 3, "tunes": [{"title": "B"}]}]
