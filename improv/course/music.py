"""What the course's notebook does at its end: predict tokens with the trained cell, make five sets of music.

Input -> output:  a model of `train --preset coursera`, generator  ->  GeneratedMusic

Faithful: 50 tokens by argmax from a state of zeros, the same for every chord set (the course's
`music_inference_model` and `predict_and_sample`). Mended: drawn again for every set, with the state kept.
"""

from __future__ import annotations

import numpy as np

from improv.cell.load import Model
from improv.cell.sample import sample
from improv.cell.step import TokenCell
from improv.controls.table import Controls
from improv.course.choose import coin, dice
from improv.course.generate import GeneratedMusic, generate_music
from improv.course.pitch import chord_sets_from_json
from improv.course.token import parse_token
from improv.errors import ModelError

PREDICTED_TOKENS = 50
"""How many tokens are predicted for a chord set (the course's Ty)."""


def course_music(
    model: Model,
    rng: np.random.Generator,
    controls: Controls,
    *,
    faithful: bool,
    saved_as: str,
    cell: TokenCell | None = None,
) -> GeneratedMusic:
    """The five-chord-set solo of `model`. Raises ModelError for chord sets that cannot be read."""
    try:
        chord_sets = chord_sets_from_json(model.card.extra["chord_sets"])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"The chord sets of {str(model.path)!r} are damaged ({error}); train the model again."
        ) from error
    playing = cell or model.token_cell
    if faithful:
        tokens = _predict(playing, model.card.vocabulary)
        return generate_music(
            tokens,
            chord_sets,
            dice(rng),
            lambda: int(rng.integers(2)),
            coin(rng),
            faithful=True,
            saved_as=saved_as,
        )
    drawn = _draw(playing, model.card.vocabulary, rng, controls, len(chord_sets))
    return generate_music(drawn, chord_sets, dice(rng), faithful=False, saved_as=saved_as)


def _predict(cell: TokenCell, vocabulary: tuple[str, ...]) -> list[str]:
    state = cell.initial_state()
    inputs: list[int] = []
    tokens: list[str] = []
    for _ in range(PREDICTED_TOKENS):
        logits, state = cell.step(inputs, state)
        inputs = [int(logits.argmax())]
        tokens.append(vocabulary[inputs[0]])
    return tokens


def _draw(
    cell: TokenCell,
    vocabulary: tuple[str, ...],
    rng: np.random.Generator,
    controls: Controls,
    n_sets: int,
) -> list[list[str]]:
    """Tokens for every set; the first of each without a range, since there is no note to count from."""
    unranged = np.array([parse_token(text).reach is None for text in vocabulary])
    state, inputs = cell.initial_state(), list[int]()
    sets = []
    for _ in range(n_sets):
        tokens: list[str] = []
        while len(tokens) < PREDICTED_TOKENS:
            logits, state = cell.step(inputs, state)
            mask = unranged if not tokens and unranged.any() else None
            token = sample(
                logits, rng, temperature=controls.temperature, top_p=controls.top_p, mask=mask
            )
            inputs = [token]
            tokens.append(vocabulary[token])
        sets.append(tokens)
    return sets
