"""What is logged, and in which form."""

from __future__ import annotations

import logging
import os
import re
import threading

import pytest

from improv.cli.logs import LEVELS, LOG, in_journal, lead_in, logging_to


def lines(level: str | None = None) -> list[str]:
    """One message of each level, as it is written."""
    written: list[str] = []
    with logging_to(written.append, level):
        LOG.debug("bar %d", 1)
        LOG.info("tune")
        LOG.warning("port 'x' is gone:\nwait")
        LOG.error("end")
    return written


@pytest.fixture
def journal(monkeypatch):
    found = os.fstat(2)
    monkeypatch.setenv("JOURNAL_STREAM", f"{found.st_dev}:{found.st_ino}")


def test_on_a_terminal_warnings_look_as_everything_the_program_says():
    assert lines() == ["jazz-improv: port 'x' is gone: wait\n", "jazz-improv: end\n"]


@pytest.mark.parametrize("level", LEVELS)
def test_with_a_level_each_line_has_its_time_and_level(level):
    written = lines(level)
    assert len(written) == len(LEVELS) - LEVELS.index(level)
    pattern = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (DEBUG|INFO|WARNING|ERROR) .+\n"
    assert all(re.fullmatch(pattern, line) for line in written)


def test_the_journal_gets_priorities_and_no_time(journal):
    assert lines() == ["<6>tune\n", "<4>port 'x' is gone: wait\n", "<3>end\n"]
    assert lines("debug")[0] == "<7>bar 1\n"
    assert lines("error") == ["<3>end\n"]
    assert lead_in() == "<3>"


def test_what_the_journal_was_for_another_program_is_no_journal(monkeypatch):
    monkeypatch.setenv("JOURNAL_STREAM", "8:12345")
    assert not in_journal() and lead_in() == "jazz-improv: "
    assert not in_journal(fd=12_345)  # closed


def test_a_message_that_does_not_fit_its_arguments_ends_nothing(capsys):
    with logging_to(lambda line: None):
        LOG.warning("%d notes", "no")
    assert "Traceback" in capsys.readouterr().err  # said, as Python says it


def test_after_the_block_nothing_is_written_and_the_logger_is_as_it_was(caplog):
    before = LOG.level, LOG.propagate, list(LOG.handlers)
    written = lines()
    LOG.error("later")
    assert len(written) == 2
    assert (LOG.level, LOG.propagate, list(LOG.handlers)) == before


def test_nothing_is_written_twice_where_the_root_logger_writes_too():
    root: list[str] = []

    class Root(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            root.append(record.getMessage())

    handler = Root()
    logging.getLogger().addHandler(handler)
    try:
        lines()
    finally:
        logging.getLogger().removeHandler(handler)
    assert root == []


def test_threads_write_whole_lines():
    written: list[str] = []
    with logging_to(written.append):
        threads = [
            threading.Thread(target=lambda: [LOG.warning("x" * 50) for _ in range(50)])
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert written == [f"jazz-improv: {'x' * 50}\n"] * 200
