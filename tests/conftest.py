"""Fixtures shared by all tests."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import jack
import pytest
from hypothesis import settings

from improv.soloist import make

# How long an example takes says more about the machine than about the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

# What started the tests may have them ignore signals (nohup, a job in the background); the programs they
# start inherit that and would not stop when told to.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# The config file of whoever runs the tests is not ours to obey.
os.environ["JAZZ_IMPROV_CONFIG"] = "none"

# Rehearsing takes nine times as long, and few tests are about what it chooses: `rehearsing` is for those.
os.environ["JAZZ_IMPROV_REHEARSE"] = "0"

# Nor is the width of their terminal the one that tests expect lines to be broken at: none.
os.environ.pop("COLUMNS", None)
os.unsetenv(
    "COLUMNS"
)  # readline, which pytest loads, sets it beside os.environ: processes inherit it

# What the program keeps by itself (journals of recordings) is kept out of the home of whoever runs the tests.
_STATE = tempfile.mkdtemp(prefix="jazz-improv-state-")
os.environ["JAZZ_IMPROV_STATE"] = _STATE
os.environ["JAZZ_IMPROV_RUNTIME"] = f"{_STATE}/run"  # and its players out of their `status`
atexit.register(shutil.rmtree, _STATE, ignore_errors=True)

ROOT = Path(__file__).resolve().parent.parent


SLOW = ("end_to_end", "page", "training", "evaluation", "corpus")
"""Folders of tests that take long: where tests run side by side, these begin first."""


@cache
def _is_heard(path: Path) -> bool:
    """Whether tests of a file use JACK or Link, which everybody on the machine hears."""
    return path.name == "test_link.py" or "mark.jack" in path.read_text("utf-8")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Side by side (pytest-xdist, `make test`) what is heard begins first, and then what takes long."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: (not _is_heard(item.path), item.path.parent.name not in SLOW))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """The tests of a file stay together, for what they share; those that are heard are one group.

    (Groups by marks, `--dist loadgroup`, do nothing with pytest 9.2 and pytest-xdist 3.8.)
    """
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file, *_ = nodeid.split("::")
            return "heard" if _is_heard(config.rootpath / file) else file

    return Together(config, log)


_load_judge = make.load_judge


@pytest.fixture(scope="session", autouse=True)
def _rehearsing_nothing() -> Iterator[None]:
    """What plays in this process does not rehearse either."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(make, "load_judge", lambda folder: None)
        yield


@pytest.fixture
def rehearsing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As users have it: a model that can rehearse does, here and in programs that are started."""
    monkeypatch.setattr(make, "load_judge", _load_judge)
    monkeypatch.delenv("JAZZ_IMPROV_REHEARSE")


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The shared data folder (JAZZ_IMPROV_SHARED, default ../shared); skipped where it is absent."""
    folder = Path(os.environ.get("JAZZ_IMPROV_SHARED", ROOT.parent / "shared"))
    if not (folder / "seed").is_dir():
        pytest.skip(f"no shared data at {folder}: set JAZZ_IMPROV_SHARED")
    return folder


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


@pytest.fixture(scope="module")
def patient_jack_server() -> Iterator[jack.Server]:
    """A JACK server that does not wait for its clients: for tests that kill one."""
    if why := jack.missing():
        pytest.skip(why)
    server = jack.Server(f"patient{os.getpid()}", sync=False, period=2048)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment.items():
            patch.setenv(name, value)
        yield server
    server.stop()
