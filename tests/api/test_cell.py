"""A cell plays the same as the command line, at once or note by note, and says what solos cost it."""

from __future__ import annotations

from itertools import islice

import pytest
from listeners import solo

import improv
from improv.cli import main
from improv.corpus.events import write_events
from improv.errors import ChartError, CorpusError, MissingError, ModelError, SteeringError

CHANGES = "| Dm7 | G7 | Cmaj7 | % |"


@pytest.fixture(scope="module")
def bebop() -> improv.Cell:
    return improv.load("bebop")


def test_load(bebop, tmp_path):
    assert repr(bebop).startswith("<Cell 'bebop', ")
    assert "Charlie Parker" in bebop.players and bebop.styles
    assert improv.load(bebop.model.path).card == bebop.card
    with pytest.raises(ModelError, match="bepop"):
        improv.load("bepop")
    with pytest.raises(ValueError, match="numpy, keras, not 'jax'"):
        improv.load("bebop", engine="jax")


def test_keras_needs_an_extra(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda library: None)
    with pytest.raises(MissingError, match=r"\[train\]"):
        improv.load("bebop", engine="keras")


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ({}, []),
        (
            {
                "choruses": 2,
                "key": "Eb",
                "band": "guitar,bass",
                "arc": "wave",
                "tempo": 200,
                "lay_back": 15,
            },
            "--choruses 2 --key Eb --band guitar,bass --arc wave --tempo 200 --lay-back 15".split(),
        ),
        (
            {"band": "", "style": "hardbop", "max_quote": 6},
            "--no-band --style hardbop --max-quote 6".split(),
        ),
    ],
)
def test_the_same_seed_is_the_same_as_generate(bebop, tmp_path, words, options):
    one, other = tmp_path / "one.mid", tmp_path / "other.mid"
    bebop.play(CHANGES, seed=3, **words).save(one)
    assert main(["generate", "--chart", CHANGES, "--seed", "3", "--out", str(other), *options]) == 0
    assert one.read_bytes() == other.read_bytes()


def test_a_take_knows_its_seed_and_its_quotes(bebop):
    told: list[int] = []
    take = bebop.play(CHANGES, progress=told.append)
    assert bebop.play(CHANGES, seed=take.seed) == take
    assert told[-1] == 100 and take.cell == "bebop"
    long = bebop.play("blues", choruses=8, seed=1, player="Charlie Parker")
    assert long.longest_quote is None or long.longest_quote.notes >= 6


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (ChartError, {"chart": "| Zz |"}),
        (ModelError, {"player": "Nobody"}),
        (ValueError, {"choruses": 0}),
        (ValueError, {"seed": -1}),
        (TypeError, {"seed": "seven"}),
        (TypeError, {"foo": 1}),
    ],
)
def test_what_cannot_be_played_takes_one_sentence(bebop, kind, arguments):
    with pytest.raises(kind) as caught:
        bebop.play(**{"chart": CHANGES, **arguments})
    assert "\n" not in str(caught.value)


# -- note by note


@pytest.mark.usefixtures("rehearsing")  # as the processes do that play side by side
@pytest.mark.parametrize("workers", [1, 2])
def test_several_takes_are_single_ones_with_seeds_in_a_row(bebop, workers):
    told: list[int] = []
    takes = bebop.takes(CHANGES, 3, seed=5, workers=workers, progress=told.append, band="bass")
    assert takes == [bebop.play(CHANGES, seed=seed, band="bass") for seed in (5, 6, 7)]
    assert told == [33, 66, 100]
    with pytest.raises(ValueError, match="count must be 1 or more, not 0"):
        bebop.takes(CHANGES, 0)
    with pytest.raises(TypeError, match="tempoo"):
        bebop.takes(CHANGES, 2, workers=workers, tempoo=3)


def test_a_stream_is_the_take_note_by_note(bebop):
    words = {"choruses": 2, "seed": 5, "band": "piano,bass,drums"}
    take, notes = bebop.play(CHANGES, **words), [*bebop.stream(CHANGES, **words)]
    assert [note.onset_tick for note in notes] == sorted(note.onset_tick for note in notes)
    for track in take.tracks:  # the count-in is on the drummer's
        here = [note for note in notes if note.channel == track.channel]
        found = sorted((note.onset_tick, note.end_tick, note.pitch) for note in here)
        assert found == sorted((note.onset_tick, note.end_tick, note.pitch) for note in track.notes)
    assert {note.player for note in notes} == {"solo", "piano", "bass", "drums", "count-in"}


def test_a_stream_has_no_end_and_the_soloist_is_alone(bebop):
    stream = bebop.stream(CHANGES)
    notes = [*islice(stream, 200)]
    assert {note.player for note in notes} == {"solo"}
    assert notes[-1].onset_tick > stream.chart.length_tick
    assert notes[0].token and notes[0].written is not None


def test_the_cell_is_stepped_when_a_note_is_asked_for(bebop):
    """One token more than notes: that of the rest before the first."""
    stream = bebop.stream(CHANGES, seed=1, lay_back=60)
    for number in range(1, 30):
        next(stream)
        assert stream._ensemble.steps == number + 1


def test_what_is_steered_holds_from_the_next_note_on(bebop):
    """What was before is as it was."""
    plain = [*islice(bebop.stream(CHANGES, seed=2), 40)]
    stream = bebop.stream(CHANGES, seed=2)
    notes = [*islice(stream, 20)]
    stream.steer(density=-1, temperature=2)
    notes += islice(stream, 20)
    assert notes[:20] == plain[:20]
    assert notes[20:] != plain[20:]
    assert notes[-1].onset_tick - notes[19].onset_tick > plain[-1].onset_tick - plain[19].onset_tick


def test_a_stream_goes_by_the_tempo_it_is_steered_to(bebop):
    stream = bebop.stream(CHANGES, seed=2, tempo=120)
    assert stream.seconds_at(480) == 0.5
    note = next(stream)
    stream.steer(tempo=60)
    beat = -(-note.onset_tick // 480) * 480
    assert stream.seconds_at(beat) == pytest.approx(beat / 960)
    assert stream.seconds_at(beat + 480) - stream.seconds_at(beat) == pytest.approx(1.0)
    stream.steer(tempo=120, over_bars=2)
    later = beat + 20 * 480
    assert stream.seconds_at(later + 480) - stream.seconds_at(later) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (SteeringError, {"density": 3}),
        (SteeringError, {"density": None}),
        (SteeringError, {"player": "Charlie Parker:-1"}),
        (ModelError, {"player": "Nobody"}),
        (ModelError, {"style": "polka"}),
        (TypeError, {"densety": 1}),
    ],
)
def test_what_cannot_be_steered_changes_nothing(bebop, kind, changes):
    stream, plain = (bebop.stream(CHANGES, seed=4) for _ in range(2))
    with pytest.raises(kind) as caught:
        stream.steer(**changes)
    assert "\n" not in str(caught.value)
    assert [*islice(stream, 20)] == [*islice(plain, 20)]


# -- what solos cost

LINE = solo([(6 * n, 5, 60 + (0, 2, 4, 5, 7)[n % 5]) for n in range(20)], "line", [(0, "C7")])


def test_nats_of_a_file_are_those_of_its_solos(bebop, tmp_path):
    path = tmp_path / "solos.jsonl.gz"
    write_events(path, [LINE, LINE])
    told: list[int] = []
    scores = bebop.nats(path, progress=told.append)
    assert told[-1] == scores.notes == 38
    assert [one.costs.shape for one in scores.solos] == [(19,), (19,)]
    assert scores.nats_per_note == pytest.approx(scores.rhythm + scores.pitch)
    alone = bebop.nats([LINE])
    assert alone.nats_per_note == pytest.approx(scores.nats_per_note)
    assert repr(alone).startswith("<Scores: ") and repr(alone).endswith(" over 19 notes of 1 solo>")


def test_nats_of_nothing(bebop):
    with pytest.raises(CorpusError):
        bebop.nats([])
