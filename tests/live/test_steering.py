"""Changing who plays, and how, while it plays: what it reaches, and what it leaves alone."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest
from fakes import LocalSender, ManualClock, RecordingPort
from feel_maker import made_feel
from step_maker import write_course_model
from tiny_line import tiny_line

from improv.cell.load import find_model, load_model
from improv.charts.library import load_chart
from improv.config import Config, Plan, SoloistConfig, Tune
from improv.errors import ModelError
from improv.feel.model import PlayerFeel, save_feel
from improv.live.daemon import play
from improv.live.inbox import Inbox
from improv.live.performer import HORIZON_TICK, Performer
from improv.live.scheduler import Scheduler
from improv.music.swing import swing_tick
from improv.performance.arrangement import arrange
from improv.performance.assemble import make_ensemble, make_performance
from improv.performance.form import band_of
from improv.performance.steering import Answer, Steer
from improv.performance.takes import perform

BAR = 1920
STEER_BAR = 3


class Stage:
    """A performance under a manual clock, steered when bars begin."""

    def __init__(self, model, steering=(), *, choruses=1, controls=None, band="bass,drums", **who):
        self.steering = list(steering)
        tune = Tune(load_chart("blues"), Plan(choruses=choruses), controls or {})
        musicians = band_of(band, 1) if band else ()
        config = Config((tune,), seed=5, band=musicians, soloists=(SoloistConfig(**who),))
        performance = make_performance(tune, arrange(tune.chart, tune.plan))
        self.clock, self.inbox, self.port = ManualClock(), Inbox(), RecordingPort()
        self.notes, self.answers = {}, []
        self.ensemble = make_ensemble(config, tune, performance, model)
        scheduler = Scheduler(LocalSender(self.clock, self.inbox, self.port))
        scheduler.begin(performance.tempo)
        self.performer = Performer(
            self.ensemble,
            performance,
            scheduler,
            self.clock,
            self.inbox,
            listeners=[self],
            answer=self.answers.append,
        )

    def tune(self, performance):
        pass

    def bar(self, bar):
        for at, steer in self.steering:
            if at == bar:
                self.inbox.put(steer)

    def tempo(self, tick, bpm):
        pass

    def heard(self, report, note, tick):
        if note is not None:
            self.notes[note.note_id] = note

    def play(self):
        """Every note, by onset."""
        assert self.performer.play().why == "finished"
        assert self.port.sounding == set()
        return sorted(self.notes.values(), key=lambda note: (note.onset_tick, note.note_id))


def of(notes, player="solo", before_tick=None, from_tick=0):
    return [
        (n.onset_tick, n.end_tick, n.pitch, n.velocity)
        for n in notes
        if n.player == player
        and n.onset_tick >= from_tick
        and (before_tick is None or n.onset_tick < before_tick)
    ]


@pytest.fixture(scope="module")
def etudes():
    return load_model(find_model("etudes"))


@pytest.fixture
def course(tmp_path):
    return load_model(write_course_model(tmp_path / "course"))


@pytest.fixture
def line(tmp_path):
    return tiny_line(tmp_path)


STEERED_TICK = STEER_BAR * BAR
"""The tick at which what is put into the inbox as that bar begins is taken out of it."""


@pytest.mark.parametrize(
    "steer",
    [
        Steer(player={"John Coltrane": 1.0}),
        Steer(style="hardbop"),
        Steer(player={"Bud Powell": 0.5, "Charlie Parker": 0.5}, controls={"density": 1.0}),
        Steer(controls={"temperature": 0.3}),
        Steer(controls={"density": 1.0}),
        Steer(controls={"top_p": 0.1}),
        Steer(controls={"lay_back_ms": 30.0}),
        Steer(controls={"accents": 0.0}),
    ],
)
def test_steering_in_bar_three_changes_later_notes_and_no_other(line, steer):
    before = Stage(line).play()
    stage = Stage(line, [(STEER_BAR, steer)])
    after = stage.play()
    (answer,) = stage.answers
    assert answer.tick == STEERED_TICK
    assert not answer.problem
    open_tick = STEERED_TICK + HORIZON_TICK
    for player in ("solo", "bass", "drums"):
        assert len(of(before, player, open_tick)) > 3
        assert of(before, player, open_tick) == of(after, player, open_tick)
    was, now = of(before, from_tick=open_tick), of(after, from_tick=open_tick)
    assert len(now) > 10
    assert was != now
    first = next(a[0] for a, b in itertools.zip_longest(was, now) if a != b)
    assert first < open_tick + 2 * BAR, "the note after the wait that was drawn already"


def test_the_names_are_given_as_the_cell_spells_them(line):
    asked = [
        (1, Steer(player={"parker": 0.7, "COLTRANE": 0.3})),
        (2, Steer(style="hardbop")),
        (3, Steer(player={})),
    ]
    stage = Stage(line, asked)
    stage.play()
    assert [answer.text for answer in stage.answers] == [
        "player Charlie Parker:0.7, John Coltrane:0.3",
        "style HARDBOP",
        "player nobody in particular",
    ]
    assert stage.answers[0].steer.player == {"Charlie Parker": 0.7, "John Coltrane": 0.3}


def test_a_player_from_the_start_is_the_one_that_is_steered_to(line):
    """Player and style at bar 1, before the first note is stepped, are as if they had been given."""
    given = Stage(line, player="parker", style="bebop").ensemble
    steered = Stage(line).ensemble
    steered.steer(Steer({"parker": 1.0}, "bebop"))
    assert given.advance(12 * BAR) == steered.advance(12 * BAR)
    assert given.advance(12 * BAR) != Stage(line).ensemble.advance(12 * BAR)


def test_the_style_stays_when_the_player_goes(line):
    one, other = Stage(line).ensemble, Stage(line).ensemble
    one.steer(Steer({"bud powell": 1.0}, "bebop"))
    one.steer(Steer(player={}))
    other.steer(Steer(style="bebop"))
    assert one.advance(12 * BAR) == other.advance(12 * BAR)


@pytest.mark.parametrize(
    ("steer", "words"),
    [
        (Steer(player={"Benny Goodman": 1.0}), ["'Benny Goodman'", "Charlie Parker"]),
        (Steer(style="hardbopp"), ["'hardbopp'", "did you mean 'HARDBOP'?"]),
        (Steer({"Bud Powell": 1.0}, "klezmer", {"density": 1.0}), ["'klezmer'"]),
        (Steer({"Bud Powell": 1.0}, None, {"density": 9.0}), ["density cannot be 9", "-1 to 1"]),
        (Steer({"Bud Powell": 1.0}, None, {"tempo_bpm": 9.0}), ["tempo cannot be 9", "20 to 400"]),
        (Steer({"Bud Powell": 1.0}, None, {"volume": 9.0}), ["'volume'"]),
        (Steer({"Bud Powell": 1.0}, None, {"human": None}), ["human cannot be automatic"]),
    ],
)
def test_what_is_refused_is_said_and_changes_nothing(line, steer, words):
    before = Stage(line).play()
    stage = Stage(line, [(STEER_BAR, steer)])
    assert stage.play() == before
    (answer,) = stage.answers
    assert answer.problem
    assert answer.steer is None
    assert all(word in answer.text for word in words), answer.text


def test_a_cell_that_knows_no_players_says_so_and_plays_on(etudes, course):
    for model, said in ((etudes, "knows no players"), (course, "did not learn who plays what")):
        before = Stage(model).play()
        stage = Stage(model, [(STEER_BAR, Steer(player={"Charlie Parker": 1.0}))])
        assert stage.play() == before
        assert said in stage.answers[0].text
        with pytest.raises(ModelError):
            stage.ensemble.steer(Steer(style="cool"))


def test_an_answer_in_the_inbox_is_passed_on(etudes):
    stage = Stage(etudes, [(1, Answer("There is no 'x'.", problem=True))])
    stage.play()
    assert stage.answers == [Answer("There is no 'x'.", problem=True)]


def test_intensity_holds_for_the_band_from_the_next_bar(etudes):
    before = Stage(etudes, band="piano,bass,drums").play()
    steer = [(STEER_BAR, Steer(controls={"intensity": 1.0}))]
    after = Stage(etudes, steer, band="piano,bass,drums").play()
    next_tick = STEERED_TICK + BAR
    for player in ("piano", "drums"):
        assert of(before, player, next_tick - 120) == of(after, player, next_tick - 120)
        assert of(before, player, None, next_tick) != of(after, player, None, next_tick)


@pytest.mark.parametrize("band", ["drums", ""])
def test_swing_changes_for_everybody_at_one_bar_line(etudes, band):
    """In the bar that the band has played already the soloist keeps to its swing."""
    stage = Stage(etudes, [(STEER_BAR, Steer(controls={"swing": 1.0}))], band=band)
    notes = stage.play()
    swung, even = swing_tick(240, 2.0), 240
    for note in notes:
        within, bar = note.onset_tick % 480, note.onset_tick // BAR
        if note.written is not None and note.written.onset_tick % 480 == even:
            assert within == (swung if bar <= STEER_BAR else even)
        elif note.player == "drums" and within in (swung, even) and bar <= STEER_BAR:
            assert within == swung
    players = {"solo", band or "solo"}
    for player in players:
        evenly = [n for n in notes if n.player == player and n.onset_tick % 480 == even]
        bars = {note.onset_tick // BAR for note in evenly}
        assert len(bars) >= 3 and min(bars) > STEER_BAR, player


def test_automatic_swing_comes_back(etudes):
    asked = [
        (2, Steer(controls={"swing": 1.0})),
        (3, Steer(controls={"swing": 1.2})),
        (5, Steer(controls={"swing": None})),
    ]
    notes = Stage(etudes, asked, band="drums").play()
    for bar in range(12):
        ratio = 2.0 if bar < 3 or bar > 5 else 1.0 if bar == 3 else 1.2
        here = [n for n in notes if n.onset_tick // BAR == bar]
        written = [n.onset_tick if n.written is None else n.written.onset_tick for n in here]
        within = {
            n.onset_tick % 480
            for n, tick in zip(here, written, strict=True)
            if n.player != "solo" or tick % 480 == 240  # a triplet is where swing is
        }
        others = {swing_tick(240, r) for r in (1.0, 1.2, 2.0)} - {swing_tick(240, ratio)}
        assert not {t for t in within if t in others} - {240}, bar


@pytest.mark.parametrize("human", [0.0, 1.0])
def test_who_is_suddenly_early_waits_for_the_end_of_the_note_before(tmp_path, human):
    save_feel(tmp_path / "feel.json", made_feel(late=60, spread=40))
    model = tiny_line(tmp_path)
    asked = [
        (2, Steer(controls={"lay_back_ms": -60.0, "human": 1.0 - human})),
        (4, Steer(controls={"lay_back_ms": 120.0, "human": human})),
        (5, Steer(controls={"lay_back_ms": 0.0})),
    ]
    controls = {
        "lay_back_ms": 120.0,
        "human": human,
        "swing": 1.0,
        "tempo_bpm": 240.0,
        "density": 1.0,
    }
    solo = of(Stage(model, asked, controls=controls).play())
    assert len(solo) > 30
    for (_, end, *_), (onset, *_) in itertools.pairwise(solo):
        assert onset >= end


def test_the_feel_goes_with_the_player(tmp_path):
    """Bud Powell a tenth of a beat late, in a mixture half as much; the same from the start."""
    feel = made_feel(players={"Bud Powell": PlayerFeel(lay_back=0.1)})
    save_feel(tmp_path / "feel.json", feel)
    model = tiny_line(tmp_path)

    def lateness(steering, **more):
        notes = Stage(model, steering, controls={"swing": 1.0}, **more).play()
        return [
            (n.onset_tick // BAR, n.onset_tick - n.written.onset_tick)
            for n in notes
            if n.player == "solo"
        ]

    late = lateness([(STEER_BAR, Steer({"powell": 0.5, "parker": 0.5}))])
    assert {ticks for bar, ticks in late if bar < STEER_BAR} == {0}
    assert {ticks for bar, ticks in late if bar > STEER_BAR} == {24}
    assert {ticks for _, ticks in lateness([], player="powell")} == {48}


MANY = [
    (1, Steer(controls={"density": 1.0, "temperature": 0.7})),
    (2, Steer({"John Coltrane": 1.0}, "HARDBOP")),
    (2, Steer(controls={"swing": 1.3})),
    (4, Steer({}, None, {"lay_back_ms": 40.0, "human": 0.0})),
    (6, Steer(controls={"swing": None, "human": 1.5, "lay_back_ms": -20.0, "intensity": 0.9})),
]


class AtBars:
    """A listener that steers when bars of a tune begin."""

    def __init__(self, inbox, steering, tune=0):
        self.inbox, self.steering, self.wanted = inbox, steering, tune

    def tune(self, performance):
        self.now = performance.number

    def tempo(self, tick, bpm):
        pass

    def heard(self, report, note, tick):
        pass

    def bar(self, bar):
        for at, steer in self.steering if self.now == self.wanted else ():
            if at == bar:
                self.inbox.put(steer)


def perform_live(folder, model, monkeypatch, tunes, steering=MANY):
    """Play through the daemon; the lines of the log, and the take."""
    monkeypatch.setattr("improv.cell.load.find_model", lambda name: folder)
    monkeypatch.setattr("improv.cell.load.load_model", lambda path: model)
    clock, inbox = ManualClock(), Inbox()
    log = folder / "log.jsonl"
    config = Config(
        tunes, seed=9, band=band_of("bass,drums", 1), log=log, record=folder / "out.mid"
    )
    summary = play(
        config,
        clock,
        inbox,
        out=LocalSender(clock, inbox, RecordingPort()),
        listeners=[AtBars(inbox, steering)],
    )
    return config, [json.loads(line) for line in log.read_text().splitlines()], summary.take


@pytest.fixture
def felt(tmp_path):
    save_feel(tmp_path / "feel.json", made_feel(late=60, spread=40))
    return tiny_line(tmp_path)


def test_the_log_is_enough_to_play_the_same_solo_again(tmp_path, felt, monkeypatch):
    """As fast as it can, with the same seed and the same steering at the same ticks."""
    tune = Tune(load_chart("blues"), Plan(choruses=1, count_in_bars=1))
    config, lines, take = perform_live(tmp_path, felt, monkeypatch, (tune,))
    steered = [line for line in lines if "steer" in line]
    assert [line["steer"] for line in steered] == [steer.as_json() for _, steer in MANY]
    assert [line["tick"] for line in steered] == [bar * BAR for bar, _ in MANY]

    performance = make_performance(tune, arrange(tune.chart, tune.plan))
    ensemble = make_ensemble(config, tune, performance, felt)
    notes = []
    for line in steered:
        notes += ensemble.advance(line["tick"] + HORIZON_TICK)
        ensemble.steer(Steer(**line["steer"]))
    notes += perform(ensemble, performance.arrangement.chart.length_tick, lambda tick: None)
    for track in take.tracks:
        again = of(notes, track.name.lower())
        if track.name == "Drums":
            again += of(notes, "count-in")
        live = [(n.onset_tick, n.end_tick, n.pitch, n.velocity) for n in track.notes]
        assert sorted(live) == sorted(again)
        assert len(live) > 20


def test_the_same_steering_gives_the_same_bytes(tmp_path, felt, monkeypatch):
    tune = Tune(load_chart("blues"), Plan(choruses=1, ending="tag"))
    made = []
    for _ in range(2):
        perform_live(tmp_path, felt, monkeypatch, (tune,))
        made.append([(tmp_path / name).read_bytes() for name in ("log.jsonl", "out.mid")])
    assert made[0] == made[1]
    perform_live(tmp_path, felt, monkeypatch, (tune,), MANY[:-1])
    assert (tmp_path / "out.mid").read_bytes() != made[0][1]


def test_what_was_steered_holds_in_the_tunes_to_come(tmp_path, felt, monkeypatch):
    tunes = tuple(
        Tune(load_chart("| Dm7 | G7 | Cmaj7 | A7 |"), Plan(choruses=2), {"swing": swing})
        for swing in (1.5, 1.7)
    )
    steering = [
        (1, Steer({"powell": 0.5, "parker": 0.5}, "bebop", {"density": -0.5, "swing": 1.1})),
        (2, Steer(controls={"swing": None})),
    ]
    config, lines, take = perform_live(tmp_path, felt, monkeypatch, tunes, steering)
    first, second = (line["controls"] for line in lines if "tune" in line)
    assert (first["density"], first["swing"]) == (0.0, 1.5)
    assert (second["density"], second["swing"]) == (-0.5, 2.0), "automatic, not the tune's own"

    performance = make_performance(
        replace(tunes[1], controls={"density": -0.5}), arrange(tunes[1].chart, tunes[1].plan), 0, 1
    )
    as_given = replace(
        config,
        soloists=(SoloistConfig(player="Bud Powell:0.5, Charlie Parker:0.5", style="BEBOP"),),
    )
    ensemble = make_ensemble(as_given, tunes[1], performance, felt)
    expected = of(perform(ensemble, 8 * BAR, lambda tick: None))
    start = 9 * BAR  # after the bar of rest
    solo = next(track for track in take.tracks if track.name == "Solo").notes
    assert [
        (n.onset_tick - start, n.end_tick - start, n.pitch, n.velocity)
        for n in solo
        if n.onset_tick >= start
    ] == expected
