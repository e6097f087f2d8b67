"""One JACK server for the tests that want real ports."""

from __future__ import annotations

import os
from collections.abc import Iterator

import jack
import pytest


@pytest.fixture(scope="session")
def jack_server() -> Iterator[dict[str, str]]:
    """A running JACK server; the environment in which programs find it. Skipped where there is no JACK."""
    if why := jack.missing():
        pytest.skip(why)
    with jack.server(f"improv{os.getpid()}") as environment:
        before = {name: os.environ.get(name) for name in environment}
        os.environ.update(environment)  # rtmidi in this process and in the sender
        yield environment
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
