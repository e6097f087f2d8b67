"""The same road under a manual clock: no waiting, no processes, and the same bytes from the same seed."""

from __future__ import annotations

import gc
import json
import sys

import mido
import pytest
from fakes import LocalSender, ManualClock, RecordingPort

from improv.cell.load import find_model, load_model
from improv.charts.library import load_chart
from improv.config import DEFAULT_MODEL, HIGH_PITCH, LOW_PITCH, Config, Plan, Tune
from improv.live.daemon import play
from improv.live.inbox import Inbox
from improv.midi.events import Realtime, Stop
from improv.midi.ports import PortInfo
from improv.music.note import TICKS_PER_BEAT
from improv.performance.arrangement import arrange
from improv.performance.assemble import lineup_of, make_ensemble, make_performance
from improv.performance.form import DEFAULT_BAND, band_of
from improv.performance.takes import perform as perform_offline
from improv.performance.takes import take_of

BLUES = "blues"


def perform(folder, seed=1, choruses=4, controls=None, tunes=None, **more):
    folder.mkdir(parents=True, exist_ok=True)
    one = (Tune(load_chart(BLUES), Plan(choruses=choruses), controls or {}),)
    config = Config(
        tunes=tunes or one,
        seed=seed,
        record=folder / "out.mid",
        log=folder / "out.jsonl",
        **more,
    )
    clock, inbox, port = ManualClock(), Inbox(), RecordingPort()
    out = LocalSender(clock, inbox, port)
    summary = play(config, clock, inbox, out=out)
    return summary, port


def messages(log):
    return [line for line in map(json.loads, log.read_text().splitlines()) if "bytes" in line]


def solo_of(summary):
    return summary.take.tracks[0].notes


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    _, first_port = perform(tmp_path / "a")
    _, again_port = perform(tmp_path / "b")
    assert first_port.sent == again_port.sent
    for name in ("out.mid", "out.jsonl"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_another_seed_gives_another_solo(tmp_path):
    _, one = perform(tmp_path / "a", seed=1)
    _, two = perform(tmp_path / "b", seed=2)
    assert one.sent != two.sent


def test_every_note_is_sent_when_it_was_planned_and_released(tmp_path):
    summary, port = perform(tmp_path, choruses=50)
    lines = messages(tmp_path / "out.jsonl")
    assert all(line["sent_ns"] == line["planned_ns"] for line in lines)
    assert summary.counters["ons"] == summary.counters["offs"] > 1000
    assert summary.bars == 50 * 12
    assert port.sounding == set()


def test_every_chorus_has_notes_and_rests_and_stays_in_range(tmp_path):
    summary, _ = perform(tmp_path, choruses=20)
    chorus_tick = load_chart(BLUES).length_tick
    counts = [0] * 20
    for note in solo_of(summary):
        counts[note.onset_tick // chorus_tick] += 1
        assert LOW_PITCH <= note.pitch <= HIGH_PITCH
    assert min(counts) >= 20, "nearly two notes a bar at the least"
    assert max(counts) <= 12 * 24, "nowhere near a trill of a whole chorus"


def test_the_first_thing_heard_is_a_note_on_beat_one(tmp_path):
    """On stage silence at the start reads as a fault."""
    for seed in range(20):
        summary, _ = perform(tmp_path, seed=seed, choruses=1)
        assert solo_of(summary)[0].onset_tick < TICKS_PER_BEAT // 4, "late as people are, no more"


def test_the_recording_is_a_midi_file_with_tempo_chords_and_one_end_a_track(tmp_path):
    perform(tmp_path, choruses=2)
    midi = mido.MidiFile(tmp_path / "out.mid")
    markers = [m.text for m in midi.tracks[0] if m.type == "marker"]
    assert markers[0] == "F7"
    assert len(markers) == 2 * len(load_chart(BLUES).changes)
    assert midi.length == pytest.approx(24 * 4 * 60 / load_chart(BLUES).tempo_bpm, abs=0.01)
    for track in midi.tracks:
        assert [m.type for m in track].count("end_of_track") == 1


def test_what_was_recorded_can_be_read_back_as_a_solo(tmp_path):
    """Recordings are in the form the trainer reads."""
    from solo_reader import read_solo

    summary, _ = perform(tmp_path, choruses=2, controls={"swing": 1.0, "human": 0.0})
    solo = read_solo(tmp_path / "out.mid")
    assert [(n.onset_tick, n.pitch) for n in solo.notes] == [
        (n.onset_tick, n.pitch) for n in solo_of(summary)
    ]


@pytest.mark.parametrize("library", ["music21", "symusic"])
def test_other_libraries_read_the_recording_note_for_note(tmp_path, library):
    pytest.importorskip(library)
    summary, _ = perform(tmp_path, choruses=1, controls={"swing": 1.0})
    notes = solo_of(summary)
    path = tmp_path / "out.mid"
    if library == "symusic":
        import symusic

        track = next(t for t in symusic.Score(path).tracks if len(t.notes))
        read = [(n.time, n.duration, n.pitch) for n in sorted(track.notes, key=lambda n: n.time)]
        assert read == [(n.onset_tick, n.duration_tick, n.pitch) for n in notes]
    else:
        from music21 import converter

        part = converter.parse(path, quantizePost=False).parts[-1]
        stream = part.stripTies().flatten().notes
        assert [(round(n.offset * 480), n.pitch.midi) for n in stream] == [
            (n.onset_tick, n.pitch) for n in notes
        ]


class StopAt:
    """A listener that asks for the end when a bar begins."""

    def __init__(self, bar, inbox):
        self.wanted, self.inbox = bar, inbox

    def tune(self, performance):
        pass

    def heard(self, report, note, tick):
        pass

    def tempo(self, tick, bpm):
        pass

    def bar(self, bar):
        if bar == self.wanted:
            self.inbox.put(Stop("SIGINT"))


def test_what_had_no_end_is_recorded_as_long_as_it_was_played(tmp_path):
    """Count-in, then the loop many times over: chords and notes lie where they were."""
    chart = load_chart("Key: C\n| Dm7 | G7 | Cmaj7 | % |")
    tune = Tune(chart, Plan(count_in_bars=1, key_cycle="major-thirds"))
    clock, inbox, port = ManualClock(), Inbox(), RecordingPort()
    summary = play(
        Config(tunes=(tune,), seed=3, record=tmp_path / "out.mid"),
        clock,
        inbox,
        out=LocalSender(clock, inbox, port),
        listeners=[StopAt(50, inbox)],
    )
    assert summary.why == "SIGINT"
    take = summary.take
    assert take.chart.bar_of(take.chart.length_tick - 1) in (49, 50)
    roots = [chord.root_pc for tick, chord in take.chart.changes if chord and tick % 7680 == 1920]
    assert roots == [2, 6, 10] * 4 + [2]
    assert take.chart.tops == tuple(range(1920, 96000, 7680))
    assert [key for _, key in take.keys] == ["C", "E", "Ab"] * 4 + ["C"]
    assert [tick for tick, _ in take.keys][1:] == list(take.chart.tops)[1:]
    assert max(note.end_tick for note in solo_of(summary)) <= take.chart.length_tick
    midi = mido.MidiFile(tmp_path / "out.mid")
    assert len([m for m in midi.tracks[0] if m.type == "marker"]) == len(take.chart.changes)


TUNE = """
Title: Two meters
Key: F
Feel: medium swing
[A]
| F6 | D7 | Gm7 | C7 | 3/4 Am7 | D7 | Gm7 | C7 |
[B]
| 4/4 F7 | Bb6 | G7 NC / / | C7 | F6 D7 | Gm7 C7 | F6 | % |
"""


@pytest.mark.parametrize(("seed", "arc"), [(3, "build"), (4, "wave")])
def test_live_and_offline_give_the_same_notes(tmp_path, seed, arc):
    """Band, key cycle, count-in, intro, tag, two meters: everything that is worked out on the way."""
    plan = Plan(choruses=3, key_cycle="fourths", count_in_bars=1, intro_bars=4, ending="tag")
    tune = Tune(load_chart(TUNE), plan, {"lay_back_ms": 12.0}, arc=arc)
    band = band_of("piano,guitar,bass,drums", 1)
    summary, port = perform(tmp_path, seed=seed, tunes=(tune,), band=band)
    assert port.sounding == set()

    config = Config((tune,), seed=seed, band=band)
    performance = make_performance(tune, arrange(tune.chart, plan))
    ensemble = make_ensemble(config, tune, performance, load_model(find_model(DEFAULT_MODEL)))
    notes = perform_offline(ensemble, performance.arrangement.chart.length_tick, lambda tick: None)
    take = take_of(performance, notes, lineup_of(config))

    assert [track.name for track in take.tracks] == ["Solo", "Piano", "Guitar", "Bass", "Drums"]
    for live, offline in zip(summary.take.tracks, take.tracks, strict=True):
        assert len(live.notes) > 40
        assert [(n.onset_tick, n.pitch, n.velocity) for n in live.notes] == [
            (n.onset_tick, n.pitch, n.velocity) for n in offline.notes
        ]
    assert summary.take.tempos == take.tempos
    assert summary.take.keys == take.keys


class Nowhere:
    """A port that keeps nothing of what it is sent."""

    def __init__(self):
        self.sent, self.count = self, 0

    def append(self, message):
        self.count += 1


class Unrecorded(LocalSender):
    """Says that there is a port, so that no recording is left."""

    def opened(self, clock):
        return PortInfo("nowhere", "jack", False), Realtime()


def test_hours_of_music_take_no_more_memory_than_minutes():
    """An endless performance with a band keeps nothing of what has been played."""
    inbox, clock, port, sizes = Inbox(), ManualClock(), Nowhere(), {}
    marks = (500, 1000)

    class Watch:
        def tune(self, performance):
            pass

        def heard(self, report, note, tick):
            pass

        def tempo(self, tick, bpm):
            pass

        def bar(self, bar):
            if bar in marks:
                gc.collect()
                sizes[bar] = sys.getallocatedblocks()
            if bar == marks[-1]:
                inbox.put(Stop("enough"))

    tune = Tune(load_chart(BLUES), Plan(count_in_bars=1), {"tempo_bpm": 60.0}, arc="build")
    config = Config((tune,), seed=1, band=band_of(DEFAULT_BAND, 1))
    summary = play(config, clock, inbox, out=Unrecorded(clock, inbox, port), listeners=[Watch()])
    assert summary.why == "enough"
    assert summary.take is None
    assert clock.now_ns() > 1.05 * 3600e9
    assert port.count > 28_000
    grown = sizes[marks[1]] - sizes[marks[0]]
    assert grown < 6000, "objects, for 500 bars of some 25 notes"
