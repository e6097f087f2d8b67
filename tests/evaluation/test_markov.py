"""Markov chains and their mixture, by hand, against themselves, and against the published figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from baselines.markov_predictor import UNIGRAM, VARIABLE_ORDER, MarkovPredictor
from listeners import solo

from improv.corpus.events import read_events
from improv.errors import CorpusError
from improv.evaluation.baselines.chains import (
    KNESER_NEY,
    LONG_TERM,
    SHORT_TERM,
    Chain,
    growing,
)
from improv.evaluation.baselines.hearing import PITCH, PITCH_AT, RHYTHM, RHYTHM_AT, rows_of
from improv.evaluation.baselines.loglinear import LogLinear
from improv.evaluation.baselines.markov import learn, markov_line
from improv.evaluation.protocol import score
from improv.grammar.line.ngrams import Contexts, Ngrams
from improv.music.transcription import Transcription


def invented(count: int, seed: int, length: int = 60) -> list[Transcription]:
    """Solos that repeat themselves, over changes, each its own tune."""
    rng = np.random.default_rng(seed)
    solos = []
    for number in range(count):
        lick = [
            (int(rng.choice([3, 6, 6, 12])), int(rng.choice([-2, -1, 1, 2, 3]))) for _ in range(7)
        ]
        onset, pitch, notes = int(rng.integers(0, 12)), 60, []
        for at in range(length):
            step, interval = lick[at % 7] if rng.random() < 0.8 else (6, int(rng.integers(-5, 6)))
            onset += step
            pitch = min(80, max(50, pitch + interval))
            notes.append((onset, int(rng.integers(1, 9)), pitch))
        chords = [(48 * bar, ("C7", "F7", "NC", "D-7")[int(rng.integers(4))]) for bar in range(12)]
        tune = solo(notes, f"solo {number}", chords)
        solos.append(Transcription(**{**fields(tune), "title": f"Tune {number}"}))
    return solos


def fields(tune: Transcription) -> dict:
    return {name: getattr(tune, name) for name in tune.__dataclass_fields__}


def test_a_chain_by_hand():
    """a b a b a a: after a came b, b, a; after b came a, a; discounts of the fall-back (one half)."""
    rows = np.array([[9], [0], [1], [0], [1], [0]], np.int32)  # what came before
    came = np.array([0, 1, 0, 1, 0, 0], np.int32)
    contexts = Contexts([[], [0]])
    found = Ngrams.learned(contexts.keys(rows), np.stack([came, came], 1))
    unseen, after_a = np.array([[7], [0]], np.int32)
    # No context: a is in the contexts start, b and a; b in one. (3 - 1/2) / 4 + (1 / 4) / 2
    plain = np.array([2.5 / 4 + 1 / 8, 0.5 / 4 + 1 / 8])
    refined = np.array([0.5, 1.5]) / 3 + 1 / 3 * plain
    keys = contexts.keys(np.array([unseen, after_a]))
    both = found.distributions(found.find(keys), 2)
    assert both == pytest.approx(np.array([plain, refined]))
    alone = found.distributions(found.find(keys[1:]), 2)
    assert alone == pytest.approx(refined[None])


def test_contexts_of_other_columns_or_values_have_other_keys():
    contexts = Contexts([[], [0], [1], [0, 1], [1, 0]])
    keys = contexts.keys(np.array([[1, 2], [2, 1], [1, 1]], np.int32))
    assert len(set(keys[:, 0].tolist())) == 1
    assert len(set(keys.ravel().tolist())) == 1 + 2 + 2 + 3 + 3


def test_rows_hold_what_was_heard_and_no_more():
    tune = solo([(0, 6, 60), (6, 2, 64), (30, 6, 62)], chords=[(0, "C7"), (12, "F-7")])
    rhythm, pitch, spans = rows_of([tune])
    assert spans.tolist() == [[0, 2]]
    assert rhythm[:, -1].tolist() == [6, 24]
    assert pitch[:, -1].tolist() == [64, 62]

    def rhythm_of(row, *names):
        return [int(rhythm[row, RHYTHM_AT[name]]) for name in names]

    def pitch_of(row, *names):
        return [int(pitch[row, PITCH_AT[name]]) for name in names]

    assert rhythm.shape[1] == len(RHYTHM) + 1
    assert pitch.shape[1] == len(PITCH) + 1
    assert rhythm_of(1, "r1", "r2", "pos", "posb", "i1", "du") == [6, 99, 6, 6, 4, 6]
    assert pitch_of(0, "r0", "root", "d1", "nmot", "p1") == [6, 0, 0, 5, 60]
    assert pitch_of(1, "r0", "root", "d1", "d2", "i1", "pos", "phn") == [24, 5, 11, 7, 4, 30, 0]


def test_the_mixture_finds_who_is_right():
    """Two experts, one always right and one always wrong: the powers tell them apart."""
    right = np.log(np.array([[0.9, 0.1], [0.1, 0.9]] * 50, np.float32))
    came = np.array([0, 1] * 50, np.int32)
    logs = np.stack([right, right[:, ::-1]])
    sure = np.zeros((100, 2), np.intp)
    start = LogLinear.even(np.array([1, 1]))
    assert np.exp(start.mixed(logs, sure)) == pytest.approx(0.5)
    found = start.fitted(logs, sure, came)
    assert found.weights[0] > found.weights[1] + 1
    assert np.exp(found.mixed(logs, sure)).sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize(
    "chains", [(UNIGRAM,), (KNESER_NEY,), (VARIABLE_ORDER,), (LONG_TERM,), (LONG_TERM, SHORT_TERM)]
)
def test_all_at_once_is_what_the_protocol_says(chains):
    model = learn(invented(12, 1), *chains)
    unheard = invented(3, 2, 20)
    scores = score(MarkovPredictor(model), unheard, workers=1)
    step_by_step = np.concatenate([each.costs for each in scores.solos])
    assert model.costs_of(unheard) == pytest.approx(step_by_step, abs=1e-4)


def test_a_memory_of_the_solo_pays_where_solos_repeat_themselves():
    train, unheard = invented(14, 3), invented(4, 4)
    without = learn(train, LONG_TERM).costs_of(unheard).mean()
    remembering = learn(train, LONG_TERM, SHORT_TERM).costs_of(unheard).mean()
    assert remembering < without - 0.2


def test_a_chain_that_begins_with_a_context_is_everything_alike_before_it():
    train = invented(5, 1)
    chains = ((Chain("ioi", (("pos",),)),), (growing("degree"),))
    model = learn(train, *[chains])
    odd = solo([(1000, 6, 60), (1019, 6, 61)])
    assert np.isfinite(score(MarkovPredictor(model), [odd], workers=1).nats_per_note)


def test_the_line_to_beat_needs_few_tunes():
    unheard = invented(2, 9)
    few = markov_line(invented(2, 1), unheard)
    assert few == pytest.approx(learn(invented(2, 1), KNESER_NEY).costs_of(unheard).mean())
    assert markov_line(invented(10, 1), unheard) < few


def test_too_few_tunes_for_a_mixture_are_named():
    with pytest.raises(CorpusError, match="2 different tunes"):
        learn(invented(2, 1), LONG_TERM)


def test_no_notes_are_named():
    with pytest.raises(CorpusError, match="nothing to learn from"):
        markov_line([solo([(0, 6, 60)])], invented(1, 1))
    with pytest.raises(CorpusError, match="nothing to measure on"):
        markov_line(invented(1, 1), [])


@pytest.mark.shared
def test_the_published_figures(shared_dir: Path):
    """PROTOCOL.md: unigrams 2.401 and 2.677; Kneser-Ney 1.877 and 2.486."""
    train = read_events(shared_dir / "eval" / "train.jsonl.gz")
    valid = read_events(shared_dir / "eval" / "valid.jsonl.gz")
    for chains, expected in ((UNIGRAM, 5.078), (KNESER_NEY, 4.363)):
        costs = learn(train, chains).costs_of(valid)
        assert len(costs) == 20_675
        assert costs.mean() == pytest.approx(expected, abs=0.01)
