"""A checkpoint is gone on from when it is whole and this run's, and else the run begins anew."""

from __future__ import annotations

import numpy as np
import pytest

from improv.training.line import checkpoint


@pytest.fixture
def saved():
    arrays = [np.arange(6.0, dtype=np.float32).reshape(2, 3), np.array(7)]
    lanes = {"rng": {"state": 2**100}, "queue": [[1, 2, 3]]}
    return checkpoint.Saved(
        40, [{"step": 40, "nats": 3.5}], [np.ones(4, np.float32)], arrays, lanes
    )


def test_what_is_written_is_read(tmp_path, saved):
    path = tmp_path / "run.checkpoint"
    checkpoint.write(path, saved, "this run")
    again = checkpoint.read(path, "this run")
    assert again is not None
    assert (again.step, again.history, again.lanes) == (saved.step, saved.history, saved.lanes)
    for ours, theirs in zip(
        [*again.best, *again.arrays], [*saved.best, *saved.arrays], strict=True
    ):
        assert ours.dtype == theirs.dtype and np.array_equal(ours, theirs)


def test_another_runs_is_left_alone(tmp_path, saved):
    path = tmp_path / "run.checkpoint"
    checkpoint.write(path, saved, "this run")
    assert checkpoint.read(path, "another") is None


def test_a_damaged_one_is_as_if_there_were_none(tmp_path, saved):
    path = tmp_path / "run.checkpoint"
    checkpoint.write(path, saved, "this run")
    whole = path.read_bytes()
    for length in (0, 1, 4, 40, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert checkpoint.read(path, "this run") is None, length
    for content in (b"rubbish" * 9, b"PK\x03\x04" + b"\0" * 60):
        path.write_bytes(content)
        assert checkpoint.read(path, "this run") is None
