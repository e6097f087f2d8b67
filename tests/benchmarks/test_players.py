"""A classifier of players, and what it says of generated ones."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from alone import Quarters, played_by
from measures.logistic import cross_validated, fit, folds
from measures.player_features import PLAYER_EXCERPT_NOTES, examples_of, features
from measures.players import generate_as, players_with_most, tell_players
from solos import solo

from improv.errors import CorpusError
from improv.evaluation.choruses import Playing
from improv.evaluation.musical_measures import lines_of
from improv.music.transcription import Transcription

# -- the regression


def test_the_regression_finds_what_separates_and_is_the_same_every_time() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 5))
    labels = ["a" if row[1] > 0 else "b" for row in rows]
    model = fit(rows, labels)
    said = model.log_probabilities(rows)
    assert np.exp(said).sum(axis=1) == pytest.approx(np.ones(200))
    right = np.mean(
        [model.classes[at] == label for at, label in zip(said.argmax(1), labels, strict=True)]
    )
    assert right > 0.97
    assert (fit(rows, labels).weights == model.weights).all()
    assert abs(model.weights[1, 0]) > 5 * np.abs(np.delete(model.weights[:-1, 0], 1)).max()


def test_every_class_counts_alike() -> None:
    # nothing to go by: the rare label is as likely as the frequent one
    rows = np.zeros((100, 2))
    said = fit(rows, ["a"] * 90 + ["b"] * 10).log_probabilities(rows[:1])
    assert np.exp(said[0]) == pytest.approx([0.5, 0.5])


def test_the_loss_is_at_its_least() -> None:
    rng = np.random.default_rng(1)
    rows, labels = rng.normal(size=(60, 3)), ["a", "b", "c"] * 20
    model = fit(rows, labels, penalty=0.1)
    scaled = np.c_[(rows - model.mean) / model.scale, np.ones(60)]
    truth = np.array([[label == name for name in model.classes] for label in labels], float)
    slope = scaled.T @ (np.exp(model.log_probabilities(rows)) - truth) / 60
    slope[:-1] += 0.1 * model.weights[:-1]
    assert np.abs(slope).max() < 1e-6


def test_one_class_is_nothing_to_tell_apart() -> None:
    with pytest.raises(ValueError, match="Nothing to classify"):
        fit(np.zeros((3, 1)), ["a"] * 3)


def test_folds_keep_groups_together_and_spread_labels() -> None:
    labels = [name for name in "ab" for _ in range(50)]
    groups = [f"{name}{at % 10}" for name in "ab" for at in range(50)]
    fold = folds(labels, groups, 5)
    for group in set(groups):
        assert len({fold[at] for at in range(100) if groups[at] == group}) == 1
    for at in range(5):
        assert [labels[i] for i in range(100) if fold[i] == at].count("a") == 10


def test_cross_validation_does_not_know_what_it_is_asked() -> None:
    # each group has a mark of its own that gives its label away: useless for other groups
    marks = np.eye(10)[np.repeat(np.arange(10), 6)]
    labels = [("a", "b")[at % 2] for at in range(10) for _ in range(6)]
    groups = [str(at) for at in range(10) for _ in range(6)]
    assert (
        fit(marks, labels).log_probabilities(marks).argmax(1) == [x == "b" for x in labels]
    ).all()
    said = cross_validated(marks, labels, groups)
    assert np.abs(np.exp(said) - 0.5).max() < 0.2


# -- features


def line(player: str, number: int, tune: str | None = None) -> Transcription:
    """Two players: eighths in thirds with rests, or triplets in seconds."""
    rng = np.random.default_rng(number)
    long = player == "Long"
    pitch, onset, notes = 60, 0, []
    for at in range(2 * PLAYER_EXCERPT_NOTES + 9):
        notes.append((onset, 6 if long else 3, pitch))
        onset += (6 if long else 4) + (12 if at % 9 == 8 else 0)
        wide = int(rng.integers(-4, 5)) if long else int(rng.integers(-2, 3))
        pitch = min(80, max(50, pitch + wide))
    return solo(
        notes,
        [(at * 48, "C7") for at in range(40)],
        [(0, "A", 1)],
        performer=player,
        id=f"{player} {number}",
        title=tune or f"Tune {player} {number}",
    )


def test_features_are_finite_and_as_many_for_any_excerpt() -> None:
    usual = features(lines_of(line("Long", 1)), 0, 128)
    dull = solo([(at * 300, 300, 60) for at in range(9)], [(0, "NC")])
    assert np.isfinite(features(lines_of(dull), 0, 9)).all()
    assert len(features(lines_of(dull), 0, 9)) == len(usual)
    assert len(features(lines_of(dull), 0, 9, register=False)) == len(usual) - 4


def test_features_do_not_know_the_key() -> None:
    here = line("Long", 1)
    up = replace(
        here,
        chords=tuple((step, "D7") for step, _ in here.chords),
        notes=tuple(replace(note, pitch=note.pitch + 2) for note in here.notes),
    )
    pair = [features(lines_of(each), 0, 128, register=False) for each in (here, up)]
    assert pair[0] == pytest.approx(pair[1])


def test_examples_are_whole_excerpts() -> None:
    found = examples_of([line("Long", 1), solo([(0, 6, 60)])])
    assert found.players == ("Long", "Long")
    assert len(found.features) == 2
    only = found.where(np.array([False, True]))
    assert (only.features == found.features[1:]).all()


# -- players

TRAIN = [line(player, number) for player in ("Long", "Short") for number in range(5)]


def test_players_with_most_have_enough_tunes() -> None:
    assert players_with_most([*TRAIN, line("Once", 1)]) == ("Long", "Short")
    with pytest.raises(CorpusError, match="0 of 1 played over 5 tunes"):
        players_with_most([line("Once", 1)])


def test_players_who_are_played_like_them_are_told() -> None:
    same_tune = [
        line(name, 30 + at, f"Chart {at}") for name in ("Long", "Short") for at in range(5)
    ]
    nobody = replace(line("Long", 50), performer="")
    found = tell_players(TRAIN, [*same_tune, nobody], ("Short", "Long"), valid=[line("Short", 60)])
    assert found.players == ("Long", "Short")
    for what in (found.human, found.generated, found.apart, found.centred):
        assert what.right == what.solos_right == 1.0
    assert found.interval == (1.0, 1.0)
    assert found.no_player is not None
    assert found.no_player.tolist() == [1.0, 0.0]
    assert found.valid is not None
    assert np.isnan(found.valid.confusion[0]).all()
    told = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert told["chance"] == 0.5
    assert told["valid"]["confusion"] == [[None, None], [0.0, 1.0]]
    assert "generated as each player                 100.0 %" in found.text()


def test_players_who_are_all_alike_are_told_by_chance() -> None:
    alike = [
        replace(line("Long", at, f"Chart {at}"), performer=name)
        for name in ("Long", "Short")
        for at in range(5)
    ]
    found = tell_players(TRAIN, alike, ("Long", "Short"))
    assert found.generated.right == 0.5
    assert found.generated.confusion.tolist() == [[1.0, 0.0], [1.0, 0.0]]
    assert found.centred.right == 0.5
    assert found.apart.right == 0.5
    assert found.no_player is None
    assert found.valid is None


def test_a_player_without_excerpts_is_named() -> None:
    with pytest.raises(CorpusError, match="no generated excerpt of 'Short'"):
        tell_players(TRAIN, TRAIN[:5], ("Long", "Short"))


def playing_as(player: str | None) -> Playing:
    return played_by(lambda tick, number: Quarters(tick, {"Long": 60, None: 50}[player]))


def test_each_player_plays_over_the_same_charts() -> None:
    seen: list[int] = []
    found = generate_as(
        playing_as, ["Long", None], TRAIN[:2], choruses=2, workers=1, progress=seen.append
    )
    assert seen == [1, 2, 3, 4]
    assert [each.performer for each in found] == ["Long", "Long", "", ""]
    assert [each.notes[0].pitch for each in found] == [60, 60, 50, 50]
    assert found[0].chords == found[2].chords
