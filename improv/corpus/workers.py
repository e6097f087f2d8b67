"""Read tasks in several processes of this machine, or on a Dask cluster.

Both give every result, in the order of the tasks, and both outlive a process that dies: what it was reading
is read again, alone, and reported if it ends that process too.
"""

from __future__ import annotations

import multiprocessing
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from improv.corpus.reading import UNREADABLE, Reading
from improv.corpus.sources import Result, Task, read_tasks
from improv.errors import MissingError
from improv.processes import cores, leave_signals

Progress = Callable[[int], None]
"""Told how many tasks are done."""
Read = Callable[[Sequence[Task]], list[Result]]
_BATCH = 16
_FEWEST_TASKS = 8
"""With fewer files, reading here takes less time than starting processes."""
_RETRIES = 3
_WAIT_S = 10
_PATIENCE_S = 60


def read_here(
    tasks: Sequence[Task], jobs: int | None, progress: Progress, read: Read = read_tasks
) -> list[Result]:
    """Read in `jobs` processes (None: one a core)."""
    jobs = jobs or cores()
    if jobs == 1 or len(tasks) < _FEWEST_TASKS:
        results = []
        for task in tasks:
            results += read([task])
            progress(len(results))
        return results
    done = _Done(progress)
    batches = _batches(tasks, jobs)
    while batches := _in_pool(batches, jobs, done, read):
        # A process died. It was reading one of the first; with one process it is the first that is left.
        suspects, batches = batches[: 2 * jobs], batches[2 * jobs :]
        if left := _in_pool(suspects, 1, done, read):
            for task in left[0]:
                if _in_pool([[task]], 1, done, read):
                    done.take([_deadly(task)])
            batches = [*left[1:], *batches]
        if not batches:
            break
    return done.in_order(tasks)


class _Done:
    """Results as they come."""

    def __init__(self, progress: Progress) -> None:
        self._results: dict[Task, Result] = {}
        self._progress = progress

    def take(self, results: Iterable[Result]) -> None:
        self._results.update({result.task: result for result in results})
        self._progress(len(self._results))

    def in_order(self, tasks: Sequence[Task]) -> list[Result]:
        return [self._results[task] for task in tasks]


def _batches(tasks: Sequence[Task], workers: int) -> list[Sequence[Task]]:
    """Few tasks a batch where there are few, so that all workers end at about the same time."""
    size = max(1, min(_BATCH, len(tasks) // (4 * workers)))
    return [tasks[at : at + size] for at in range(0, len(tasks), size)]


def _deadly(task: Task) -> Result:
    reading = Reading()
    reading.drop(
        task.name, UNREADABLE, f"Cannot read {task.shown!r}: reading it crashes the process."
    )
    return Result(task, reading, "")


def _in_pool(
    batches: Sequence[Sequence[Task]], jobs: int, done: _Done, read: Read
) -> list[Sequence[Task]]:
    """Read in a pool of processes; the batches, in order, that are not read because one died."""
    pool = ProcessPoolExecutor(
        min(jobs, len(batches)), multiprocessing.get_context("spawn"), initializer=leave_signals
    )
    try:
        futures: dict[Future[list[Result]], int] = {}
        unread: list[int] = []
        for number, batch in enumerate(batches):
            try:
                futures[pool.submit(read, batch)] = number
            except BrokenProcessPool:  # one has died already
                unread.append(number)
        for future in as_completed(futures):
            try:
                done.take(future.result())
            except BrokenProcessPool:
                unread.append(futures[future])
        return [batches[number] for number in sorted(unread)]
    finally:
        pool.shutdown(cancel_futures=True)


# -- a cluster


def read_on_cluster(
    tasks: Sequence[Task], address: str, progress: Progress, read: Read = read_tasks
) -> list[Result]:
    """Read on the workers of a Dask scheduler, which find the files under the same names.

    Raises MissingError, in one sentence, where Dask is not installed, and where the scheduler cannot be
    reached, has no workers or is lost.
    """
    with _client(address) as (client, distributed):
        workers = sum(client.nthreads().values())
        done = _Done(progress)
        try:
            _on_workers(client, distributed, _batches(tasks, max(workers, 1)), done, read)
        except Exception as error:
            raise MissingError(
                f"The Dask cluster of {address!r} failed ({_said(error)}): expected workers with "
                "this version of jazz-improv, and a scheduler that goes on to the end."
            ) from error
        return done.in_order(tasks)


@contextmanager
def _client(address: str) -> Iterator[tuple[Any, Any]]:
    try:
        import distributed
    except ImportError as error:
        raise MissingError(
            "--scheduler needs Dask: `pip install 'jazz-improv[cluster]'`."
        ) from error
    try:
        # A client that finds nobody leaves threads behind, so it is made only where somebody listens.
        host, port = distributed.comm.get_address_host_port(address)
        socket.create_connection((host, port), timeout=_WAIT_S).close()
        client = distributed.Client(address, timeout=_WAIT_S, set_as_default=False)
    except Exception as error:  # whatever is wrong with an address, a port or what answers there
        raise MissingError(
            f"Cannot reach a Dask scheduler at {address!r} ({_said(error)}): expected the address that "
            "`dask scheduler` prints, as tcp://HOST:8786."
        ) from error
    try:
        try:
            client.wait_for_workers(1, timeout=_WAIT_S)
        except Exception as error:
            raise MissingError(
                f"The Dask scheduler at {address!r} has no workers: start some with `dask worker "
                f"{address}`."
            ) from error
        yield client, distributed
    finally:
        client.close()


def _on_workers(
    client: Any, distributed: Any, batches: Sequence[Sequence[Task]], done: _Done, read: Read
) -> None:
    """Have all batches read. Raises whatever is raised where the scheduler is lost."""

    def submit(batch: Sequence[Task]) -> Any:
        return client.submit(read, batch, pure=False, retries=_RETRIES)

    def result(future: Any) -> list[Result]:
        without_workers_s = 0
        while True:
            try:
                return future.result(timeout=_WAIT_S)
            except distributed.TimeoutError:
                # Workers that end are mostly started again; where all stay away nothing will ever come.
                without_workers_s = 0 if client.nthreads() else without_workers_s + _WAIT_S
                if without_workers_s >= _PATIENCE_S:
                    raise RuntimeError("all its workers are gone") from None

    given = [(submit(batch), batch) for batch in batches]
    suspects: list[Task] = []
    for future, batch in given:
        try:
            done.take(result(future))
        except distributed.KilledWorker:
            suspects += batch
    # Whatever else a worker holds is blamed for its end too, so each is given to one that has nothing else.
    for task in suspects:
        try:
            done.take(result(submit([task])))
        except distributed.KilledWorker:
            done.take([_deadly(task)])


def _said(error: BaseException) -> str:
    text = " ".join(str(error).split()).rstrip(".")
    return text[:100] or type(error).__name__
