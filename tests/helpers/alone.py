"""A soloist who is alone, with a voice made up for the test, as an evaluation has it play."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from improv.config import Config, SoloistConfig, Tune
from improv.controls.table import Controls
from improv.evaluation.choruses import Playing
from improv.music.note import Note
from improv.performance.ensemble import Ensemble
from improv.performance.form import Form
from improv.performance.performance import Performance
from improv.soloist.soloist import Soloist
from improv.soloist.voice import Step


@dataclass
class Quarters:
    """A voice that plays quarter notes of one pitch; every fourth is a rest."""

    tick: int
    pitch: int = 60
    length_tick: int = 480

    def step(self, controls: Controls, landing: bool = False) -> Step:
        here, self.tick = self.tick, self.tick + self.length_tick
        silent = here // 480 % 4 == 3
        note = None if silent else Note(here, 200, self.pitch, 80)
        return Step("", here, self.tick, note)


@dataclass(frozen=True)
class Alone:
    """`voice_of` is told where the solo begins (a tick), and which tune of the set it is."""

    voice_of: Callable[[int, int], object]

    def __call__(self, config: Config, tune: Tune, performance: Performance) -> Ensemble:
        place = performance.arrangement
        voice = self.voice_of(place.solo_tick, performance.number)
        soloist = Soloist(SoloistConfig(), voice, place.chart)
        return Ensemble(place, [soloist], performance.controls)


def played_by(voice_of: Callable[[int, int], object]) -> Playing:
    return Playing(Alone(voice_of), Form(choruses=1), Config(()))
