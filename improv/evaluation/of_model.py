"""The listener inside a model: from a loaded cell to what the protocol leads through a solo."""

from __future__ import annotations

from improv.cell.load import Model
from improv.errors import ModelError
from improv.evaluation.line_predictor import line_predictor
from improv.evaluation.protocol import Predictor


def predictor_of(model: Model) -> Predictor:
    """How `model` is asked what it expects, by its grammar. Raises ModelError where none can be asked."""
    name = model.card.grammar_name
    if name != "line":
        raise ModelError(
            f"The model {str(model.path)!r} speaks grammar {name!r}, which cannot be measured note by note:"
            " 'line' was expected."
        )
    return line_predictor(model)
