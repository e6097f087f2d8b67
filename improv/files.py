"""Write files whole or not at all: a temporary name in the same folder, then a rename.

Every file this project leaves behind passes through here, so that a full disk or a kill never leaves
half a file under a good name. Files that are read whole are ordinary ones: a pipe or device may never end.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from improv.errors import OutputFileError

_NOT_ORDINARY = "it is no ordinary file"


def exists(path: Path) -> bool:
    """Whether anything has this name; False also for a name that nothing can have."""
    try:
        return path.exists()
    except (OSError, ValueError):  # too long, or with a zero byte
        return False


def read_ordinary(path: Path, most_bytes: int) -> bytes:
    """The bytes of an ordinary file, up to one more than `most_bytes`. OSError for a pipe or device too."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if path.exists() and not path.is_file() and not path.is_dir():
        raise OSError(errno.EINVAL, _NOT_ORDINARY)
    with open(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # exchanged meanwhile
            raise OSError(errno.EINVAL, _NOT_ORDINARY)
        return file.read(most_bytes + 1)


def explain(path: Path, error: OSError) -> OutputFileError:
    """The error that says why `path` cannot be written."""
    reason = error.strerror or str(error)
    return OutputFileError(
        f"Cannot write {str(path)!r}: {reason}; choose a place where you can write."
    )


_PREFIX = ".jazz-improv."  # short, so that a file name of the longest kind still fits


def _target(path: Path) -> Path:
    """The file that `path` leads to, through symlinks. Raises OutputFileError if it is not a file."""
    try:
        target = Path(os.path.realpath(path))
        if target.is_dir():
            raise OutputFileError(
                f"Cannot write {str(path)!r}: it is a folder; expected the name of a file."
            )
        if target.exists() and not target.is_file():
            raise OutputFileError(
                f"Cannot write {str(path)!r}: it is a device or a pipe; expected the name of a file."
            )
        if target.exists() and not os.access(target, os.W_OK):
            raise OutputFileError(f"Cannot write {str(path)!r}: it is read-only; choose another.")
    except OSError as error:
        raise explain(path, error) from error
    return target


def check_writable(path: Path) -> None:
    """Fail early: raise OutputFileError if the file `path` could not be made or replaced right now."""
    target = _target(path)
    try:
        handle, name = tempfile.mkstemp(prefix=_PREFIX, dir=target.parent)
        os.close(handle)
        os.unlink(name)
        target.exists()  # raises for a name that is too long
    except OSError as error:
        raise explain(path, error) from error


def check_folder(path: Path) -> None:
    """Fail early: raise OutputFileError if the folder `path` could not be made or replaced right now."""
    try:
        nearest = next(parent for parent in path.resolve().parents if parent.exists())
        os.rmdir(tempfile.mkdtemp(prefix=_PREFIX, dir=nearest))
    except OSError as error:
        raise explain(path, error) from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; it gets the name `path` when the block ends well.

    Raises OutputFileError if the file cannot be written; the temporary file is then removed.
    """
    target = _target(path)
    try:
        mode = target.stat().st_mode & 0o777 if target.exists() else None
        handle, name = tempfile.mkstemp(prefix=_PREFIX, dir=target.parent)
        os.close(handle)
    except OSError as error:
        raise explain(path, error) from error
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        # mkstemp makes private files; ours should be ordinary, or as private as the file they replace.
        temporary.chmod(0o666 & ~umask if mode is None else mode)
        os.replace(temporary, target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise explain(path, error) from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder to fill; it replaces `path` when the block ends well."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=path.parent))
    except OSError as error:
        raise explain(path, error) from error
    try:
        yield temporary
        temporary.chmod(0o755)
        if path.exists():
            old = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}old.", dir=path.parent))
            os.replace(path, old / path.name)
            os.replace(temporary, path)
            shutil.rmtree(old, ignore_errors=True)
        else:
            os.replace(temporary, path)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise explain(path, error) from error
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
