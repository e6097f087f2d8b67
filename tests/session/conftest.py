"""A session that several tests read."""

from __future__ import annotations

import pytest
from session_stage import STEERS, perform

from improv.cell.load import find_model, load_model
from improv.config import DEFAULT_MODEL


@pytest.fixture(scope="session")
def models():
    """What gives model and cell for the header of a log."""
    model = load_model(find_model(DEFAULT_MODEL))
    return lambda header: (model, None)


@pytest.fixture(scope="session")
def steered(tmp_path_factory):
    """A set of two tunes, and changes of everything while it plays."""
    return perform(tmp_path_factory.mktemp("steered"), events=STEERS)
