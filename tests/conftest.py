"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The shared data folder (JAZZ_IMPROV_SHARED, default ../shared); the test is skipped where it is absent."""
    folder = Path(os.environ.get("JAZZ_IMPROV_SHARED", ROOT.parent / "shared"))
    if not (folder / "seed").is_dir():
        pytest.skip(f"no shared data at {folder}: set JAZZ_IMPROV_SHARED")
    return folder
