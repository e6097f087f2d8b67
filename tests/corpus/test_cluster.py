"""The same build on a Dask cluster: two worker processes on this machine, one of which is killed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from improv.cli import main
from improv.corpus.build import build_corpus
from improv.corpus.events import write_events
from improv.corpus.sources import find_source
from improv.corpus.workers import read_on_cluster
from improv.errors import MissingError
from tests.corpus.test_corpus_build import read_or_die, solo

distributed = pytest.importorskip(
    "distributed", reason="Dask is not installed: pip install 'jazz-improv[cluster]'"
)
# What Dask and its event loop leave behind, killed workers before all, is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def cluster() -> Iterator[object]:
    """A scheduler and two workers, each in a process of its own, that are started again when they end."""
    import dask

    settings = {
        "distributed.scheduler.allowed-failures": 0,
        "distributed.logging": {"distributed": "critical"},
    }
    with dask.config.set(settings):
        with distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=":0",
            silence_logs=50,
        ) as made:
            yield made


@pytest.fixture
def many(tmp_path: Path) -> Path:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(60):
        name = f"s{number:02}"
        write_events(folder / f"{name}.jsonl", [solo(name, 40 + number)])
    (folder / "bad.mid").write_bytes(b"MThd")
    return folder


def test_a_worker_that_is_killed_changes_nothing(cluster, many: Path, tmp_path: Path) -> None:
    """The bytes are those of a local build."""
    with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
        pids = list(client.run(os.getpid).values())
    assert len(set(pids)) == 2 and os.getpid() not in pids
    killed = []

    def kill_one(done: int, of: int) -> None:
        if not killed and done < of:
            killed.append(pids[0])
            os.kill(pids[0], signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)

    build_corpus([many], tmp_path / "here")
    build_corpus([many], tmp_path / "there", scheduler=cluster.scheduler_address, progress=kill_one)
    assert killed
    for name in ("solos.jsonl.gz", "manifest.json"):
        here, there = (tmp_path / folder / name for folder in ("here", "there"))
        assert here.read_bytes() == there.read_bytes()


def test_a_file_that_ends_every_worker_is_named(cluster, many: Path) -> None:
    """And all others are read."""
    from distributed.protocol.pickle import cloudpickle

    from tests.corpus import test_corpus_build

    cloudpickle.register_pickle_by_value(test_corpus_build)  # workers do not have the tests
    for path in many.glob("s[2-6]*.jsonl"):
        path.unlink()
    (many / "deadly.jsonl").write_bytes((many / "s00.jsonl").read_bytes())
    tasks = find_source(many).tasks
    results = read_on_cluster(tasks, cluster.scheduler_address, lambda done: None, read_or_die)
    assert [result.task for result in results] == tasks
    assert sum(len(result.reading.solos) for result in results) == 20
    dropped = {each.what: each.sentence for result in results for each in result.reading.dropped}
    assert dropped.keys() == {"bad", "deadly"}
    assert "crashes the process" in dropped["deadly"]


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://x", "tcp://", "127.0.0.1:x"])
def test_a_scheduler_that_cannot_be_reached_is_one_sentence(
    address: str, many: Path, tmp_path: Path, capsys, monkeypatch
) -> None:
    """With what was expected, and nothing is written."""
    monkeypatch.setattr("improv.corpus.workers._WAIT_S", 1)
    out = tmp_path / "out"
    command = ["corpus", "build", str(many), "--out", str(out), "--scheduler", address]
    assert main(command) == MissingError.status
    said = capsys.readouterr().err
    assert f"Cannot reach a Dask scheduler at {address!r}" in said
    assert "Traceback" not in said and not out.exists()


def test_workers_that_stay_away_are_one_sentence(many: Path, tmp_path: Path, monkeypatch) -> None:
    """Nothing is waited for in vain."""
    monkeypatch.setattr("improv.corpus.workers._WAIT_S", 1)
    monkeypatch.setattr("improv.corpus.workers._PATIENCE_S", 2)
    monkeypatch.setattr(
        "improv.corpus.workers._client", lambda address: nullcontext((Gone(), distributed))
    )
    with pytest.raises(MissingError, match="all its workers are gone"):
        build_corpus([many], tmp_path / "out", scheduler="tcp://gone")


class Gone:
    """A client whose workers never answer."""

    def nthreads(self) -> dict:
        return {}

    def submit(self, *args, **options) -> Gone:
        return self

    def result(self, timeout: float) -> None:
        raise distributed.TimeoutError


def test_a_scheduler_without_workers_is_one_sentence(
    many: Path, tmp_path: Path, monkeypatch
) -> None:
    """It is said how to start some."""
    monkeypatch.setattr("improv.corpus.workers._WAIT_S", 1)
    with distributed.LocalCluster(
        n_workers=0, processes=True, dashboard_address=":0", silence_logs=50
    ) as cluster:
        with pytest.raises(MissingError, match="has no workers: start some with `dask worker"):
            build_corpus([many], tmp_path / "out", scheduler=cluster.scheduler_address)
