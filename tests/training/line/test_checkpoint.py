"""A checkpoint is gone on from when it is whole and this run's, and else the run begins anew."""

from __future__ import annotations

import io
import json
import os
import tracemalloc
import zipfile

import numpy as np
import pytest

from improv.training.line import checkpoint

MOST = 100_000


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
    again = checkpoint.read(path, "this run", MOST)
    assert again is not None
    assert (again.step, again.history, again.lanes) == (saved.step, saved.history, saved.lanes)
    for ours, theirs in zip(
        [*again.best, *again.arrays], [*saved.best, *saved.arrays], strict=True
    ):
        assert ours.dtype == theirs.dtype and np.array_equal(ours, theirs)


def test_another_runs_is_left_alone(tmp_path, saved):
    path = tmp_path / "run.checkpoint"
    checkpoint.write(path, saved, "this run")
    assert checkpoint.read(path, "another", MOST) is None


def test_a_damaged_one_is_as_if_there_were_none(tmp_path, saved):
    path = tmp_path / "run.checkpoint"
    checkpoint.write(path, saved, "this run")
    whole = path.read_bytes()
    for length in (0, 1, 4, 40, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert checkpoint.read(path, "this run", MOST) is None, length
    for content in (b"rubbish" * 9, b"PK\x03\x04" + b"\0" * 60):
        path.write_bytes(content)
        assert checkpoint.read(path, "this run", MOST) is None


def planted(path, about, **arrays):
    """A checkpoint by somebody else, packed."""
    content = np.frombuffer(json.dumps(about).encode(), np.uint8)
    with path.open("wb") as file:
        np.savez_compressed(file, about=content, **arrays)


def test_a_planted_one_takes_no_memory(tmp_path, saved):
    path = tmp_path / "run.checkpoint"
    about = {"what": "this run", "step": 1, "history": [], "lanes": {}, "best": 1}
    planted(path, about, a0=np.zeros(1 << 24))
    assert path.stat().st_size > MOST
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": "<f8", "fortran_order": False, "shape": (1 << 50,)}
    )
    shapes = tmp_path / "shapes.checkpoint"
    with zipfile.ZipFile(shapes, "w") as archive:
        words = io.BytesIO()
        np.save(words, np.frombuffer(json.dumps(about).encode(), np.uint8))
        archive.writestr("about.npy", words.getvalue())
        archive.writestr("a0.npy", head.getvalue())
    assert checkpoint.read(shapes, "this run", MOST) is None
    tracemalloc.start()
    try:
        assert checkpoint.read(path, "this run", MOST) is None  # more than is read
        assert checkpoint.read(path, "this run", 1 << 20) is None  # packed
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("about", [[], {"what": "this run"}, {"what": "this run", "best": []}])
def test_one_that_says_other_things_is_as_if_there_were_none(tmp_path, about):
    path = tmp_path / "run.checkpoint"
    with path.open("wb") as file:
        np.savez(file, about=np.frombuffer(json.dumps(about).encode(), np.uint8))
    assert checkpoint.read(path, "this run", MOST) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "run.checkpoint")
    assert checkpoint.read(tmp_path / "run.checkpoint", "this run", MOST) is None
