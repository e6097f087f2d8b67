"""Replies beside what people play after a call, told apart."""

from __future__ import annotations

import pytest
from solos import solo

from improv.cell.load import find_model
from improv.config import DEFAULT_MODEL
from improv.errors import CorpusError
from improv.evaluation.judged_replies import KINDS, judged_replies

pytest.importorskip("sklearn")


def _played(number):
    notes = [(6 * at, 3, 60 + (at * (number + 2)) % 12) for at in range(16 * 8)]
    chords = ((0, "C7"), (192, "F7"))
    name = f"player {number}"
    return solo(notes, chords, performer=name, title=name, id=name)


def test_who_plays_scales_for_ever_is_told_from_a_machine_that_listens():
    solos = [_played(number) for number in range(7)]
    found = judged_replies(
        find_model(DEFAULT_MODEL), solos, solos[:3], calls=21, workers=1, kinds=KINDS[:1]
    )
    judgement = found.judgements["replies"]
    assert judgement.judge[0] > 0.9
    people, machine = judgement.excerpts["valid"]
    assert people == 9 >= machine > 4
    assert "replies" in found.text()
    assert found.as_json()["replies"]["auc"] == round(judgement.judge[0], 4)


def test_one_player_alone_is_too_little():
    with pytest.raises(CorpusError, match="solos of two players or more"):
        judged_replies(find_model(DEFAULT_MODEL), [_played(0)], [_played(0)])
