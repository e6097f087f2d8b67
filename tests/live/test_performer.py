"""The performer in musical time that is never waited for: a manual clock and a recording port."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from fakes import LocalSender, ManualClock, RecordingPort
from scripted import ScriptedVoice

from improv.config import Plan, SoloistConfig
from improv.controls.table import Controls
from improv.errors import SenderError
from improv.feel.performed import performed
from improv.live.inbox import Inbox
from improv.live.performer import HORIZON_TICK, Performer
from improv.live.scheduler import Scheduler
from improv.midi.events import Gone, Report, StandStill, Stop
from improv.music.chart import Chart
from improv.music.chord import parse_chord
from improv.music.meter import Meter
from improv.music.note import Note
from improv.music.swing import swing_tick
from improv.music.take import Track
from improv.music.tempo import TempoMap
from improv.performance.arrangement import Arrangement, arrange
from improv.performance.ensemble import Ensemble
from improv.performance.performance import Performance
from improv.performance.takes import perform, take_of
from improv.session.writer import Recording
from improv.soloist.soloist import Soloist

BEAT_NS = 500_000_000  # 120 bpm
STRAIGHT = Controls().with_values(tempo_bpm=120.0, swing=1.0, temperature=0.0)
CHART = Chart(
    "two bars",
    Meter(4, 4),
    120.0,
    ((0, parse_chord("Dm7")), (1920, parse_chord("G7"))),
    3840,
)
LINEUP = (Track("solo", 0, None, (), ()),)


def voice_of(*tokens: str) -> ScriptedVoice:
    return ScriptedVoice(CHART, tokens)


def alone(voice: ScriptedVoice) -> Soloist:
    return Soloist(SoloistConfig(), voice, CHART)


def lasting(end_tick: int | None) -> Arrangement:
    """The chart for so long, without any lead-in or ending; None: for ever."""
    endless = arrange(CHART, Plan())
    return replace(endless, end_tick=end_tick, solo_end_tick=end_tick)


class Stage:
    """A performer with everything faked but itself."""

    def __init__(
        self,
        voice: ScriptedVoice,
        controls: Controls = STRAIGHT,
        listeners=(),
        end_tick: int | None = None,
    ):
        self.clock, self.inbox, self.port = ManualClock(), Inbox(), RecordingPort()
        self.out = LocalSender(self.clock, self.inbox, self.port)
        self.tempo = TempoMap(controls.tempo_bpm)
        self.recording = Recording()
        self.ensemble = Ensemble(lasting(end_tick), [alone(voice)], controls)
        self.scheduler = Scheduler(self.out)
        self.scheduler.begin(self.tempo)
        self.performer = Performer(
            self.ensemble,
            Performance(lasting(end_tick), self.tempo, controls),
            self.scheduler,
            self.clock,
            self.inbox,
            listeners=[self.recording, *listeners],
        )

    def recorded(self, end_tick: int) -> tuple[Note, ...]:
        """What the recording holds of the soloist."""
        return self.recording.take(end_tick, LINEUP).tracks[0].notes

    def beats(self) -> list[tuple[float, str, int]]:
        """(beat, on or off, pitch) of all note messages."""
        kinds = {0x90: "on", 0x80: "off"}
        return [
            (ns / BEAT_NS, kinds[data[0]], data[1])
            for ns, data in self.port.sent
            if data[0] in kinds
        ]


class Diary:
    """A listener that writes down bars and sounding notes."""

    def __init__(self):
        self.entries = []

    def tune(self, performance):
        self.performance = performance

    def bar(self, bar):
        self.entries.append(bar)

    def tempo(self, tick, bpm):
        pass

    def heard(self, report, note, tick):
        if report.data[0] == 0x90:
            self.entries.append(note.token)


def test_notes_leave_on_the_beat():
    """D F A C as quarters over Dm7, up from the centre G4."""
    stage = Stage(voice_of("1^:12", "b3^:12", "5^:12", "b7^:12"), end_tick=1920)
    assert stage.performer.play().why == "finished"
    assert stage.beats() == [
        (0.0, "on", 74),
        (1.0, "off", 74),
        (1.0, "on", 77),
        (2.0, "off", 77),
        (2.0, "on", 81),
        (3.0, "off", 81),
        (3.0, "on", 84),
        (4.0, "off", 84),
    ]


def test_a_rest_is_silence_of_its_length():
    stage = Stage(voice_of("1^:12", "r:36"), end_tick=3840)
    stage.performer.play()
    assert [(beat, kind) for beat, kind, _ in stage.beats()] == [
        (0.0, "on"),
        (1.0, "off"),
        (4.0, "on"),
        (5.0, "off"),
    ]


def test_tokens_are_stepped_about_one_beat_ahead_and_no_further():
    """Late planning is what lets a change reach the next unsounded note."""
    voice = voice_of("1^:6", "9^:6", "b3v:6", "1v:6")
    stage = Stage(voice, end_tick=3840)
    planned_ahead = []

    class Watch(Diary):
        def heard(self, report, note, tick):
            planned_ahead.append(voice.tick - stage.tempo.tick_at(stage.clock.now_ns()))

    stage.performer._listeners = [Watch()]
    stage.performer.play()
    assert max(planned_ahead) <= HORIZON_TICK + 240


def test_the_last_note_ends_with_the_last_chorus():
    stage = Stage(voice_of("1^:48", "9^:36"), end_tick=1920 + 480)
    stage.performer.play()
    assert stage.beats()[-1][:2] == (5.0, "off")
    assert stage.port.sounding == set()


def test_stop_ends_at_once_and_quit_silences_the_note_that_sounds():
    stage = Stage(voice_of("1^:48"))

    class StopInBarTwo(Diary):
        def bar(self, bar):
            if bar == 1:
                stage.inbox.put(Stop("SIGTERM"))

    stage.performer._listeners = [StopInBarTwo(), stage.recording]
    assert stage.performer.play().why == "SIGTERM"
    assert stage.port.sounding
    stage.out.quit()
    stage.performer.drain()
    assert stage.port.sounding == set()
    assert [note.end_tick for note in stage.recorded(3840)] == [1920, 1921], "a tick at the least"


@pytest.mark.parametrize("clock_role", [None, "out"])
def test_while_it_stands_still_nothing_sounds_and_then_it_is_where_it_would_have_been(clock_role):
    """Ctrl-Z on beat 1.25, `fg` on beat 3.75: beats 2 and 3 are missing, beat 4 is on time."""
    stage = Stage(voice_of(*(4 * ["1^:12", "9^:12", "b3v:12", "1v:12"])), end_tick=2 * 1920)
    stage.performer._clock_role = clock_role
    sounding, answers = [], []
    stage.performer._answer = lambda given: answers.append(given.text)

    def stand():
        sounding.append(set(stage.port.sounding))
        stage.clock._now_ns = BEAT_NS * 15 // 4

    stage.clock.at(BEAT_NS * 5 // 4, StandStill(stand))
    stage.performer.play()
    assert sounding == [set()]
    assert [beat for beat, kind, _ in stage.beats() if kind == "on"] == [0, 1, 4, 5, 6, 7]
    assert [beat for beat, kind, _ in stage.beats() if kind == "off"][:2] == [1, 1.25]
    assert answers == ["It stood still for 1.2 s, and plays on."]
    system = [(ns / BEAT_NS, data[0]) for ns, data in stage.port.sent if data[0] >= 0xF0]
    if clock_role is None:
        assert system == []
        return
    assert [row for row in system if row[1] != 0xF8] == [
        (0, 0xFA), (3.75, 0xFC), (7.75, 0xFC), (7.75, 0xF2), (7.75, 0xFB),
    ], "the first stop at once, where the sender does not wait for this clock"  # fmt: skip
    pulses = [round(beat * 24) for beat, kind in system if kind == 0xF8]
    assert pulses == [n for n in range(8 * 24) if not 1.25 < n / 24 < 3.75]


def test_senders_that_die_one_after_another_end_the_performance_with_an_error(monkeypatch):
    stage = Stage(voice_of("1^:12"))

    def attend(item):
        raise SenderError(f"{item} was one too many.")

    monkeypatch.setattr(stage.performer, "_attend", attend)
    stage.inbox.put(Gone(7))
    with pytest.raises(SenderError):
        stage.performer.play()


def test_listeners_hear_bars_and_notes_in_order():
    diary = Diary()
    stage = Stage(voice_of("1^:24", "r:24", "1v:24", "r:24"), listeners=[diary], end_tick=7680)
    stage.performer.play()
    bars = [entry for entry in diary.entries if isinstance(entry, int)]
    assert bars == [0, 1, 2, 3]
    assert diary.entries == [0, "1^:24", 1, "1v:24", 2, "1^:24", 3, "1v:24"]


def test_what_is_recorded_is_what_rendering_without_a_clock_gives():
    """Live and offline are the same steps: same notes, byte for byte."""
    controls = Controls().with_values(tempo_bpm=120.0, swing=1.7)
    tokens = ("1^:6", "9^:6", "b3v:4", "1v:4", "5^:4", "r:6", "b7v:6", "11v:12")
    stage = Stage(voice_of(*tokens), controls, end_tick=4 * 3840)
    stage.performer.play()
    stage.out.quit()
    stage.performer.drain()
    end_tick = 4 * 3840
    offline = Ensemble(lasting(end_tick), [alone(voice_of(*tokens))], controls)
    performance = Performance(lasting(end_tick), stage.tempo, controls)
    take = take_of(performance, perform(offline, end_tick, lambda tick: None), LINEUP)
    assert len(take.tracks[0].notes) > 20
    assert stage.recorded(end_tick) == take.tracks[0].notes


def test_a_thousand_choruses_do_not_drift():
    stage = Stage(voice_of("1^:48", "1v:48"), end_tick=1000 * 3840)
    stage.performer.play()
    ons = [ns for ns, data in stage.port.sent if data[0] == 0x90]
    assert ons == [bar * 4 * BEAT_NS for bar in range(2000)]
    assert len(stage.scheduler._notes) <= 1, "what has sounded is forgotten"


@pytest.mark.parametrize(
    ("tick", "ratio", "swung"),
    [
        (0, 2.0, 0),
        (240, 2.0, 320),
        (240, 1.0, 240),
        (720, 3.0, 840),
        (160, 2.0, 160),
        (360, 2.0, 360),
    ],
)
def test_swing_moves_the_off_beat_eighth_alone(tick, ratio, swung):
    assert swing_tick(tick, ratio) == swung


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0, 3.0])
def test_swung_eighths_do_not_overlap(ratio):
    ends = [performed(Note(tick, 228, 60, 90), ratio) for tick in range(0, 1920, 240)]
    assert all(end <= onset for (_, end), (onset, _) in itertools.pairwise(ends))
    assert all(end > onset for onset, end in ends)


def test_a_report_of_an_unknown_note_is_passed_on_without_one():
    heard = []

    class Ear(Diary):
        def heard(self, report, note, tick):
            heard.append((report.data, note))

    stage = Stage(voice_of("1^:48"), listeners=[Ear()], end_tick=1920)
    stage.inbox.put(Report(0, 0, 0, b"\xb0\x40\x00"))
    stage.performer.play()
    assert heard[0] == (b"\xb0\x40\x00", None)
