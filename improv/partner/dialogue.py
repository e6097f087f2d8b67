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

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from improv.controls.table import Controls
from improv.feel.loudness import decibels_of
from improv.music.loudness import SD_DB
from improv.music.note import TICKS_PER_BEAT, TICKS_PER_STEP, Note
from improv.partner.heard import HeardNote
from improv.partner.motif import Taking
from improv.partner.phrase_end import SURE, end_steps
from improv.partner.turns import ME, YOU, Laid, Mode, Turn, Turns
from improv.soloist.line_voice import LineVoice, Open
from improv.soloist.soloist import Saved, Soloist

_PICKUP_TICK = 2 * TICKS_PER_BEAT
"""What the partner plays so shortly before its turn is the beginning of that, not talked over."""
_OVER_TICK = TICKS_PER_BEAT // 4
"""By so much a note may reach into the next turn and is not played over the bar line."""
_MEMORY = 0.5
"""What the memory counts at `answer` 0, where little of a call is to come back; from 0.5 on all."""
_LATEST_BARS = 1
"""By so much later than it could a soloist comes in, at the most; with an answer within a beat of where the
phrase was over."""
_FEWEST_BARS, _MOST_BARS = 1, 8
"""Of an answer; else it is as long as the call."""
_NEARLY_OVER = 0.6
"""From this share of its length on, an answer ends with its phrase."""
_HELD_BARS = 2
"""A note that is held for longer is taken for a key that is stuck."""
_HOLE_SURE = 0.6
"""How sure it must be that the partner pauses, for a duet to go on."""
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
    before_heard: Opened | None = None
    """The same as its reply began."""
    doubts: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=_LONGEST_CALL))
    """(onset, how much it was doubted) of the notes of the call."""
    missed: list[HeardNote] = field(default_factory=list)
    """What was heard while it played."""
    from_tick: int = 0
    """Where it began to wait."""
    least_tick: int = 0
    """Where it may come in at the earliest: what is before has been heard already."""
    begun_tick: int = 0
    """Where it could come in last."""
    leave_tick: int | None = None
    """Where its reply is over, if its turn does not say so."""
    again: Taking | None = None
    """What it was asked to play again when it comes in."""
    quiet_tick: int | None = None
    """Where the partner's phrase is over; None: it was not asked since something was heard."""

    def has_not_sounded(self, open_tick: int) -> bool:
        """Whether its reply can be taken back as a whole."""
        return self.before is not None and all(tick >= open_tick for _, tick, _ in self.reply)

    def opened(self) -> Opened:
        """As it is up to its last note."""
        return self.voice.opened(), self.soloist.save()

    def reopen(self, at: Opened) -> None:
        """Take back what was played and heard since."""
        self.voice.pull, self.quiet_tick = None, None
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
        if from_bar:
            self.set_mode(mode, from_bar)

    def set_mode(self, mode: Mode, from_bar: int) -> None:
        """Share the time in another way from this bar on."""
        self.turns = Turns(mode, self._laid, from_bar)
        tick = self._chart.bar_tick(from_bar)
        for chair in self._chairs.values():
            if chair.waits:
                chair.from_tick = max(chair.from_tick, tick)
                chair.least_tick = max(chair.least_tick, tick)
            else:
                chair.leave_tick = tick if self._kind in ("answer", "duet", "back") else None

    @property
    def _kind(self) -> str:
        return self.turns.mode.kind

    def turn_at(self, tick: int) -> Turn:
        """Whose turn it is."""
        return self.turns.at(self._chart.bar_of(tick))

    def _is_yours(self, tick: int) -> bool:
        """Whether a soloist is silent there until it comes in."""
        final_tick = self._laid.final_tick
        if self._kind == "solo" or (final_tick is not None and tick >= final_tick):
            return False
        return self._kind != "trade" or self.turn_at(tick).whose != ME

    # -- what soloists play

    def tick_of(self, soloist: Soloist, controls: Controls) -> int | None:
        """Where the soloist has something to play next; None: nowhere, as long as nothing is heard."""
        chair = self._chairs.get(id(soloist))
        if chair is None or not chair.waits:
            return soloist.tick
        return self._comes_in_tick(chair, controls)

    def _comes_in_tick(self, chair: _Chair, controls: Controls) -> int | None:
        tick, final_tick = self._may_come_in(chair, controls), self._laid.final_tick
        if tick is not None:
            tick = max(tick, chair.least_tick)
        if final_tick is None:
            return tick
        return final_tick if tick is None else min(tick, final_tick)

    def _may_come_in(self, chair: _Chair, controls: Controls) -> int | None:
        """Where a soloist that waits comes in as things are now; None: not before something is heard."""
        kind, call = self._kind, [] if self._is_answered else self._call
        if kind == "trade":
            return self._own_turn(chair, controls)
        if kind == "solo" or (kind == "duet" and not call):
            return chair.from_tick
        if kind == "back" or not call:
            return None
        tick = max(chair.from_tick, self._quiet_tick(chair))
        if kind == "duet":
            return tick
        bar = self._chart.bar_of(tick)
        beat = self._chart.meter_of(bar).ticks_per_beat
        return tick + -(tick - self._chart.bar_tick(bar)) % beat

    def _own_turn(self, chair: _Chair, controls: Controls) -> int | None:
        """Where its next turn begins, or where the partner is done that plays on into it."""
        after_tick = max(chair.from_tick, self._call[-1].onset_tick if self._call else 0)
        turn = self.turn_at(after_tick)
        bar = turn.start_bar if turn.whose == ME else turn.end_bar
        if bar is None:
            return None
        start_tick = self._chart.bar_tick(bar)
        if (
            self.turn_at(start_tick).whose == YOU
        ):  # the lead-in, before a first turn of the partner's
            start_tick = self._chart.bar_tick(self.turn_at(start_tick).end_bar or bar)
        polite = self._polite_tick(start_tick, controls)
        if not polite or not self._call or self._is_answered:
            return start_tick
        last = self._call[-1]
        is_held = last.end_tick is None or last.end_tick > start_tick + _OVER_TICK
        if last.onset_tick < start_tick and not is_held:
            return start_tick
        return min(start_tick + polite, max(start_tick, self._quiet_tick(chair)))

    def _polite_tick(self, start_tick: int, controls: Controls) -> int:
        """How long a partner is waited for who plays on where a turn begins."""
        return round(controls.polite * self._bar_tick(start_tick))

    def _bar_tick(self, tick: int) -> int:
        return self._chart.meter_of(self._chart.bar_of(tick)).ticks_per_bar

    def _quiet_tick(self, chair: _Chair) -> int:
        """Where the partner's phrase is over, if nothing more is heard."""
        if chair.quiet_tick is None:
            last = self._call[-1]
            held = _HELD_BARS * self._bar_tick(last.onset_tick)
            sounds_tick = held if last.end_tick is None else last.end_tick - last.onset_tick
            length = max(1, -(-sounds_tick // TICKS_PER_STEP))
            sure = _HOLE_SURE if self._kind == "duet" else SURE
            steps = (
                length if last.is_comping else end_steps(chair.voice.open_scores(), length, sure)
            )
            chair.quiet_tick = last.onset_tick + steps * TICKS_PER_STEP
        return chair.quiet_tick

    def comes_in(self, soloist: Soloist, controls: Controls) -> bool:
        """Have a soloist that waits begin, where that is what it does next; whether it was."""
        chair = self._chairs.get(id(soloist))
        if chair is None or not chair.waits:
            return False
        tick = self._comes_in_tick(chair, controls)
        if tick is None:
            return False
        call = [] if self._is_answered else self._call
        chair.waits, chair.before, chair.before_heard = False, chair.opened(), chair.before_last
        chair.dice, chair.begun_tick = self._rng.bit_generator.state, tick
        chair.reply.clear()
        chair.leave_tick = self._leave_tick(tick)
        self._is_answered = True
        voice, final_tick = chair.voice, self._laid.final_tick
        voice.set_memory(min(1.0, _MEMORY + controls.answer))
        start_step, apart = tick // TICKS_PER_STEP, self._kind == "duet"
        line, doubts = [note for note in call if not note.is_comping], dict(chair.doubts)
        voice.pull = chair.again or Taking(
            line,
            controls,
            self._chart,
            self._rng,
            voice.range,
            start_step,
            [doubts.get(note.onset_tick, 0.0) for note in line],
            apart=apart,
        )
        chair.again = None
        last_tick = tick + _LATEST_BARS * self._bar_tick(tick)
        if self._kind == "answer" and call:
            beat = self._chart.meter_of(self._chart.bar_of(tick)).ticks_per_beat
            last_tick = max(tick, self._quiet_tick(chair) + beat)
        if final_tick is not None:
            last_tick = min(last_tick, max(tick, final_tick))
        voice.come_in(-(-tick // TICKS_PER_STEP), last_tick // TICKS_PER_STEP, controls)
        return True

    def _leave_tick(self, tick: int) -> int | None:
        """Where a reply that begins at `tick` is over; None: where its turn ends, or where it is told."""
        if self._kind != "answer" or not self._call:
            return None
        last = self._call[-1]
        length = (last.end_tick or last.onset_tick) - self._call[0].onset_tick
        bar = self._bar_tick(tick)
        return tick + max(_FEWEST_BARS * bar, min(_MOST_BARS * bar, length))

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
        from_tick = self._ends(chair, written_tick)
        if from_tick is not None:
            self._lay_out(chair, chair.reply[-1][2], from_tick)

    def _ends(self, chair: _Chair, written_tick: int) -> int | None:
        """Where a soloist lays out whose last note is written there; None: it plays on."""
        next_tick, leave_tick = chair.soloist.tick, chair.leave_tick
        if leave_tick is not None:
            long = next_tick - written_tick >= TICKS_PER_BEAT * 3 // 2
            nearly = chair.begun_tick + _NEARLY_OVER * (leave_tick - chair.begun_tick)
            over = next_tick >= leave_tick or (
                long and self._kind == "answer" and next_tick >= nearly
            )
            return min(next_tick, leave_tick) if over else None
        if self._kind != "trade":
            return None
        end_bar = self.turn_at(written_tick).end_bar
        if end_bar is not None and next_tick >= self._chart.bar_tick(end_bar):
            return self._chart.bar_tick(end_bar)
        turn = self.turn_at(next_tick)
        return self._chart.bar_tick(turn.start_bar) if turn.whose == YOU else None

    def _lay_out(self, chair: _Chair, at: Opened, from_tick: int) -> None:
        """Wait from there on, and hear what was missed."""
        chair.reopen(at)
        chair.waits, chair.before_last, chair.from_tick = True, at, from_tick
        missed, chair.missed = chair.missed, []
        for note in missed:
            if note.onset_tick >= max(chair.soloist.tick, from_tick - _PICKUP_TICK):
                self._go_on(chair, note)

    # -- what is said of it

    def praise(self, soloist: Soloist) -> None:
        """What was just played is likelier in what follows."""
        chair = self._chairs.get(id(soloist))
        if chair is not None:
            chair.voice.praise_open() if chair.waits else chair.voice.praise()

    def again(self, soloist: Soloist, notes: Sequence[Note]) -> None:
        """Have it play these once more, changed: at once, or in its next reply."""
        chair = self._chairs.get(id(soloist))
        if chair is not None:
            taking = Taking.again(notes, self._chart, self._rng, chair.voice.range)
            if chair.waits:
                chair.again = taking
            else:
                chair.voice.pull = taking

    # -- what is heard

    def hear(self, note: HeardNote, open_tick: int, controls: Controls) -> list[int]:
        """Hear a note. What begins before `open_tick` has sounded or must. Gives the numbers of the notes
        that are taken back."""
        before = [at for at, one in enumerate(self._call) if one.is_comping == note.is_comping]
        if note.replaces and before:
            self._call[before[-1]] = note
        else:
            chairs = self._chairs.values()
            if self._is_answered and not any(one.has_not_sounded(open_tick) for one in chairs):
                self._call, self._is_answered = [], False
            self._call = [*self._call[1 - _LONGEST_CALL :], note]
        gone: list[int] = []
        for chair in self._chairs.values():
            chair.quiet_tick = None
            # What was to sound before that has sounded.
            chair.soloist.not_before_tick = open_tick
            chair.least_tick = max(chair.least_tick, open_tick)
            if chair.before is not None and chair.has_not_sounded(open_tick):
                gone += [note_id for given, _, _ in chair.reply for note_id in given]
                self._rng.bit_generator.state = chair.dice
                chair.reopen(chair.before)
                chair.waits, chair.before_last = True, chair.before_heard
                chair.reply.clear()
                self._is_answered = False
            elif not chair.waits:
                kept = chair.missed[:-1] if note.replaces else chair.missed[-32:]
                chair.missed = [*kept, note]
                if not note.replaces and self._gives_way(note, controls):
                    gone += self._leave(chair, note, open_tick, controls)
                continue
            elif not note.replaces and self._gives_way(note, controls):
                gone += self._leave(chair, note, open_tick, controls)
            self._go_on(chair, note)
        return gone

    def _gives_way(self, note: HeardNote, controls: Controls) -> bool:
        """Whether a reply that sounds already stops for this note."""
        turn = self.turn_at(note.onset_tick)
        if self._kind != "trade" or turn.whose != ME:
            return self._kind in ("answer", "duet")
        start_tick = self._chart.bar_tick(turn.start_bar)
        return note.onset_tick < start_tick + self._polite_tick(start_tick, controls)

    def _leave(
        self, chair: _Chair, note: HeardNote, open_tick: int, controls: Controls
    ) -> list[int]:
        """Leave the room to the partner, who has come in: at once, or in a duet after a while. The last notes
        of a soloist that waits already may not have sounded yet."""
        overlap = controls.overlap if self._kind == "duet" else 0.0
        leave_tick = max(open_tick, note.onset_tick + round(overlap * self._bar_tick(open_tick)))
        staying = [row for row in chair.reply if row[1] < leave_tick]
        if chair.waits and len(staying) == len(chair.reply):
            return []
        plays_on = len(staying) == len(chair.reply) and chair.soloist.tick < leave_tick
        if plays_on or not staying:
            chair.leave_tick = min(chair.leave_tick or leave_tick, leave_tick)
            return []
        gone = [note_id for given, _, _ in chair.reply[len(staying) :] for note_id in given]
        chair.reply = staying
        self._lay_out(chair, staying[-1][2], leave_tick)
        return gone

    def _go_on(self, chair: _Chair, note: HeardNote) -> None:
        """Let the line of a soloist that waits go on with a note of the partner."""
        if note.is_comping:
            return
        if note.replaces and chair.before_last is not None:
            chair.reopen(chair.before_last)
        chair.before_last, chair.before = chair.opened(), None
        chair.soloist.heard()
        loudness_db = max(-3 * SD_DB, min(3 * SD_DB, decibels_of(note.velocity)))
        step = note.onset_tick // TICKS_PER_STEP
        doubt = chair.voice.hear(step, note.pitch, loudness_db)
        chair.doubts.append((note.onset_tick, doubt))
        if note.end_tick is not None:
            chair.voice.ended((note.end_tick - note.onset_tick) // TICKS_PER_STEP)
