"""Who plays when, and what each soloist has heard: the soloists of an ensemble and one partner.

    hear(note) ──> the line of each soloist that waits ──┐
    Turns ──> when it comes in ──> comes_in ──> its line goes on where the partner's ended
                                                         │
    heard meanwhile: what has not sounded is taken back, the note is heard, and the reply is played anew

A soloist that waits has a line that is *open*: its last note, its own or the partner's, is said and not yet
what comes after it. So whatever is heard goes on with the line, and a reply begins with the wait that the
cell has for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from improv.controls.table import Controls
from improv.feel.loudness import MEAN_VELOCITY
from improv.music.loudness import SD_DB
from improv.music.note import TICKS_PER_BEAT, TICKS_PER_STEP
from improv.partner.heard import HeardNote
from improv.partner.motif import Taking
from improv.partner.phrase_end import end_steps
from improv.partner.turns import BOTH, ME, YOU, Laid, Mode, Turn, Turns
from improv.soloist.line_voice import LineVoice, Open
from improv.soloist.soloist import Saved, Soloist

_PICKUP_TICK = 2 * TICKS_PER_BEAT
"""What the partner plays so shortly before its turn is the beginning of that, not talked over."""
_LATEST_BARS = 1
"""By so much later than it could a soloist comes in, at the most."""
_NOTES_KEPT = 64
"""Of a reply: more than are planned ahead."""
_LONGEST_CALL = 256
"""Notes of a call that are kept."""


Opened = tuple[Open | None, Saved]
"""A soloist up to its last note, when it is not said yet what comes after it."""


@dataclass(slots=True)
class _Chair:
    """A soloist and how far it is in the dialogue."""

    soloist: Soloist
    voice: LineVoice
    waits: bool = False
    before: Opened | None = None
    """As it was before its reply; None: there is none that could be taken back."""
    dice: Any = None
    """The state of the dialogue's generator then."""
    reply: list[tuple[tuple[int, ...], int, Opened]] = field(default_factory=list)
    """(its number, if it has one, onset tick as performed, as it was up to that note)."""
    before_last: Opened | None = None
    """Before the note that was heard last."""
    missed: list[HeardNote] = field(default_factory=list)
    """What was heard while it played."""
    taking: Taking | None = None
    """What it takes up in its reply."""
    from_tick: int = 0
    """Where it began to wait."""

    def opened(self) -> Opened:
        """As it is up to its last note."""
        return self.voice.opened(), self.soloist.save()

    def reopen(self, at: Opened) -> None:
        """Take back what was played and heard since."""
        self.voice.pull = None
        self.voice.reopen(at[0])
        self.soloist.restore(at[1])


class Dialogue:
    """The turns of one tune. Ticks are those of the tune."""

    def __init__(
        self,
        soloists: Sequence[Soloist],
        laid: Laid,
        mode: Mode,
        seed: Sequence[int],
        *,
        from_bar: int = 0,
    ) -> None:
        self._laid, self._chart = laid, laid.chart
        self._rng = np.random.default_rng(seed)
        self.turns = Turns(mode, laid, from_bar)
        self._call: list[HeardNote] = []
        """What the partner has played since the last reply."""
        self._is_answered = False
        self._chairs = {
            id(one): _Chair(one, voice) for one in soloists if (voice := one.line_voice) is not None
        }
        for chair in self._chairs.values():
            chair.voice.keeps_open = True
            if from_bar == 0 and self._is_yours(chair.soloist.tick):
                chair.waits, chair.before_last = True, chair.opened()
                chair.from_tick = chair.soloist.tick

    def set_mode(self, mode: Mode, from_bar: int) -> None:
        """Take turns in another way, from this bar on; who waits comes in where it may."""
        self.turns = Turns(mode, self._laid, from_bar)

    def turn_at(self, tick: int) -> Turn:
        """Whose turn it is."""
        return self.turns.at(self._chart.bar_of(tick))

    def _is_yours(self, tick: int) -> bool:
        """Whether a soloist is silent there until it comes in."""
        turn = self.turn_at(tick)
        return turn.whose == YOU or (
            turn.whose == BOTH and tick < (self._laid.final_tick or tick + 1)
        )

    # -- what soloists play

    def tick_of(self, soloist: Soloist, controls: Controls) -> int | None:
        """Where the soloist has something to play next; None: nowhere, as long as nothing is heard."""
        chair = self._chairs.get(id(soloist))
        if chair is None or not chair.waits:
            return soloist.tick
        return self._comes_in_tick(chair, controls)

    def _comes_in_tick(self, chair: _Chair, controls: Controls) -> int | None:
        after_tick = max(chair.from_tick, self._call[-1].onset_tick if self._call else 0)
        turn = self.turn_at(after_tick)
        if turn.whose == YOU:
            if turn.end_bar is None:
                return None
            start_tick = self._chart.bar_tick(turn.end_bar)
        else:
            start_tick = self._chart.bar_tick(turn.start_bar)
        polite = round(controls.polite * self._bar_tick(start_tick))
        if not polite or not self._call or self.turn_at(start_tick).whose != ME:
            return start_tick
        return min(start_tick + polite, max(start_tick, self._quiet_tick(chair)))

    def _bar_tick(self, tick: int) -> int:
        return self._chart.meter_of(self._chart.bar_of(tick)).ticks_per_bar

    def _quiet_tick(self, chair: _Chair) -> int:
        """Where the partner's phrase is over, if nothing more is heard."""
        last = self._call[-1]
        sounds_tick = (last.end_tick or last.onset_tick + TICKS_PER_BEAT) - last.onset_tick
        length = max(1, -(-sounds_tick // TICKS_PER_STEP))
        steps = end_steps(chair.voice.open_scores(), length)
        return last.onset_tick + steps * TICKS_PER_STEP

    def comes_in(self, soloist: Soloist, controls: Controls) -> bool:
        """Have a soloist that waits begin, where that is what it does next; whether it was."""
        chair = self._chairs.get(id(soloist))
        if chair is None or not chair.waits:
            return False
        tick = self._comes_in_tick(chair, controls)
        if tick is None:
            return False
        chair.waits, chair.before = False, chair.opened()
        chair.dice = self._rng.bit_generator.state
        chair.reply.clear()
        self._is_answered = True
        chair.taking = Taking(self._call, controls, self._chart, self._rng, chair.voice.range)
        chair.voice.pull = chair.taking
        last_tick = tick + _LATEST_BARS * self._bar_tick(tick)
        if self._laid.final_tick is not None:
            last_tick = min(last_tick, max(tick, self._laid.final_tick))
        chair.voice.come_in(
            -(-tick // TICKS_PER_STEP),
            last_tick // TICKS_PER_STEP,
            chair.taking.moved(controls),
        )
        return True

    def controls(self, soloist: Soloist, controls: Controls) -> Controls:
        """The controls as what was heard moves them."""
        chair = self._chairs.get(id(soloist))
        if chair is None or chair.taking is None:
            return controls
        return chair.taking.moved(controls)

    def is_heard(self, tick: int) -> bool:
        """Whether a note of a soloist that is written there is played."""
        return self.turn_at(tick).whose != YOU

    def played(
        self, soloist: Soloist, given: Iterable[int], onset_tick: int, written_tick: int
    ) -> None:
        """A note of the soloist was worked out, and `given` under a number unless it is not to be heard;
        where its next one is the partner's, it lays out."""
        chair = self._chairs.get(id(soloist))
        if chair is None:
            return
        chair.reply.append((tuple(given), onset_tick, chair.opened()))
        if len(chair.reply) > _NOTES_KEPT:
            chair.before = None
            del chair.reply[0]
        end_bar = self.turn_at(written_tick).end_bar
        ends = end_bar is not None and soloist.tick >= self._chart.bar_tick(end_bar)
        if self._is_yours(soloist.tick) or (ends and self.turns.mode.kind == "trade"):
            next_bar = end_bar if ends else self.turn_at(soloist.tick).start_bar
            self._lay_out(chair, chair.reply[-1][2], self._chart.bar_tick(next_bar or 0))

    def _lay_out(self, chair: _Chair, at: Opened, from_tick: int) -> None:
        """Wait from there on, and hear what was missed."""
        chair.reopen(at)
        chair.waits, chair.before, chair.before_last = True, None, at
        chair.from_tick = from_tick
        missed, chair.missed = chair.missed, []
        for note in missed:
            if note.onset_tick >= max(chair.soloist.tick, from_tick - _PICKUP_TICK):
                self._go_on(chair, note)

    # -- what is heard

    def hear(self, note: HeardNote, open_tick: int) -> list[int]:
        """Hear a note. What begins before `open_tick` has sounded or must. Gives the numbers of the notes
        that are taken back."""
        if note.replaces and self._call:
            self._call[-1] = note
        else:
            if self._is_answered and not self._can_be_taken_back(open_tick):
                self._call, self._is_answered = [], False
            self._call = [*self._call[1 - _LONGEST_CALL :], note]
        gone: list[int] = []
        for chair in self._chairs.values():
            if not chair.waits:
                if chair.before is None or any(tick < open_tick for _, tick, _ in chair.reply):
                    kept = chair.missed[:-1] if note.replaces else chair.missed[-32:]
                    chair.missed = [*kept, note]
                    continue
                gone += [note_id for given, _, _ in chair.reply for note_id in given]
                self._rng.bit_generator.state = chair.dice
                chair.reopen(chair.before)
                chair.waits, self._is_answered = True, False
            self._go_on(chair, note)
        return gone

    def _can_be_taken_back(self, open_tick: int) -> bool:
        return any(
            chair.before is not None and all(tick >= open_tick for _, tick, _ in chair.reply)
            for chair in self._chairs.values()
            if not chair.waits
        )

    def _go_on(self, chair: _Chair, note: HeardNote) -> None:
        """Let the line of a soloist that waits go on with a note of the partner."""
        if note.is_comping:
            return
        if note.replaces and chair.before_last is not None:
            chair.reopen(chair.before_last)
        chair.before_last = chair.opened()
        loudness_db = 40.0 * float(np.log10(max(1, note.velocity) / MEAN_VELOCITY))
        loudness_db = max(-3 * SD_DB, min(3 * SD_DB, loudness_db))
        chair.voice.hear(note.onset_tick // TICKS_PER_STEP, note.pitch, loudness_db)
        if note.end_tick is not None:
            chair.voice.ended((note.end_tick - note.onset_tick) // TICKS_PER_STEP)
