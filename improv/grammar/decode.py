"""Tokens to notes: one token in, one note or a rest out, exact and without dice.

Input -> output:  token id + place in the chart + last pitch  ->  Note with velocity.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from improv.grammar.context import PHRASE_GAP_STEPS, ChartView
from improv.grammar.tokens import EQUAL, STEP_TICK, STEPS_PER_BEAT, Token, interval_of
from improv.music.note import Note

CENTRE_PITCH = 67
"""What the first motion counts from: G4, the middle of the range solos are played in (52-84)."""

LOW_PITCH, HIGH_PITCH = 52, 84
"""Range when none is asked for: E3 to C6, about that of a tenor saxophone."""

MAX_SILENCE_STEPS = 8 * STEPS_PER_BEAT
"""After two bars of 4/4 in silence a note must come: a soloist never falls silent for ever."""

_GRIDS = (frozenset({0, 3, 6, 9}), frozenset({0, 4, 8}))
"""Steps of a beat divided in two or four, and in three. A player divides a beat one way at a time."""

_NOT_ALLOWED = 999  # an interval outside every range: `=` where the degree is not the last pitch's


def sounding_ticks(length: int) -> int:
    """Ticks a note of `length` steps sounds: 95 % of a short one, the whole of a quarter or longer.

    The breath of 5 % (24 ticks of 480 at most) lets a repeated pitch be heard as two notes; long
    notes are held for all they are worth. Never beyond the next token, so notes never overlap.
    """
    ticks = length * STEP_TICK
    return ticks if length >= STEPS_PER_BEAT else ticks * 95 // 100


def velocity_of(
    pitch: int, *, step: int, interval: int, previous_interval: int, phrase_peak: int | None
) -> int:
    """Loudness of a note, 50 to 110, from what is known when it is played. No dice.

    78 to begin with, then, from how the soloists of the Weimar Jazz Database play (146,841 notes,
    loudness against the soloist's own mean; enlarged to be heard in MIDI):
      higher is louder    +1 for two semitones above the centre (+0.22 dB a semitone there)
      a new peak          +6 when the highest so far in the phrase (+0.5 dB beside its height)
      a leap down         -5 for a fourth or more (-1.0 dB beside its height)
    and from how bebop lines are taught, which the database's averages do not show:
      off-beat eighths    +6 on grid steps 5 to 8 of the beat (straight to fully swung)
      a turn              +4 when a third or more reverses the direction

    `step` is the place in the beat (0-11), intervals are in semitones, `phrase_peak` is the highest
    pitch of the phrase so far (None at its first note).
    """
    velocity = 78 + max(-16, min(16, pitch - CENTRE_PITCH)) // 2
    if 5 <= step <= 8:
        velocity += 6
    if phrase_peak is not None and pitch > phrase_peak:
        velocity += 6
    if interval <= -5:
        velocity -= 5
    if abs(interval) >= 3 and interval * previous_interval < 0:
        velocity += 4
    return max(50, min(110, velocity))


class TokenArrays:
    """What a vocabulary says, laid out by token id so that masks and pitches are look-ups."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self.tokens = tokens
        self.rest_lengths: NDArray[np.int16] = np.array(
            [token.length if token.is_rest else 0 for token in tokens], dtype=np.int16
        )
        self.degrees: tuple[int, ...] = tuple(token.degree for token in tokens)
        # One row for each distance, 0-11, from the last pitch's class up to the root now.
        self.intervals: NDArray[np.int16] = np.array(
            [[self._interval(token, distance) for token in tokens] for distance in range(12)],
            dtype=np.int16,
        )

        # One row for each step of the beat: which tokens land on a step of a grid they started from.
        self.keeps_grid: NDArray[np.bool_] = np.array(
            [
                [_keeps_grid(step, token.length) for token in tokens]
                for step in range(STEPS_PER_BEAT)
            ],
            dtype=np.bool_,
        )

        self.density: NDArray[np.float32] = np.array(
            [_density(token) for token in tokens], dtype=np.float32
        )

    @staticmethod
    def _interval(token: Token, distance: int) -> int:
        if token.is_rest:
            return 0
        upward = (distance + token.degree) % 12
        return (
            _NOT_ALLOWED if token.motion == EQUAL and upward else interval_of(token.motion, upward)
        )


def _density(token: Token) -> float:
    """Nats that full density adds to a token: the shorter a note the more, silence least of all.

    An eighth note is left as it is. The scale is a choice: the built-in cell plays 3.0 notes a bar of 4/4
    at density -1, 4.6 at -0.5, 6.2 at 0, 7.1 at 0.5 and 7.9 at 1 (tests/grammar/test_density.py).
    """
    shorter = float(np.clip(np.log2(6 / token.length), -2.0, 1.0))
    return 0.9 * shorter - (1.0 if token.is_rest else 0.0)


def _keeps_grid(step: int, length: int) -> bool:
    """Whether a token of this length, begun on this step of the beat, finishes the division begun.

    99.7 % of the tokens of the built-in corpus do. Without this a triplet that sampling breaks off
    leaves all that follows a third of a beat away from the time, which no player does.
    """
    landing = (step + length) % STEPS_PER_BEAT
    grids = [grid for grid in _GRIDS if step in grid]
    return not grids or any(landing in grid for grid in grids)


def _into_range(pitch: int, low: int, high: int) -> int:
    """The pitch moved by octaves into the range, or its nearest end where it lacks the class."""
    if pitch < low:
        pitch += (low - pitch + 11) // 12 * 12
    elif pitch > high:
        pitch -= (pitch - high + 11) // 12 * 12
    return max(low, min(high, pitch))


class ChangesDecoder:
    """Tokens to notes over one chart (improv.grammar.base.Decoder).

    The state is a handful of numbers: `copy.copy(decoder)` remembers a place to come back to when
    planned notes are withdrawn.
    """

    def __init__(
        self,
        arrays: TokenArrays,
        view: ChartView,
        *,
        low_pitch: int = LOW_PITCH,
        high_pitch: int = HIGH_PITCH,
        start_tick: int = 0,
    ) -> None:
        if not 0 <= low_pitch <= high_pitch <= 127:
            raise ValueError(
                f"No pitch from {low_pitch} to {high_pitch}: expected 0 <= low <= high <= 127."
            )
        self._arrays = arrays
        self._view = view
        self._low, self._high = low_pitch, high_pitch
        self._tick = start_tick
        self._pitch = max(low_pitch, min(high_pitch, CENTRE_PITCH))
        self._last_token = -1
        self._interval = 0
        self._has_sounded = False
        self._phrase_notes = 0
        self._phrase_peak: int | None = None
        self._silence_steps = 0

    @property
    def tick(self) -> int:
        """Where the next token begins, in ticks from the start of the first chorus."""
        return self._tick

    @property
    def pitch(self) -> int:
        """The last pitch; before the first note the centre."""
        return self._pitch

    @property
    def root_pc(self) -> int:
        """Pitch class that the degree of a note played now counts from."""
        return self._view.root_at(self._tick)

    def inputs(self) -> list[int]:
        """Active inputs: the last token (none before the first), then one of each context block."""
        context = self._view.inputs(
            self._tick,
            self._pitch,
            has_sounded=self._has_sounded,
            phrase_notes=self._phrase_notes,
            silence_steps=self._silence_steps,
        )
        size = len(self._arrays.tokens)
        active = [size + index for index in context]
        return active if self._last_token < 0 else [self._last_token, *active]

    def mask(self, landing: bool = False) -> NDArray[np.bool_]:
        """(vocabulary,) bool: what may come next.

        A note first; pitches within the range; `=` only on the last pitch; a beat divided one way at
        a time; silences that end; where the line lands, a tone of the chord. A rule that would leave
        nothing is not applied.
        """
        arrays = self._arrays
        intervals = arrays.intervals[(self._view.root_at(self._tick) - self._pitch) % 12]
        allowed = (intervals >= self._low - self._pitch) & (intervals <= self._high - self._pitch)
        on_grid = allowed & arrays.keeps_grid[self._view.step_at(self._tick)]
        if on_grid.any():
            allowed = on_grid
        if landing:
            tones = self._view.tones_at(self._tick)
            at_home = allowed & np.array([degree in tones for degree in arrays.degrees])
            return at_home if at_home.any() else allowed
        if self._last_token < 0:  # a player begins with a note: silence would read as a fault
            sounds = allowed & (arrays.rest_lengths == 0)
            return sounds if sounds.any() else allowed
        left = MAX_SILENCE_STEPS - self._silence_steps
        if left < 48:
            limited = allowed & (arrays.rest_lengths <= left)
            return limited if limited.any() else allowed
        return allowed

    def bias(self, density: float) -> NDArray[np.float32] | None:
        """(vocabulary,) what to add to the logits for a denser or sparser line; None at density 0."""
        return self._arrays.density * np.float32(density) if density else None

    def feed(self, token: int) -> Note | None:
        """Take the next token and move on; its note, or None for a rest. Never fails."""
        said = self._arrays.tokens[token]
        onset_tick = self._tick
        self._tick += said.length * STEP_TICK
        self._last_token = token
        if said.is_rest:
            self._silence_steps += said.length
            return None
        if self._silence_steps >= PHRASE_GAP_STEPS:
            self._phrase_notes, self._phrase_peak = 0, None
        upward = (self._view.root_at(onset_tick) + said.degree - self._pitch) % 12
        pitch = _into_range(self._pitch + interval_of(said.motion, upward), self._low, self._high)
        interval = pitch - self._pitch
        velocity = velocity_of(
            pitch,
            step=self._view.step_at(onset_tick),
            interval=interval,
            previous_interval=self._interval,
            phrase_peak=self._phrase_peak,
        )
        self._pitch, self._interval, self._has_sounded = pitch, interval, True
        self._silence_steps = 0
        self._phrase_notes += 1
        self._phrase_peak = max(pitch, self._phrase_peak or 0)
        return Note(onset_tick, sounding_ticks(said.length), pitch, velocity)
