"""What the messages of a MIDI clock mean: start, stop, seek, lost pulses, a clock that is gone."""

from __future__ import annotations

import random

import pytest

from improv.midi.events import ClockMessage
from improv.sync.midi_clock import ClockFollower, Follows, Halts, Rolls, Says, Seeks

BEAT_NS = 500_000_000  # 120 bpm
PULSE_NS = BEAT_NS / 24


class Sender:
    """A clock that is sent, and what the follower makes of it."""

    def __init__(self, **options):
        self.follower = ClockFollower("'DAW'", 600_000_000, **options)
        self.ns, self.moves = 1_000_000_000.0, []

    def hear(self, *data, ns=None):
        moves = self.follower.hear(ClockMessage(round(self.ns if ns is None else ns), bytes(data)))
        self.moves += moves
        return moves

    def pulses(self, count, period_ns=PULSE_NS):
        for _ in range(count):
            self.hear(0xF8)
            self.ns += period_ns

    def look(self, ns):
        moves = self.follower.look(round(ns))
        self.moves += moves
        return moves

    def of(self, kind):
        return [move for move in self.moves if isinstance(move, kind)]

    @property
    def last(self):
        return self.of(Follows)[-1]

    def tick_now(self):
        """Where the music is now, by what was said last."""
        follows = self.last
        return follows.tick + (self.ns - follows.ns) * 480 / follows.beat_ns


def test_the_first_pulse_after_start_is_the_first_beat():
    sender = Sender()
    sender.pulses(100)
    assert not sender.of(Follows), "nobody has said start"
    sender.hear(0xFA)
    start_ns = sender.ns
    sender.pulses(48)
    assert sender.of(Rolls) == [Rolls(0)]
    assert sender.of(Follows)[0].tick == 0
    assert sender.of(Follows)[0].ns == pytest.approx(start_ns, abs=1000)
    assert sender.last.beat_ns == pytest.approx(BEAT_NS, abs=100)
    assert sender.tick_now() == pytest.approx(960, abs=0.01)


def test_a_clock_that_begins_with_start_is_followed_from_its_second_pulse():
    sender = Sender()
    sender.hear(0xFA)
    sender.pulses(2)
    assert sender.of(Follows)[0].beat_ns == 600_000_000, "what was expected"
    assert sender.last.beat_ns == pytest.approx(BEAT_NS, rel=0.01)


def test_who_waits_for_start_says_so_once():
    sender = Sender()
    sender.pulses(500)
    (said,) = sender.of(Says)
    assert said.text == "'DAW' beats at 120.0 bpm; waiting for its Start."


def test_stop_halts_and_continue_goes_on_with_the_next_pulse():
    sender = Sender()
    sender.hear(0xFA)
    sender.pulses(30)
    assert sender.hear(0xFC) == [Halts()]
    sender.pulses(77)
    sender.hear(0xFB)
    sender.pulses(1)
    assert sender.of(Rolls) == [Rolls(0), Rolls(30 * 20)]
    assert not sender.of(Seeks)


def test_start_begins_the_form_anew():
    sender = Sender()
    sender.hear(0xFA)
    sender.pulses(30)
    sender.hear(0xFC)
    assert sender.hear(0xFA) == [Seeks(0)]
    sender.pulses(1)
    assert sender.of(Rolls)[-1] == Rolls(0)


def test_a_second_stop_or_start_is_nothing_new():
    sender = Sender()
    assert sender.hear(0xFC) == []
    assert sender.hear(0xFA) == []
    assert sender.hear(0xFA) == []
    sender.pulses(5)
    assert sender.hear(0xFB) == [], "it rolls"
    assert sender.of(Rolls) == [Rolls(0)]


@pytest.mark.parametrize(("low", "high", "tick"), [(16, 0, 1920), (0, 1, 128 * 120), (5, 2, 31320)])
def test_song_position_seeks_and_continue_goes_on_there(low, high, tick):
    """In sixteenths, 14 bits, the low seven first."""
    sender = Sender()
    sender.pulses(30)
    assert sender.hear(0xF2, low, high) == [Seeks(tick)]
    sender.hear(0xFB)
    sender.pulses(25)
    assert sender.of(Rolls) == [Rolls(tick)]
    assert sender.tick_now() == pytest.approx(tick + 500, abs=0.1)


def test_song_position_while_it_plays_jumps_with_the_next_pulse():
    """As DAWs do at the end of a loop."""
    sender = Sender()
    sender.hear(0xFA)
    sender.pulses(48)
    assert sender.hear(0xF2, 0, 0) == [Halts(), Seeks(0)]
    sender.pulses(1)
    assert sender.of(Rolls)[-1] == Rolls(0)


@pytest.mark.parametrize("lost", [1, 2, 5])
def test_lost_pulses_are_said_and_the_bar_line_stays(lost):
    sender = Sender()
    sender.hear(0xFA)
    sender.pulses(96)
    sender.ns += lost * PULSE_NS
    sender.pulses(24)
    (said,) = sender.of(Says)
    assert said.problem
    assert said.text == f"'DAW' lost {lost} pulse{'s' * (lost > 1)}; the bar line is kept."
    assert sender.tick_now() == pytest.approx((96 + 24 + lost) * 20, abs=0.01)


@pytest.mark.parametrize("late", [2, 3, 8])
def test_pulses_that_are_held_up_and_come_in_a_row_are_not_lost(late):
    """A sender, or the way from it, that stands still for a moment: all come, too late."""
    sender = Sender()
    sender.hear(0xFA)
    sender.pulses(96)
    meant_ns = sender.ns
    sender.ns = meant_ns + late * PULSE_NS  # when the next would come
    for _ in range(late):
        sender.hear(0xF8, ns=sender.ns - 1_000_000)
    sender.pulses(24)
    assert not sender.of(Says)
    assert sender.tick_now() == pytest.approx((96 + late + 24) * 20, abs=0.01)


def test_of_pulses_that_are_held_up_some_may_be_lost():
    sender = Sender()
    sender.hear(0xFA)
    sender.pulses(96)
    sender.ns += 8 * PULSE_NS
    for _ in range(5):
        sender.hear(0xF8, ns=sender.ns - 1_000_000)
    sender.pulses(24)
    assert sender.of(Says)[0].text == "'DAW' lost 3 pulses; the bar line is kept."
    assert sender.tick_now() == pytest.approx((96 + 8 + 24) * 20, abs=0.01)


def test_a_clock_at_half_the_tempo_has_lost_nothing():
    sender = Sender()
    sender.hear(0xFA)
    sender.pulses(96)
    sender.pulses(96, 2 * PULSE_NS)
    assert not sender.of(Says)
    assert sender.last.beat_ns == pytest.approx(2 * BEAT_NS, rel=1e-3)
    assert sender.tick_now() == pytest.approx(192 * 20, abs=1)


@pytest.mark.parametrize("bpm", [60, 120, 300])
def test_a_clock_that_goes_silent_is_noticed_within_a_beat(bpm):
    sender, beat_ns = Sender(), 60e9 / bpm
    sender.hear(0xFA)
    sender.pulses(96, beat_ns / 24)
    last_ns = sender.ns - beat_ns / 24
    assert sender.follower.wake_ns() <= last_ns + beat_ns
    assert sender.look(last_ns + beat_ns / 4) == []
    (said,) = sender.look(last_ns + beat_ns)
    assert said.text == f"'DAW' sends no more pulses; playing on at {bpm}.0 bpm."
    assert said.problem
    assert sender.look(last_ns + 10 * beat_ns) == [], "said once"
    assert not sender.follower.locked


def test_a_clock_that_comes_back_is_in_step_with_what_was_played_meanwhile():
    sender = Sender()
    sender.hear(0xFA)
    sender.pulses(96)
    sender.look(sender.ns + BEAT_NS)
    sender.ns += 1000 * PULSE_NS + 1_000_000
    sender.pulses(48)
    assert sender.of(Says)[-1].text == "'DAW' is heard again."
    assert sender.tick_now() == pytest.approx((96 + 1000 + 48) * 20, abs=0.2)
    assert sender.follower.locked


def test_a_lost_clock_stops_where_that_is_asked_for_and_goes_on_with_its_next_pulse():
    sender = Sender(stops_when_lost=True)
    sender.hear(0xFA)
    sender.pulses(96)
    assert Halts() in sender.look(sender.ns + BEAT_NS)
    sender.ns += 5e9
    sender.pulses(1)
    assert sender.of(Rolls)[-1] == Rolls(96 * 20)


def test_a_pulse_lost_just_before_the_clock_goes_is_counted():
    sender = Sender()
    sender.hear(0xFA)
    sender.pulses(96)
    sender.ns += 3 * PULSE_NS
    sender.pulses(1)  # doubted: three lost, or slower?
    sender.look(sender.ns + BEAT_NS)
    sender.ns += 100 * PULSE_NS
    sender.pulses(1)
    assert sender.tick_now() == pytest.approx((96 + 3 + 1 + 100 + 1) * 20, abs=0.2)


def test_other_messages_mean_nothing():
    sender = Sender()
    assert sender.hear(0xFE) == sender.hear(0xF6) == sender.hear(0xF2) == []


def handed_over(sender, bpm, held_ns, beats=64, lost=(), again=0):
    """Pulses that are handed over once in `held_ns`; how far the music is off at each, in pulses.

    At pulse `again` Start comes again.
    """
    dice, begin_ns, came_ns, off = random.Random(1), sender.ns, 0, []
    for number in range(24 * beats):
        meant_ns = begin_ns + number * 60e9 / bpm / 24
        handed_ns = (meant_ns // held_ns + 1) * held_ns + dice.uniform(0, 200_000)
        came_ns = max(handed_ns, came_ns + dice.uniform(5_000, 60_000))
        wake_ns = sender.follower.wake_ns()
        if wake_ns is not None and wake_ns <= came_ns:
            sender.look(wake_ns)
        if again and number == again:
            sender.hear(0xFA, ns=came_ns)
        if number not in lost:
            sender.hear(0xF8, ns=came_ns)
        sender.ns = meant_ns + held_ns / 2
        if number:
            off.append(sender.tick_now() / 20 - number + (again if number >= again else 0))
    return off


@pytest.mark.parametrize("bpm", [60, 120, 180, 240])
@pytest.mark.parametrize("held_ms", [10.67, 21.33, 42.67])
def test_a_clock_that_is_handed_over_once_a_period_loses_nothing(held_ms, bpm):
    """JACK with 512, 1024, 2048 frames; a beat's lateness is within the period, and nothing is said."""
    sender = Sender()
    sender.hear(0xFA)
    off = handed_over(sender, bpm, held_ms * 1e6)
    most = 0.1 + held_ms * bpm * 24 / 60e3 / 2
    assert max(map(abs, off[192:])) < most
    assert not sender.of(Says)


@pytest.mark.parametrize(("frames", "bpm"), [(512, 218), (512, 225), (1024, 106), (1024, 113)])
def test_what_seems_lost_at_even_distances_was_not_and_is_taken_back(frames, bpm):
    """A little slower than one pulse a period: each comes a period after the other, now and then two."""
    sender = Sender()
    sender.hear(0xFA)
    off = handed_over(sender, bpm, frames / 48_000 * 1e9)
    assert max(map(abs, off[24 * 20 :])) < 0.7
    said = [move.text for move in sender.of(Says)]
    assert set(said[:-1]) <= {"'DAW' lost 1 pulse; the bar line is kept."} and len(said) < 8
    assert said[-1] == "'DAW' is uneven, but no pulse was lost; the beat is corrected."


def test_what_was_counted_before_a_start_is_not_taken_back_after_it():
    """Two are said to be lost, the form begins anew, two more: then it is known that none was."""
    sender = Sender()
    sender.hear(0xFA)
    off = handed_over(sender, 113, 1024 / 48e3 * 1e9, again=70)
    assert max(map(abs, off[24 * 24 :])) < 0.7


def test_a_tempo_that_was_taken_wrong_does_not_run_away():
    """Pulses between which many seem to be missing, again and again, are all there are."""
    sender = Sender()
    sender.hear(0xFA)
    handed_over(sender, 180, 512 / 48_000 * 1e9, lost={14, 221, 470})
    tick = sender.last.tick
    assert abs(tick / 20 - 24 * 64) < 10
    assert sender.last.beat_ns == pytest.approx(60e9 / 180, rel=0.01)


@pytest.mark.parametrize("after", [2, 3, 5])
def test_steps_that_would_have_lost_most_pulses_are_a_slower_clock(after):
    """In turn one and `after` times the old distance: never was one sent in between."""
    sender = Sender()
    sender.hear(0xFA)
    sender.pulses(96)
    for number in range(200):
        sender.pulses(1, PULSE_NS * (after if number % 2 else 1.6))
    assert sender.last.beat_ns == pytest.approx(BEAT_NS * (after + 1.6) / 2, rel=0.1)
    assert sender.last.tick < (96 + 200 + 14) * 20


@pytest.mark.parametrize("seed", range(5))
def test_whatever_comes_in_the_tempo_is_one_that_a_clock_has(seed):
    """Steps from 0.01 ms to 0.3 s: 20 to 1,000 bpm."""
    dice, sender = random.Random(seed), Sender()
    sender.hear(0xFA)
    for _ in range(3000):
        sender.pulses(1, 10 ** dice.uniform(4, 8.5))
        sender.look(sender.ns)
    assert all(60_000_000 <= move.beat_ns <= 3_000_000_000 for move in sender.of(Follows)[2:])


@pytest.mark.parametrize("bpm", [60, 120, 190, 300])
def test_notes_land_on_the_beat_of_a_sender_that_trembles(bpm):
    """Within 2 ms after two bars, and 1 ms of it is what the issue asks of a tremble of 3 ms."""
    rng, sender, beat_ns = random.Random(bpm), Sender(), 60e9 / bpm
    sender.hear(0xFA)
    start_ns, worst = sender.ns, 0.0
    for number in range(24 * 200):
        meant_ns = start_ns + number * beat_ns / 24
        sender.hear(0xF8, ns=meant_ns + rng.uniform(-3e6, 3e6))
        if number > 192:
            sender.ns = meant_ns
            worst = max(worst, abs(sender.tick_now() - number * 20) / 480 * beat_ns)
    assert worst < 1e6
    assert not sender.of(Says)


BAR_S = 2.0  # 4/4 at 120 bpm


def stalled(from_s, for_s, until_s, keep):
    """Pulses of 120 bpm; those due in the stall come at its end, where `keep(number)`."""
    pulses = []
    for number in range(round(until_s * 48)):
        due_s = number / 48
        if from_s <= due_s < from_s + for_s:
            if keep(number):
                pulses.append(from_s + for_s)
        else:
            pulses.append(due_s)
    return [round(s * 1e9) for s in pulses]


def followed(pulses_ns, until_s):
    """What is made of a clock that starts at 0: the sender, where the music is at `until_s` in ticks."""
    sender = Sender()
    sender.ns = 0.0
    sender.hear(0xFA)
    for ns in pulses_ns:
        while (wake_ns := sender.follower.wake_ns()) is not None and wake_ns < ns:
            sender.look(wake_ns)
            if sender.follower.wake_ns() == wake_ns:
                break
        sender.ns = ns
        sender.hear(0xF8)
    sender.ns = until_s * 1e9
    return sender, sender.tick_now()


@pytest.mark.parametrize("kept", ["all", "none", "half"])
@pytest.mark.parametrize("stall_s", [0.1, 0.2, 0.26, 0.4, 1.0, 2.0, 2 * BAR_S])
def test_after_a_stall_the_place_is_right_within_a_beat(stall_s, kept):
    """Late pulses take the place of those that were played without them; lost ones are made up for."""
    keep = {"all": lambda n: True, "none": lambda n: False, "half": lambda n: n % 3 > 0}[kept]
    until_s = 4.0 + stall_s + 0.5
    sender, tick = followed(stalled(4.0, stall_s, until_s, keep), until_s)
    assert tick == pytest.approx(until_s * 960, abs=10)
    assert len(sender.of(Says)) <= 2


def test_four_hiccups_do_not_add_up():
    pulses = [number / 48 for number in range(48 * 12)]
    for start_s in (4.0, 5.0, 6.0, 7.0):
        pulses = [start_s + 0.4 if start_s <= s < start_s + 0.4 else s for s in pulses]
    sender, tick = followed([round(s * 1e9) for s in pulses], 12.0)
    assert tick == pytest.approx(12 * 960, abs=5)
    assert len(sender.of(Says)) <= 2 * 4


def test_a_clock_that_comes_and_goes_is_spoken_of_once_a_bar_at_the_most():
    """Half a beat of silence, a pulse, half a beat of silence, for twelve seconds."""
    sender, _ = followed(
        [*range(0, 2_000_000_000, 20_833_333), *range(2_000_000_000, 14_000_000_000, 260_000_000)],
        14,
    )
    assert len(sender.of(Says)) <= 2 * 12 / BAR_S + 2


@pytest.mark.parametrize("beside", [False, True])
def test_a_storm_of_pulses_changes_neither_tempo_nor_place(beside):
    sane = [round(number * PULSE_NS) for number in range(48 * 20)]
    storm = [4_000_000_000 + number * 1_000_000 for number in range(10_000)]
    if not beside:
        sane = [ns for ns in sane if not 4e9 <= ns < 14e9]
    sender, tick = followed(sorted([*sane, *storm]), 14 + BAR_S)
    assert tick == pytest.approx((14 + BAR_S) * 960, abs=5)
    assert sender.last.beat_ns == pytest.approx(BEAT_NS, rel=0.002)
    (said,) = sender.of(Says)
    assert "pulses a second, which is no tempo: expected 24 a quarter note" in said.text


@pytest.mark.parametrize("bpm", [60, 90, 180, 240, 300, 400])
def test_a_sudden_new_tempo_is_no_storm(bpm):
    """From 120 bpm, in one step; every pulse counts."""
    pulses = [number / 48 for number in range(48 * 4)]
    pulses += [4 + number * 2.5 / bpm for number in range(round(10 * bpm * 0.4))]
    sender, tick = followed([round(s * 1e9) for s in pulses], 14.0)
    assert tick == pytest.approx(4 * 960 + 10 * bpm * 8, abs=10)
    assert sender.of(Says) == []


def test_time_code_is_not_a_clock_and_that_is_said_once():
    sender = Sender()
    for piece in range(8):
        sender.hear(0xF1, piece)
    (said,) = sender.of(Says)
    assert said.text == "'DAW' sends MIDI time code, which has no beats: MIDI clock was expected."


def test_a_clock_of_48_pulses_is_named_where_it_doubles_the_tune():
    sender = Sender()  # the tune is at 100 bpm
    sender.hear(0xFA)
    sender.pulses(100, 600_000_000 / 48)
    (said,) = sender.of(Says)
    assert said.text == (
        "'DAW' beats at 200.0 bpm, 2 times the tune's 100. If that is not meant, it sends 48 pulses a "
        "quarter note where 24 are expected."
    )
