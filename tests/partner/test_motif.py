"""What is taken up of a call: motifs, how they come back, and what a reply follows."""

from __future__ import annotations

import numpy as np

from improv.charts.text import parse_chart
from improv.controls.table import Controls
from improv.grammar.line.table import wait_class
from improv.partner.heard import HeardNote
from improv.partner.motif import Motif, Taking, classes_of, motifs_of
from improv.soloist.phrase_plan import DIVISIONS, TOUCHES, size_class

CHART = parse_chart("| C7 | % | F7 | % |")


def line(*notes, velocity=80):
    """(step, pitch[, steps it lasts])."""
    return [
        HeardNote(40 * step, 40 * (step + (more[0] if more else 5)), pitch, velocity, 40 * step)
        for step, pitch, *more in notes
    ]


EIGHTHS = line(*((6 * at, 60 + 2 * at) for at in range(8)))


def taking(call, seed=0, start_step=48, apart=False, **controls):
    controls = Controls().with_values(**controls)
    rng = np.random.default_rng(seed)
    return Taking(call, controls, CHART, rng, (44, 88), start_step, apart=apart)


def test_motifs_have_no_rest_in_them_and_not_the_whole_call():
    call = line((0, 60), (6, 62), (12, 64), (18, 65), (60, 67), (66, 69))
    assert [motif.waits for motif in motifs_of(call, CHART, 120)] == [(6, 6, 6)]
    assert max(len(motif.waits) for motif in motifs_of(EIGHTHS, CHART, 120)) == 5
    assert not motifs_of(EIGHTHS[:3], CHART, 120)


def test_what_stands_in_its_chords_stands_better():
    well, badly = (
        motifs_of(line(*((6 * at, pitch) for at, pitch in enumerate(pitches))), CHART, 60)
        for pitches in ((60, 64, 67, 70), (61, 66, 68, 71))
    )
    assert well[0].stands > 0.95 > 0 > badly[0].stands


def test_a_rhythm_that_stumbles_is_taken_as_it_was_meant_and_less_sure():
    steps = (0, 8, 10, 19, 24, 29)
    slipped = motifs_of(line(*((step, 60) for step in steps)), CHART, 170)
    clean = motifs_of(line(*((6 * at, 60) for at in range(6))), CHART, 170)
    assert [motif.waits for motif in slipped] == [motif.waits for motif in clean]
    assert all(a.sure < b.sure for a, b in zip(slipped, clean, strict=True))


def test_of_a_call_full_of_mistakes_more_is_taken_up():
    sure, unsure = Motif((2, 2), (6, 6), sure=-0.1), Motif((2, 2), (6, 6), sure=-1.5)
    assert unsure.power < 0.5 < sure.power == 1.0
    gains = []
    for motif in (sure, unsure):
        pull = taking(EIGHTHS, answer=0.5)
        pull._motif, pull._at = motif, 1
        gains.append(float(pull.pitches(54, 60).max()))
    assert gains[0] < gains[1]


def test_what_was_doubted_is_seldom_taken_up():
    doubts = [-4.0, -4.0, -4.0, -4.0, 3.0, -4.0, -4.0, -4.0]
    motifs = motifs_of(EIGHTHS, CHART, 120, doubts)
    clean = max(motifs, key=lambda motif: motif.sure)
    assert motifs.index(clean) == 0
    pull = Taking(EIGHTHS, Controls(), CHART, np.random.default_rng(0), (44, 88), 48, doubts)
    assert pull._chances[0] > 3 * np.median(pull._chances)


def test_a_motif_comes_back_turned_lengthened_or_as_its_rhythm():
    motif = Motif((2, -3), (6, 12))
    assert motif.turned().intervals == (-2, 3)
    assert motif.lengthened().waits == (12, 24)
    assert not motif.rhythm().pitched


def test_the_next_note_of_a_motif_is_made_likelier_the_more_is_to_come_back():
    gains = []
    for answer in (0.5, 1.0):
        pull = taking(EIGHTHS, answer=answer, seed=1)
        pull._motif, pull._at = Motif((2, 2, 2), (6, 6, 6)), 1
        leans = pull.pitches(54, 60)
        assert int(leans.argmax()) == 62
        gains.append(float(leans.max()))
        assert int(pull.waits(54, 62).argmax()) == wait_class(6)
    assert gains[1] == 2 * gains[0] > 0


def test_nothing_comes_back_where_nothing_is_asked_for():
    pull = taking(EIGHTHS, answer=0.0)
    for step in range(48, 200, 6):
        pull.pitches(step, 60)
        pull.said(step, 60, 6)
        assert pull._motif is None


def test_a_line_that_goes_elsewhere_gives_the_motif_up():
    pull = taking(EIGHTHS, answer=1.0)
    pull.pitches(48, 60)
    assert pull._motif is not None
    pull.said(48, 60, 31)
    assert pull._motif is None


def test_a_reply_goes_to_the_register_of_the_call_or_away_from_it():
    high = line(*((6 * at, 80) for at in range(8)))
    upwards = []
    for follow in (-1.0, 0.0, 1.0):
        pull = taking(high, answer=0.0, follow=follow)
        leans = pull.pitches(48, 66)
        upwards.append(float(leans[72] - leans[60]))
    assert upwards[0] < -1.0 < upwards[1] < 0.5 < upwards[2]


def test_a_reply_that_is_where_it_was_to_be_is_left_alone():
    pull = taking(line(*((6 * at, 80) for at in range(8))), answer=0.0, follow=1.0)
    for at in range(24):
        pull.said(48 + 6 * at, 78, 6)
    assert np.ptp(pull.pitches(200, 70)) < np.ptp(taking(EIGHTHS, answer=0.0).pitches(48, 30))
    saved = pull.save()
    before = pull.pitches(200, 70)
    pull.said(200, 40, 6)
    assert (pull.pitches(206, 70) != before).any()
    pull.restore(saved)
    assert (pull.pitches(200, 70) == before).all()


def test_a_reply_goes_to_the_density_of_the_call_or_away_from_it():
    sparse = line((0, 60), (96, 60), (180, 60))
    shorts = []
    for follow in (-1.0, 1.0):
        pull = taking(sparse, answer=0.0, follow=follow)
        for step in range(48, 144, 12):
            pull.said(step, 60, 12)
        leans = pull.waits(144, 60)
        shorts.append(float(leans[wait_class(3)] - leans[wait_class(24)]))
    assert shorts[1] < shorts[0]


def test_a_reply_is_louder_and_more_legato_with_a_call_that_is():
    soft = line(*((6 * at, 60, 1) for at in range(8)), velocity=40)
    loud = line(*((6 * at, 60, 6) for at in range(8)), velocity=110)
    low, high = (taking(call, follow=1.0) for call in (soft, loud))
    assert low.loudness < 0 < high.loudness
    assert low.articulation < 0 < high.articulation


def test_a_call_says_with_which_plans_it_could_have_been_played():
    sixteenths = line(
        *((3 * at, 60, 1) for at in range(8)), *((48 + 3 * at, 60, 1) for at in range(8))
    )
    found = classes_of(sixteenths)
    assert found["size"] == size_class(8)
    assert DIVISIONS[found["division"]] == "sixteenths"
    assert TOUCHES[found["touch"]] == "staccato"
    assert classes_of(line((0, 60, 6), (48, 62, 6))) == {"size": size_class(1)}


def test_a_reply_is_planned_as_the_call_was_played_or_otherwise():
    """Its phrases, about where it lies, and from whose head it begins."""
    call = line(*((3 * at, 80, 1) for at in range(8)))
    goes, away = (taking(call, follow=follow) for follow in (1.0, -1.0))
    staccato, sixteenths = 0, DIVISIONS.index("sixteenths")
    for part, at in (("touch", staccato), ("division", sixteenths)):
        assert goes.plans[part].argmax() == at != away.plans[part].argmax()
        assert not taking(call, follow=0.0).plans[part].any()
    assert away.home < taking(call, follow=0.0).home < 66 < goes.home <= 80
    assert taking(call, answer=1.0).plans["recall"].argmax() == 1
    assert not taking(call, answer=0.0).plans["recall"].any()


def test_in_a_duet_it_stays_off_the_note_that_sounds():
    held = [HeardNote(1920, None, 65, 80, 1920)]
    leans = taking(held, apart=True).pitches(60, 60)
    assert set(np.flatnonzero(leans < -10) % 12) == {5}
