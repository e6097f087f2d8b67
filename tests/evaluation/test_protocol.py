"""What each note costs, on examples small enough to work out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from listeners import Even, solo

from improv.errors import CorpusError, ModelError
from improv.evaluation.protocol import compare, other_meters, score, score_solo
from improv.music.transcription import ioi_class


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (1, 1),
        (6, 6),
        (48, 48),
        (49, 49),
        (57, 49),
        (58, 50),
        (67, 50),
        (96, 52),
        (97, 53),
        (384, 60),
    ],
)
def test_classes_of_long_iois_are_quarters_of_an_octave(steps, expected):
    assert ioi_class(steps) == expected
    assert expected <= 48 or expected == min(48 + math.ceil(4 * math.log2(steps / 48)), 60)


def test_the_last_class_is_open():
    assert ioi_class(100_000) == 60


def test_no_time_has_no_class():
    with pytest.raises(ValueError, match="0 steps"):
        ioi_class(0)


def test_the_model_is_told_nothing_before_it_has_answered():
    model = Even()
    score_solo(model, solo([(3, 4, 60), (9, 20, 62), (15, 6, 64)]))
    assert model.calls == [
        ("begin", "solo", ()),
        ("heard", 3, 60),
        ("rhythm",),
        ("ended", 4, None),
        ("pitch", 9),
        ("heard", 9, 62),
        ("rhythm",),
        ("ended", 6, None),  # it rang on, but that was not known when the next began
        ("pitch", 15),
        ("heard", 15, 64),
    ]


def test_the_first_note_is_free_and_the_mean_is_over_notes():
    two = [solo([(0, 6, 60), (6, 6, 62)], "a"), solo([(0, 6, 60), (6, 6, 62), (12, 6, 64)], "b")]
    scores = score(Even(), two, workers=1)
    assert scores.notes == 3
    assert scores.rhythm == pytest.approx(math.log(60))
    assert scores.pitch == pytest.approx(math.log(128))
    assert scores.nats_per_note == pytest.approx(math.log(60 * 128))
    assert [len(each.costs) for each in scores.solos] == [1, 2]


class Repeats(Even):
    """Expects the same again: half for the ioi before (or an eighth), three quarters for the pitch."""

    def begin(self, solo):
        self.onset, self.ioi = None, 6

    def heard(self, onset_step, pitch):
        if self.onset is not None:
            self.ioi = onset_step - self.onset
        self.onset, self.last = onset_step, pitch

    def rhythm(self):
        answer = np.full(61, 0.5 / 59)
        answer[0], answer[self.ioi] = 0, 0.5
        return answer

    def pitch(self, onset_step):
        answer = np.full(128, 0.25 / 127)
        answer[self.last] = 0.75
        return answer


def test_costs_worked_out_by_hand():
    scores = score_solo(Repeats(), solo([(0, 6, 60), (6, 6, 60), (18, 6, 67), (30, 6, 67)]))
    assert scores.rhythm == pytest.approx(-np.log([1 / 2, 1 / 118, 1 / 2]))
    assert scores.pitch == pytest.approx(-np.log([3 / 4, 1 / 508, 3 / 4]))


def test_processes_change_nothing():
    solos = [
        solo([(0, 6, 60), *((6 * n, 5, 60 + n) for n in range(1, 9 - k))], f"{k}") for k in range(5)
    ]
    seen: list[int] = []
    alone = score(Repeats(), solos, workers=1)
    shared = score(Repeats(), solos, workers=2, progress=seen.append)
    assert [one.id for one in shared.solos] == [one.id for one in alone.solos]
    for one, other in zip(alone.solos, shared.solos, strict=True):
        assert (one.costs == other.costs).all()
    assert seen == sorted(seen)
    assert seen[-1] == alone.notes


def broken(**answers):
    model = Even()
    for name, answer in answers.items():
        setattr(model, name, lambda *_, answer=answer: answer)
    return model


def spike(size, at):
    answer = np.zeros(size)
    answer[at] = 1
    return answer


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (broken(rhythm=np.ones(61) / 61), r"class 0.*ioi \(6 steps\) of note 2 of 'solo'"),
        (broken(rhythm=np.ones(60) / 60), r"shape \(60,\).*ioi"),
        (broken(rhythm=spike(61, 5)), r"ioi \(6 steps\) of note 2 of 'solo' the probability 0"),
        (broken(pitch=np.ones(128) / 127), r"pitch \(62\) of note 2.*sum 1\.007"),
        (broken(pitch=spike(128, 61)), r"pitch \(62\) of note 2 of 'solo' the probability 0"),
        (broken(pitch=np.full(128, np.nan)), r"no distribution"),
        (broken(pitch=spike(128, 62) * 2 - spike(128, 61)), r"least -1"),
    ],
)
def test_what_is_no_distribution_is_named(model, message):
    with pytest.raises(ModelError, match=message):
        score_solo(model, solo([(0, 6, 60), (6, 6, 62)]))


def test_an_error_in_a_process_reaches_the_caller():
    solos = [solo([(0, 6, 60), (6, 6, 62)], str(n)) for n in range(3)]
    with pytest.raises(ModelError, match="shape"):
        score(Wrong(), solos, workers=2)


class Wrong(Even):
    def rhythm(self):
        return np.ones(3) / 3


@pytest.mark.parametrize("solos", [[], [solo([])], [solo([(0, 6, 60)])]])
def test_nothing_to_score_is_said(solos):
    with pytest.raises(CorpusError, match="nothing to score"):
        score(Even(), solos)


def test_a_model_that_is_better_everywhere_is_better_in_every_resample():
    solos = [solo([(0, 6, 60), (6, 6, 60), (12, 6, 60)], str(n)) for n in range(4)]
    better, worse = score(Repeats(), solos, workers=1), score(Even(), solos, workers=1)
    found = compare(better, worse, np.random.default_rng(1), resamples=200)
    gain = math.log(60 * 128) - math.log(2 * 4 / 3)
    assert found.difference == pytest.approx(gain)
    assert found.low == pytest.approx(gain)
    back = compare(worse, better, np.random.default_rng(1), resamples=200)
    assert back.difference == pytest.approx(-gain)


def test_the_interval_is_of_solos_not_of_notes():
    """Two solos that say opposite things: no certainty, however many notes they have."""
    repeated = solo([(6 * n, 6, 60) for n in range(101)], "same")
    leaping = solo([(6 * n, 6, 60 + n % 2) for n in range(101)], "leaps")
    solos = [repeated, leaping]
    found = compare(
        score(Repeats(), solos, workers=1),
        score(Even(), solos, workers=1),
        np.random.default_rng(1),
    )
    assert found.low < found.difference < found.high
    assert found.high - found.low > 3


def test_only_the_same_solos_are_compared():
    one = score(Even(), [solo([(0, 6, 60), (6, 6, 60)], "a")], workers=1)
    other = score(Even(), [solo([(0, 6, 60), (6, 6, 60)], "b")], workers=1)
    with pytest.raises(ValueError, match="same solos"):
        compare(one, other, np.random.default_rng(1))


def test_other_meters_are_counted():
    assert other_meters([solo([]), solo([], beats_per_bar=3)]) == 1
