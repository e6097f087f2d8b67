"""How long and how hard to train, by how much there is to learn from; docs/training.md has the measurements.

many notes, from scratch     FitSettings(): as the default model is trained
few notes, from scratch      smaller batches, so that an epoch stays several steps
from a model (fine-tuning)   FINE: few steps at a low rate, pulled back to where it began
"""

from __future__ import annotations

from dataclasses import replace

from improv.training.line.fit import FitSettings
from improv.training.line.network import Sizes

STEPS_AN_EPOCH = 4
"""A batch holds at most this part of the notes."""
FEWEST_LANES = 12
FINE = FitSettings(
    steps=120,
    evaluate_every=10,
    patience=4,
    learning_rate=1e-3,
    warm_up=0.1,
    weight_decay=0.0,
    average=0.95,
    pull=30.0,
)


def settings_for(
    notes: int,
    fine: bool,
    units: tuple[int, int] | None = None,
    steps: int | None = None,
) -> FitSettings:
    """Settings for learning from so many notes; `units` of the melody and the rhythm stage, and the most
    `steps`, where they are not the usual ones."""
    usual = FitSettings()
    lanes = notes // (STEPS_AN_EPOCH * usual.lanes.window)
    settings = FINE if fine else usual
    if lanes < usual.lanes.lanes:
        settings = replace(settings, lanes=replace(usual.lanes, lanes=max(FEWEST_LANES, lanes)))
        if not fine:
            settings = replace(settings, evaluate_every=50)
    if units is not None:
        settings = replace(settings, sizes=Sizes(*units))
    if steps is not None:
        every = max(1, min(settings.evaluate_every, steps // 4))
        settings = replace(settings, steps=steps, evaluate_every=every)
    return settings
