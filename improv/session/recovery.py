"""Recordings of sessions that ended without warning, made into MIDI files on the next start.

    state folder/sessions/*.recording.jsonl  not held by a living process  ──>  NAME.mid, and a line to say

A file that is there is never replaced: what is recovered then becomes NAME.recovered.mid,
NAME.recovered-2.mid and so on. Only journals that this user alone can have written are read. One that is
damaged is set aside as *.damaged, and said once; what can be read of it is recovered.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from improv import files
from improv.errors import ImprovError, InputFileError
from improv.session.journal import BESIDE_SUFFIX, SUFFIX
from improv.session.writer import journals_folder

if TYPE_CHECKING:
    from improv.music.take import Take
    from improv.session.reader import Session

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def recover_sessions(record: Path | None = None) -> list[str]:
    """Recover every recording whose process has died; the lines to be said, one each.

    `record` is what this session is to leave: its name is taken already.
    """
    said = []
    for path in _journals(record):
        try:
            fd = files.open_ordinary(path, os.O_RDWR | files.NO_LINK)
        except OSError:
            continue  # gone meanwhile, somebody else's, or no file
        line, done = "", False
        try:
            if _is_ours(fd) and files.hold(fd):
                line, done = _recover(fd, path, record)
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


def _is_ours(fd: int) -> bool:
    """Whether this user made it: another's could have anything written anywhere in our name."""
    return not hasattr(os, "getuid") or os.fstat(fd).st_uid == os.getuid()


def _recover(fd: int, path: Path, record: Path | None) -> tuple[str, bool]:
    """Make a MIDI file of a journal: the line to be said, if any, and whether the journal is done with."""
    # Here, because playing needs none of it.
    from improv import smf
    from improv.session.restore import take_of

    try:
        session = _session(fd, path)
        take = take_of(session) if session is not None else None
        if session is None or take is None:
            return "", True
        content, how_much = smf.midi_bytes(take), _how_much(session, take)
    except Exception as error:  # whatever is wrong with a file of yesterday, today's music begins
        why = str(error) if isinstance(error, ImprovError) else f"it is damaged ({error!r:.80})."
        return _set_aside(path, f"cannot be recovered: {why}"), False
    wanted = Path(session.header["recording"]["target"])
    try:
        target = _free(wanted, record)
        files.write_bytes(target, content)
    except ImprovError as error:
        if _was_said(path):
            return "", False
        return (
            f"The recording {wanted.name!r} of a session that ended without warning is not recovered yet: "
            f"{error} It is tried again on every start, but this is said only once.",
            False,
        )
    said = (
        f"The recording {wanted.name!r} of a session that ended without warning is recovered as "
        f"{str(target)!r}: {how_much}."
    )
    if session.damaged > session.cut_short:
        lines = session.damaged - session.cut_short
        many = "1 damaged line" if lines == 1 else f"{lines:,} damaged lines"
        return f"{said} {_set_aside(path, f'had {many}')}", False
    return said, True


def _was_said(path: Path) -> bool:
    """Whether it was said before that this journal cannot be recovered yet; from now on it was."""
    try:
        os.close(os.open(_said_of(path), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return True
    except OSError:
        pass  # then it is said again
    return False


def _said_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.said")


def _set_aside(path: Path, why: str) -> str:
    """Give a journal a name under which it is not found again; what is to be said of it."""
    left = files.first_free(path.with_name(f"{path.name}.damaged"))
    try:
        os.rename(path, left)
    except OSError:
        left = path
    why = why.rstrip(".")
    return (
        f"The journal of a session that ended without warning {why}; it is left as {str(left)!r}."
    )


def _session(fd: int, path: Path) -> Session | None:
    """What a journal holds; None where it was ended before the first note."""
    from improv.session.reader import LONGEST_LINE, lines_of, read

    found = os.fstat(fd)
    if hasattr(os, "getuid") and (found.st_mode & _OTHERS_WRITE or found.st_nlink != 1):
        raise InputFileError("other users may have written to it.")
    with open(fd, "rb", closefd=False) as stream:
        if not stream.readline(LONGEST_LINE).endswith(b"\n") and found.st_size < LONGEST_LINE:
            return None  # it did not come to write even its first line whole
        stream.seek(0)
        session = read(lines_of(stream), str(path))
    recording = session.header.get("recording")
    target = recording.get("target") if isinstance(recording, dict) else None
    if not isinstance(target, str) or not os.path.isabs(target):
        raise InputFileError("it does not say what it is a recording for.")
    if path.name.endswith(BESIDE_SUFFIX) and Path(target).parent != path.parent:
        raise InputFileError(f"it is for another folder than its own: {target!r}.")
    return session if any(part.notes for part in session.parts) else None


def _free(wanted: Path, record: Path | None) -> Path:
    """`wanted` if there is no such file and none is to be, else the first name like it that is free."""
    taken = None if record is None else os.path.realpath(record)

    def is_taken(path: Path) -> bool:
        return os.path.realpath(path) == taken

    if files.first_free(wanted, is_taken) == wanted:
        return wanted
    again = wanted.with_name(f"{wanted.stem}.recovered{wanted.suffix}")
    return files.first_free(again, is_taken)


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
    for each in (path, _said_of(path)):
        try:
            each.unlink(missing_ok=True)
        except OSError:
            pass  # it is found again on the next start, and recovered under another name
