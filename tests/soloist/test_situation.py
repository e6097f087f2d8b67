"""Where a line is: in beat, phrase and plan, how high, and what it may take up."""

from __future__ import annotations

from leanings_maker import followed

from improv.soloist.phrase_plan import Classes, PhrasePlan
from improv.soloist.situation import NONE, interval_index


def test_a_situation_says_where_the_line_is():
    """In the beat and the phrase, after which waits and intervals, how high against before."""
    follower = followed([(60, 6, 6), (62, 6, 6), (67, 18, 6), (72, 4, 3)])
    found = follower.situation(27, sounding=False)
    assert (found.place, found.beat) == (3, 2)
    assert found.waits == (4, 18, 6)
    assert found.intervals == (interval_index(5), interval_index(5))
    assert found.held == 6
    assert found.phrase == 1, "a rest of a beat ended the phrase before its last note"
    assert found.phrase_before == 3
    assert found.register > 10
    assert followed([(60, 6, 6)], 300.0).situation(0, sounding=False).tempo > found.tempo


def test_it_knows_how_a_phrase_went_on_that_began_so():
    """The latest such one; a head that began otherwise is none."""
    head = [(60, 6, 6), (64, 6, 6), (67, 12, 12), (64, 24, 6)]
    other = [(60, 4, 4), (58, 30, 4)]
    follower = followed([*head, *other])
    follower.say_pitch(50)
    assert follower.situation(0, sounding=True).head == 4, "the first wait of the last phrase"
    follower.end(6, 6)
    found = follower.situation(6, sounding=False)
    assert found.head == interval_index(4) and found.alike != NONE
    follower.say_pitch(54)
    assert follower.situation(6, sounding=True).head == 6
    follower.end(9, 9)
    assert follower.situation(15, sounding=False).alike == NONE


def test_a_situation_counts_down_to_the_end_of_the_plan():
    """And says how far target and centre are; without a plan it says nothing."""
    follower = followed([(60, 24, 6)])
    assert follower.begins and follower.situation(0, sounding=False).left == NONE
    plan = PhrasePlan(0, 3, "eighths", 66, 60, "louder", "held", None)
    follower.begin(plan, Classes(2, 1, 8, 4, 2, 3, 0))
    left = []
    for pitch in (62, 64, 67):
        left.append(follower.situation(0, sounding=False).left)
        follower.say_pitch(pitch)
        left.append(follower.situation(0, sounding=True).left)
        follower.end(6 if pitch < 67 else 30, 6)
    assert left == [2, 2, 1, 1, 0, 0]
    assert follower.plan is None and follower.before().classes.size == 2
    follower.begin(plan, Classes(2, 1, 8, 4, 2, 3, 0))
    found = follower.situation(0, sounding=False)
    assert (found.division, found.loudness, found.touch) == (1, 2, 3)
    assert (found.target, found.centre) == (7, 4), "on the target, seven above the centre"


def test_what_a_plan_takes_up_is_followed_where_it_moves_alike():
    """In rhythm and direction, if not by the same intervals."""
    first = [(60, 6, 6), (64, 12, 12), (67, 4, 4), (65, 30, 4)]
    other = [(70, 6, 6), (69, 3, 3), (68, 40, 3)]
    follower = followed([*first, *other])
    follower.begin(
        PhrasePlan(0, 4, "eighths", 66, 60, "louder", "held", 1), Classes(2, 1, 8, 4, 2, 3, 2)
    )
    follower.say_pitch(50)
    found = follower.situation(0, sounding=True)
    assert (found.head, found.recalled) == (6, 1)
    follower.end(6, 6)
    follower.say_pitch(52)  # up, by less
    found = follower.situation(0, sounding=True)
    assert (found.head, found.recalled) == (12, 1)


def test_a_line_that_is_to_go_elsewhere_is_as_far_from_home_as_that():
    follower = followed([(60, 6, 6)] * 8)
    assert follower.home == 60 and follower.before().home == 6
    follower.goes_to = 72.0
    assert follower.home == 72 and follower.before().home == 6 - 4
    assert follower.situation(0, sounding=False).home == 0
    saved = follower.save()
    follower.goes_to = None
    follower.restore(saved)
    assert follower.home == 72
