"""Recordings of sessions that ended without warning, made into MIDI files on the next start.

    state folder/sessions/*.recording.jsonl  not held by a living process  ──>  NAME.mid, and a line to say

A file that is there is never replaced: what is recovered then becomes NAME.recovered.mid,
NAME.recovered-2.mid and so on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from improv import files
from improv.errors import ImprovError, InputFileError
from improv.music.take import Take
from improv.session.journal import BESIDE_SUFFIX, SUFFIX, hold
from improv.session.writer import journals_folder

if TYPE_CHECKING:
    from improv.session.reader import Session

_LONGEST_HEADER = 256_000_000  # a set of thousands of tunes has some megabytes


def recover_sessions(record: Path | None = None) -> list[str]:
    """Recover every recording whose process has died; the lines to be said, one each.

    `record` is what this session is to leave: its name is taken already.
    """
    said = []
    for path in _journals(record):
        try:
            fd = os.open(path, os.O_RDWR)
        except OSError:
            continue  # gone meanwhile, or somebody else's
        line, done = "", False
        try:
            if hold(fd):
                line, done = _recover(path, record)
        finally:
            os.close(fd)
        if done:
            _remove(path)
        if line:
            said.append(line)
    return said


def _journals(record: Path | None) -> Iterator[Path]:
    places = [(journals_folder(), SUFFIX)]
    if record is not None:  # where the state folder could not be written then
        beside = Path(os.path.abspath(record))
        places.append((beside.parent, BESIDE_SUFFIX))
    for folder, suffix in places:
        try:
            yield from sorted(path for path in folder.iterdir() if path.name.endswith(suffix))
        except OSError:
            continue


def _recover(path: Path, record: Path | None) -> tuple[str, bool]:
    """Make a MIDI file of a journal: the line to be said, if any, and whether the journal is done with."""
    # Here, because playing needs none of it.
    from improv import smf
    from improv.session.restore import take_of

    try:
        session = _session(path)
        take = take_of(session) if session is not None else None
    except ImprovError as error:
        left = path.with_name(f"{path.name}.damaged")
        _replace(path, left)
        return (
            f"A session that ended without warning cannot be recovered, it is left as {str(left)!r}: {error}",
            False,
        )
    if session is None or take is None:
        return "", True
    wanted = Path(str(session.header["recording"]["target"]))
    try:
        target = _free(wanted, record)
        smf.write_midi(target, take)
    except ImprovError as error:
        return (
            f"The recording {wanted.name!r} of a session that ended without warning is not recovered yet; it "
            f"is tried again on the next start: {error}",
            False,
        )
    return (
        f"The recording {wanted.name!r} of a session that ended without warning is recovered as "
        f"{str(target)!r}: {_how_much(session, take)}.",
        True,
    )


def _session(path: Path) -> Session | None:
    """What a journal holds; None where it was ended before the first note."""
    try:
        with path.open("rb") as stream:
            if not stream.readline(_LONGEST_HEADER).endswith(b"\n"):
                return None  # it did not come to write even its first line whole
    except OSError as error:
        raise InputFileError(f"Cannot read {str(path)!r}: {error.strerror}.") from error
    from improv.session.reader import read_file

    session = read_file(path)
    recording = session.header.get("recording")
    if not isinstance(recording, dict) or not isinstance(recording.get("target"), str):
        raise InputFileError(f"{str(path)!r} does not say what it is a recording for.")
    return session if any(part.notes for part in session.parts) else None


def _free(wanted: Path, record: Path | None) -> Path:
    """`wanted` if there is no such file and none is to be, else the first name like it that is free."""
    taken = None if record is None else os.path.realpath(record)
    target, number = wanted, 1
    while files.exists(target) or target.is_symlink() or os.path.realpath(target) == taken:
        again = "" if number == 1 else f"-{number}"
        target = wanted.with_name(f"{wanted.stem}.recovered{again}{wanted.suffix}")
        number += 1
    return target


def _how_much(session: Session, take: Take) -> str:
    """ "312 bars, up to chorus 9, bar 12 of 'Blues'"."""
    from improv.session.restore import performances_of

    last = session.parts[-1]
    chart = performances_of(session)[-1].arrangement.chart
    chorus, bar = chart.chorus_and_bar(chart.bar_of(max(0, last.length_end_tick - 1)))
    place = f"chorus {chorus + 1}, bar {bar + 1}" if chorus >= 0 else "the lead-in"
    title = f" of {last.title!r}" if last.title else ""
    bars = "1 bar" if take.chart.bars == 1 else f"{take.chart.bars} bars"
    return f"{bars}, up to {place}{title}"


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        pass  # it is found again on the next start, and recovered under another name


def _replace(path: Path, by: Path) -> None:
    try:
        os.replace(path, by)
    except OSError:
        pass
