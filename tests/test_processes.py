"""Work in several processes: the same results as in one, and a process that dies is said, not waited for."""

from __future__ import annotations

import os

import pytest

from improv.errors import ModelError
from improv.processes import cores, in_order, side_by_side

DIED = ModelError("One died.")


def times(known: int, job: int) -> int:
    return known * job


def end(known: None, job: int) -> int:
    os._exit(3)


def fail(known: None, job: int) -> int:
    raise ValueError(f"job {job}")


@pytest.mark.parametrize("workers", [1, 2, None])
def test_every_result_comes_and_can_be_put_in_order(workers):
    jobs = [5, 1, 4, 2, 3]
    found = side_by_side(times, 10, jobs, size=float, died=DIED, workers=workers)
    told: list[int] = []
    assert in_order(found, told.append) == [50, 10, 40, 20, 30]
    assert told == [1, 2, 3, 4, 5]


def test_no_jobs_no_results():
    assert list(side_by_side(times, 10, [], size=float, died=DIED)) == []


def test_a_process_that_dies_is_said():
    with pytest.raises(ModelError, match="One died"):
        list(side_by_side(end, None, [1, 2, 3], size=float, died=DIED, workers=2))


def test_what_a_job_raises_is_raised_here():
    with pytest.raises(ValueError, match="job 3"):
        list(side_by_side(fail, None, [3, 3], size=float, died=DIED, workers=2))


def test_there_is_a_core():
    assert cores() >= 1
