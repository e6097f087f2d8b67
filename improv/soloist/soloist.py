"""A soloist: a voice with its feel, its casting and its own controls, on its channel, through one tune.

Input -> output:  the bar it is in, its controls there  ->  SoloNote: a note as written and as performed

It knows nothing of the ensemble, which decides who plays beside it and when it is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from improv.config import SoloistConfig
from improv.controls.table import Controls
from improv.errors import SteeringError
from improv.feel.performed import performed
from improv.feel.play import EARLIEST_TICK, Bar, Feeling
from improv.music.chart import Chart
from improv.music.note import TICKS_PER_BEAT, Note
from improv.originality.quote import Quote
from improv.soloist.casting import Casting, Role
from improv.soloist.line_voice import LineVoice
from improv.soloist.phrase_plan import PhrasePlan
from improv.soloist.voice import Voice

_ACCENT_CENTRE = 78
"""The velocity from which `accents` scales: the middle of the grammar."""
_MS_A_MINUTE = 60_000
_SEEDS = 1960
"""The first number in the seeds of further soloists, beyond those of the band (from 1) and of a feel."""

_NOWHERE = Bar(0, 0, 1.0, 1.0, 120.0)
"""Stands for no bar: none was entered yet, or it must be entered again."""


def seed_of(seed: Sequence[int], place: int) -> tuple[int, ...]:
    """The seed of the soloist in this place of the list: the first has that of the tune itself."""
    return (*seed, _SEEDS + place) if place else tuple(seed)


_PLAYED = ("_has_begun", "_sounds_until_tick", "_catching_up")
"""What of a soloist changes while it plays."""


Saved = tuple[Mapping[str, Any], Any]


@dataclass(frozen=True, slots=True)
class SoloNote:
    """A note with the ticks between which it sounds; `written` is the note on paper, with the velocity as
    heard.

    `token` is what the cell said, `quote` what the line quotes with it, `plan` that of the phrase that begins
    with it.
    """

    onset_tick: int
    end_tick: int
    written: Note
    token: str
    quote: Quote | None
    plan: PhrasePlan | None = None


class Soloist:
    """Steps its voice a token at a time, and performs each note."""

    def __init__(
        self,
        config: SoloistConfig,
        voice: Voice,
        chart: Chart,
        *,
        feeling: Feeling | None = None,
        casting: Casting | None = None,
        final_tick: int | None = None,
        end_tick: int | None = None,
    ) -> None:
        """`feeling` is how it plays what is written, as far as the control `human` asks for it; without one
        it plays on the band's swing. `casting` changes who it plays as. `final_tick` is where the last chord
        of `chart` is struck, and held to `end_tick`; None: there is none.
        """
        self.config = config
        self.steps = 0
        self._own = dict(config.controls)
        self._voice, self._chart = voice, chart
        self._feeling, self._casting = feeling, casting
        self._final_tick, self._end_tick = final_tick, end_tick
        self._bar = _NOWHERE
        self._controls = Controls()
        self._has_begun = self._catching_up = False
        self._sounds_until_tick = 0
        self.not_before_tick = 0
        """What it plays is not played before that, however early it likes to be: it is over."""

    @property
    def tick(self) -> int:
        """Where its next token begins."""
        return self._voice.tick

    # -- what holds for it

    def controls(self, everybody: Controls) -> Controls:
        """Its own controls, and everybody's where it has none of its own."""
        return everybody.with_values(**self._own) if self._own else everybody

    def early_tick(self, everybody: Controls) -> int:
        """How far before its written place it may play a note; notes must be worked out so much earlier."""
        return EARLIEST_TICK if self._feeling is not None and self.controls(everybody).human else 0

    @property
    def is_in_bar(self) -> bool:
        """Whether what `enter` was told still holds."""
        return self._bar.start_tick <= self.tick < self._bar.end_tick

    def enter(self, bar: Bar, controls: Controls) -> None:
        """Enter this bar, with these controls."""
        self._bar, self._controls = bar, controls

    # -- steering

    def role(self, player: Mapping[str, float] | None, style: str | None) -> Role:
        """The role it would have (None: as now); changes nothing. Raises ImprovError where it cannot."""
        if self._casting is None:
            raise SteeringError("This soloist cannot play as somebody else.")
        return self._casting.role(player, style)

    def play_as(self, role: Role) -> None:
        """Play as somebody else from the next note on."""
        if self._casting is not None:
            self._casting.play_as(role)

    def steer(self, controls: Mapping[str, float | None], *, alone: bool) -> None:
        """Change controls, for it alone or for everybody, from its next note on."""
        if alone:
            self._own.update((name, value) for name, value in controls.items() if value is not None)
        else:
            for name in controls:
                self._own.pop(name, None)
        self._bar, self._catching_up = _NOWHERE, True

    def set_tempo(self, bpm: float) -> None:
        """The tempo has changed, for what comes from its next note on."""
        self._voice.set_tempo(bpm)

    def reseed(self, seed: Sequence[int]) -> None:
        """Draw as if it had been made with this seed, from the next token on."""
        self._voice.reseed(seed)

    # -- what others play, for a voice that can hear

    @property
    def line_voice(self) -> LineVoice | None:
        """Its voice, if that can hear others."""
        return self._voice if isinstance(self._voice, LineVoice) else None

    def heard(self) -> None:
        """Somebody has begun: its own first note need not state the chord."""
        self._has_begun = True

    def save(self) -> Saved:
        """As it is between two notes, its voice apart, for `restore`."""
        own = {name: getattr(self, name) for name in _PLAYED}
        return own, None if self._feeling is None else self._feeling.save()

    def restore(self, saved: Saved) -> None:
        """Take back what was played since, but for the voice's part."""
        own, feeling = saved
        vars(self).update(own)
        if self._feeling is not None:
            self._feeling.restore(feeling)
        self._bar = _NOWHERE

    # -- playing

    def step(self) -> SoloNote | None:
        """Play one token on, in the bar that it has entered; None: a rest."""
        bar, controls, final_tick = self._bar, self._controls, self._final_tick
        tick = self._voice.tick
        landing = final_tick is not None and tick >= final_tick
        if not self._has_begun:  # the first note of all belongs to the chord
            landing = self._chart.chord_at(tick) is not None
        step = self._voice.step(controls, landing)
        self.steps += 1
        if step.note is None:
            return None
        self._has_begun = True
        note = step.note
        onset_tick, end_tick, loud = self._felt(note, step.next_tick, bar, controls)
        if final_tick is not None and note.end_tick > final_tick and self._fits_the_end(note):
            end_tick = self._end_tick or end_tick  # the last note is held with the band
            note = replace(note, duration_tick=end_tick - note.onset_tick)
        late_tick = round(controls.lay_back_ms * controls.tempo_bpm * TICKS_PER_BEAT / _MS_A_MINUTE)
        onset_tick, end_tick = (
            max(self.not_before_tick, onset_tick + late_tick),
            end_tick + late_tick,
        )
        if self._catching_up:
            onset_tick, end_tick = self._caught_up(onset_tick, end_tick)
        end_tick = max(end_tick, onset_tick + 1)
        self._sounds_until_tick = end_tick
        velocity = _ACCENT_CENTRE + round(controls.accents * (loud - _ACCENT_CENTRE))
        written = Note(note.onset_tick, note.duration_tick, note.pitch, max(1, min(127, velocity)))
        return SoloNote(onset_tick, end_tick, written, step.text, step.quote, step.plan)

    def _caught_up(self, onset_tick: int, end_tick: int) -> tuple[int, int]:
        """A soloist who is suddenly earlier waits for the end of the note before, so that notes stay in
        order."""
        if onset_tick >= self._sounds_until_tick:
            self._catching_up = False
            return onset_tick, end_tick
        return self._sounds_until_tick, max(end_tick, self._sounds_until_tick + 1)

    def _felt(
        self, note: Note, next_tick: int, bar: Bar, controls: Controls
    ) -> tuple[int, int, int]:
        """(onset_tick, end_tick, velocity)."""
        if self._feeling is not None:
            felt = self._feeling.play(note, next_tick, bar, controls.human)
            if controls.human:
                return felt
            # At 0 the feel has followed the line all the same, so that it can go on from here.
        return *performed(note, bar.swing, bar.start_tick), note.velocity

    def _fits_the_end(self, note: Note) -> bool:
        chord = self._chart.chord_at(self._final_tick or 0)
        return chord is None or note.pitch % 12 in chord.tone_pcs
