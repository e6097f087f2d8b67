"""Four tunes of three meters with a band, through a real port into FluidSynth."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import pairwise

import jack
import mido
import numpy as np
import pytest

from tests.end_to_end.test_daemon_jack import (
    finish,
    messages_of,
    onset_strength,
    share_of_onsets_heard,
    start,
)

pytestmark = pytest.mark.jack

SET = """
# four tunes, three meters
| Dm7 | G7 | Cmaj7 | A7alt |          x2 key=Eb
three.txt                             x2 tempo=330
five.txt                              x1
| F7 | Bb7 | F7 | Cm7 F7 |            x1 feel=bossa ending=hold
"""
THREE = "Title: Three\nMeter: 3/4\nFeel: waltz\n| Fmaj7 | Gm7 | Am7 D7 | Gm7 C7 |\n"
FIVE = "Title: Five\nMeter: 5/4\n| Ebm7 | Bbm7 | Ebm7 | Bbm7 |\n"
CHANNELS = {0: "solo", 1: "piano", 2: "bass", 9: "drums"}


@pytest.fixture(scope="module")
def performance(jack_server, tmp_path_factory):
    """The set, played once: (log lines, captured messages, WAV, recording)."""
    folder = tmp_path_factory.mktemp("set")
    (folder / "set.txt").write_text(SET)
    (folder / "three.txt").write_text(THREE)
    (folder / "five.txt").write_text(FIVE)
    log, wav, record = folder / "out.jsonl", folder / "synth.wav", folder / "out.mid"
    capture = jack.Capture()
    try:
        with jack.fluidsynth(jack_server, wav) as synth:
            process = start(
                "--port", "Stage", "--backend", "jack", "--setlist", str(folder / "set.txt"),
                "--tempo", "400", "--seed", "7", "--log", str(log), "--record", str(record),
            )  # fmt: skip
            process.stdout.readline()
            assert "Virtual port 'Stage' (jack) is open" in process.stdout.readline()
            jack.connect(jack_server, "jazz-improv:Stage", capture.port)
            jack.connect(jack_server, "jazz-improv:Stage", synth)
            out, err = finish(process)
        captured = [data for _, data in capture.rest()]
    finally:
        capture.close()
    assert err == ""
    return log, captured, wav, record, out


def test_all_four_tunes_are_played_in_their_meters(performance):
    log, _, _, record, out = performance
    tunes = [line for line in map(json.loads, log.read_text().splitlines()) if "tune" in line]
    assert [(tune["meter"], tune["feel"]) for tune in tunes] == [
        ("4/4", "medium swing"),
        ("3/4", "waltz"),
        ("5/4", "medium swing"),
        ("4/4", "bossa"),
    ]
    assert [tune["controls"]["tempo_bpm"] for tune in tunes] == [400, 330, 400, 400]
    assert "Three" in out
    signatures = [
        (m.numerator, m.denominator)
        for m in mido.MidiFile(record).tracks[0]
        if m.type == "time_signature"
    ]
    assert signatures == [(4, 4), (3, 4), (5, 4), (4, 4)]


def test_each_tune_begins_where_the_one_before_ends(performance):
    """No gap and no overlap: a bar of rest, then the next count-in, to the nanosecond."""
    log = performance[0]
    tunes = [line for line in map(json.loads, log.read_text().splitlines()) if "tune" in line]
    for tune, after in pairwise(tunes):
        ns = [m["planned_ns"] for m in messages_of(log) if m["player"]]
        inside = [at for at in ns if tune["start_ns"] <= at < after["start_ns"]]
        assert inside[0] == tune["start_ns"]
        assert after["start_ns"] > inside[-1]


def test_every_player_is_in_time_with_every_other(performance):
    """What is meant for one instant is sent at it: 1 ms across channels in the plan is exactly 0."""
    onsets = defaultdict(dict)
    for line in messages_of(performance[0]):
        data = bytes.fromhex(line["bytes"])
        if data[0] & 0xF0 == 0x90:
            onsets[line["tick"], line["planned_ns"] // 10**9].setdefault(data[0] & 0x0F, line)
    together = [lines for lines in onsets.values() if len(lines) > 1]
    assert len(together) > 50
    # The soloist's feel seldom puts a note at the very instant of another.
    assert {channel for lines in together for channel in lines} >= set(CHANNELS) - {0}
    for lines in together:
        planned = [line["planned_ns"] for line in lines.values()]
        assert max(planned) - min(planned) <= 1_000_000
    # Sent in one burst: what delays one delays all. The middle one must be well within 1 ms.
    spread = sorted(
        max(line["sent_ns"] for line in lines.values())
        - min(line["sent_ns"] for line in lines.values())
        for lines in together
    )
    assert spread[len(spread) // 2] < 1_000_000


def test_everybody_is_heard_and_nobody_is_left_sounding(performance):
    log, captured, wav, _, _ = performance
    logged = messages_of(log)
    ons = [line for line in logged if bytes.fromhex(line["bytes"])[0] & 0xF0 == 0x90]
    assert {line["player"] for line in ons} == {*CHANNELS.values(), "count-in"}
    assert jack.sounding([bytes.fromhex(line["bytes"]) for line in logged]) == set()
    assert len(captured) > 0.9 * len(logged)
    assert jack.sounding(captured) == set()
    programs = {line["bytes"] for line in logged if line["bytes"].startswith("c")}
    assert programs == {"c0 42", "c1 00", "c2 20"}

    strength, hop_s = onset_strength(wav)
    assert strength.max() > 0, "the audio is silence"
    late = [line["sent_ns"] / 1e9 for line in ons[40:]]
    assert share_of_onsets_heard(strength, hop_s, np.array(late)) > 0.7
