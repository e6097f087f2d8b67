"""Work in parallel processes on this machine: scoring solos, playing choruses, encoding.

Input -> output:  a function, what it always needs, jobs  ->  (number of a job, its result), as they are done
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from improv.errors import ImprovError

Job = TypeVar("Job")
Result = TypeVar("Result")


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def leave_signals() -> None:
    """Set up a worker process: Ctrl-C reaches the whole group, and only the parent reacts to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def side_by_side(
    call: Callable[[Any, Job], Result],
    known: Any,
    jobs: Sequence[Job],
    *,
    size: Callable[[Job], float],
    died: ImprovError,
    workers: int | None = None,
) -> Iterator[tuple[int, Result]]:
    """`call(known, job)` for every job, in this process or several; results come as they are done.

    The largest by `size` begin first, so that no core waits for a late long one. `known` is sent to each
    process once, because it may be a whole model or corpus. `workers`: processes (None: one per core; 1: this
    one, in order). Raises `died` if a process ended by itself, and whatever `call` raises.
    """
    count = min(cores() if workers is None else workers, len(jobs))
    if count <= 1:
        for number, job in enumerate(jobs):
            yield number, call(known, job)
        return
    # A fork starts at once and shares big tables, but it may lock up if threads run (TensorFlow).
    fork = sys.platform == "linux" and "tensorflow" not in sys.modules
    context = multiprocessing.get_context("fork" if fork else "spawn")
    pool = ProcessPoolExecutor(count, context, _settle, (call, known))
    try:
        waiting: dict[Future[Result], int] = {
            pool.submit(_call_here, jobs[number]): number
            for number in sorted(range(len(jobs)), key=lambda at: -size(jobs[at]))
        }
        for future in as_completed(waiting):
            yield waiting[future], future.result()
    except BrokenProcessPool as error:
        raise died from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def in_order(
    results: Iterable[tuple[int, Result]], progress: Callable[[int], object] | None = None
) -> list[Result]:
    """What `side_by_side` gives, in the order of the jobs; `progress` is told how many are done."""
    found = {}
    for number, result in results:
        found[number] = result
        if progress is not None:
            progress(len(found))
    return [found[number] for number in sorted(found)]


_here: list[tuple[Callable[[Any, Any], Any], Any]] = []
"""What a worker process calls, and what that always needs."""


def _settle(call: Callable[[Any, Any], Any], known: Any) -> None:
    leave_signals()
    _here[:] = [(call, known)]


def _call_here(job: Any) -> Any:
    call, known = _here[0]
    return call(known, job)
