"""Two soloists on one stage: through the performer, into a log and a MIDI file, steered one at a time."""

from __future__ import annotations

from itertools import pairwise

import mido
import pytest
from session_stage import BAR, S, perform

from improv import smf
from improv.cell.load import find_model, load_model
from improv.charts.library import load_chart
from improv.config import DEFAULT_MODEL, Plan, SoloistConfig, Tune
from improv.performance.steering import Steer
from improv.session.replay import compare, play_again
from improv.session.restore import take_of
from improv.session.retake import Span, retake

TUNES = (
    Tune(load_chart("blues"), Plan(choruses=2, count_in_bars=1, ending="tag"), {}, "wave"),
    Tune(load_chart("| Dm7 | G7 | Cmaj7 | % |"), Plan(choruses=2), {"density": 0.3}),
)
FIRST = SoloistConfig(player="Charlie Parker")
SECOND = SoloistConfig("solo2", 4, 56, "Chet Baker", "cool", low_pitch=52, high_pitch=72)
BOTH = (FIRST, SECOND)


def notes_of(played, name, tune=0):
    """(onset, end, pitch, velocity, token) of who is called so, by onset."""
    return sorted(
        (n.onset_tick, n.end_tick, n.pitch, n.velocity, n.token)
        for n in played.session.parts[tune].notes
        if n.player == name
    )


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    return perform(tmp_path_factory.mktemp("together"), TUNES, soloists=BOTH)


@pytest.fixture(scope="module")
def steered(tmp_path_factory):
    """The second is steered alone, then everybody."""
    steers = [
        (4 * S, Steer(controls={"density": -0.8, "human": 0.0}, soloist="solo2")),
        (6 * S, Steer({"Miles Davis": 1.0}, None, soloist="solo2")),
        (20 * S, Steer(controls={"temperature": 0.5})),
    ]
    return perform(tmp_path_factory.mktemp("steered"), TUNES, steers, soloists=BOTH)


@pytest.fixture(scope="module")
def models():
    model = load_model(find_model(DEFAULT_MODEL))
    return lambda header: (model, None)


def test_each_has_a_track_on_its_channel_with_its_sound(together):
    tracks = {track.name: track for track in mido.MidiFile(together.folder / "a.mid").tracks}
    assert [*tracks][1:] == ["Solo", "Solo2", "Piano", "Bass", "Drums"]
    for name, channel, program in (("Solo", 0, 66), ("Solo2", 4, 56)):
        ons = [m for m in tracks[name] if m.type == "note_on"]
        assert {m.channel for m in ons} == {channel}
        assert {m.program for m in tracks[name] if m.type == "program_change"} == {program}
        assert len(ons) > 60


def test_each_plays_one_note_at_a_time_in_its_own_range(together):
    for soloist in BOTH:
        for tune in (0, 1):
            notes = notes_of(together, soloist.name, tune)
            assert all(soloist.low_pitch <= n[2] <= soloist.high_pitch for n in notes)
            assert all(one[1] <= other[0] for one, other in pairwise(notes))
    first, second = (notes_of(together, soloist.name) for soloist in BOTH)
    assert {n[:3] for n in first}.isdisjoint({n[:3] for n in second}), "two lines, not one twice"
    second_sounds = {t for n in second for t in range(n[0], n[1])}
    assert any(t in second_sounds for n in first for t in range(n[0], n[1])), "at once"


def test_the_first_plays_what_it_plays_alone(together, tmp_path):
    """Further soloists have random numbers of their own."""
    alone = perform(tmp_path, TUNES, soloists=(FIRST,))
    for tune in (0, 1):
        assert notes_of(together, "solo", tune) == notes_of(alone, "solo", tune)


def test_the_same_seed_gives_the_same_bytes(together, tmp_path):
    again = perform(tmp_path, TUNES, soloists=BOTH)
    assert again.port.sent == together.port.sent
    for name in ("a.mid", "a.jsonl"):
        before, now = together.folder / name, again.folder / name
        assert before.read_bytes() == now.read_bytes()


def test_who_is_steered_alone_changes_alone(together, steered):
    alone, _, everybody = (steer.planned_tick for steer in steered.session.parts[0].steers)

    def notes(name, from_tick, until_tick):
        return [
            [n for n in notes_of(played, name) if from_tick <= n[0] < until_tick]
            for played in (together, steered)
        ]

    before, now = notes("solo", 0, everybody)
    assert before == now
    before, now = notes("solo", everybody, 24 * BAR)
    assert before != now
    before, now = notes("solo2", 0, alone)
    assert before == now
    before, now = notes("solo2", alone, everybody)
    assert len(now) < 0.9 * len(before), "it plays less"


def test_what_one_was_told_holds_for_it_in_the_next_tune(steered):
    """It plays on the beat what is written on the beat; the first plays as people do."""
    for soloist, expected in ((FIRST, False), (SECOND, True)):
        on_beats = [
            note
            for note in steered.session.parts[1].notes
            if note.player == soloist.name and note.written.onset_tick % 480 == 0
        ]
        assert len(on_beats) > 3
        assert all(n.onset_tick == n.written.onset_tick for n in on_beats) == expected
    kept = steered.session.parts[1].controls
    assert (kept["density"], kept["temperature"]) == (0.3, 0.5), "of everybody"


@pytest.mark.parametrize("name", ["together", "steered"])
def test_the_log_is_enough_to_play_it_again(name, request, models, tmp_path):
    played = request.getfixturevalue(name)
    outcome = compare(played.session, play_again(played.session, models))
    assert outcome.difference == ""
    assert outcome.unheard == 0
    smf.write_midi(tmp_path / "again.mid", take_of(played.session))
    assert (tmp_path / "again.mid").read_bytes() == (played.folder / "a.mid").read_bytes()


def test_bars_are_taken_again_by_both(steered, models):
    done = retake(steered.session, Span.parse("5-8"), 99, models)
    start, end = (5 * BAR, 9 * BAR)
    for name in ("solo", "solo2"):
        before, now = (
            [n for n in session.parts[0].notes if n.player == name]
            for session in (steered.session, done.session)
        )
        inside = [n for n in now if start <= n.written.onset_tick < end]
        assert inside
        assert inside != [n for n in before if start <= n.written.onset_tick < end]
        ordered = sorted(now, key=lambda n: n.onset_tick)
        assert all(one.end_tick <= other.onset_tick for one, other in pairwise(ordered))
    assert done.now == sum(
        n.is_solo and start <= n.written.onset_tick < end for n in done.session.parts[0].notes
    )


@pytest.mark.parametrize(
    ("steer", "words"),
    [
        (Steer(controls={"density": 0.5}, soloist="solo3"), ["'solo3'", "solo or solo2"]),
        (Steer(controls={"tempo_bpm": 90.0}, soloist="solo2"), ["tempo holds for everybody"]),
        (Steer(controls={"swing": None}, soloist="solo"), ["swing holds for everybody"]),
        (Steer(controls={"intensity": 1.0}, soloist="solo2"), ["intensity holds for everybody"]),
        (Steer({"Kenny G": 1.0}, soloist="solo2"), ["'Kenny G'"]),
    ],
)
def test_what_cannot_be_steered_alone_is_refused_in_a_sentence(tmp_path, steer, words):
    answers = []
    tune = Tune(load_chart("| Dm7 | G7 | Cmaj7 | % |"), Plan(choruses=1))
    perform(tmp_path, (tune,), [(S, steer)], soloists=BOTH, answer=answers.append)
    (answer,) = answers
    assert answer.problem
    assert answer.steer is None
    assert all(word in answer.text for word in words), answer.text
    assert answer.text.count(". ") == 0
