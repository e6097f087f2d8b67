"""Write files whole or not at all: a temporary name in the same folder, then a rename.

Every file this project leaves behind passes through here, so that a full disk or a kill never leaves
half a file under a good name. What is read and written are ordinary files: a pipe or device may never end. A
link is followed where this user or the system's made it: whoever else did chooses what is written over.
"""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, TypeVar

from improv.errors import ImprovError, InputFileError, OutputFileError

Read = TypeVar("Read")

_NOT_ORDINARY = "it is no ordinary file"
_UNWAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""A pipe is not waited for; and Windows would write two characters for a line end."""
NO_LINK = getattr(os, "O_NOFOLLOW", 0)
"""For `open_ordinary`: a link is not followed."""
_MOST_LINKS = 40
_LOCK_BYTE = 1 << 30
"""Windows locks bytes, not files: one that no file of ours ever has."""


def exists(path: Path) -> bool:
    """Whether anything has this name; False also for a name that nothing can have."""
    try:
        return path.exists()
    except (OSError, ValueError):  # too long, or with a zero byte
        return False


def open_ordinary(path: Path, flags: int = os.O_RDONLY) -> int:
    """An ordinary file, opened without waiting for anybody. Raises OSError for a pipe or device too."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise OSError(errno.EINVAL, _NOT_ORDINARY)
    fd = os.open(path, flags | _UNWAITING, 0o666)
    if not stat.S_ISREG(os.fstat(fd).st_mode):  # exchanged meanwhile, or a folder
        is_folder = stat.S_ISDIR(os.fstat(fd).st_mode)
        os.close(fd)
        if is_folder:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        raise OSError(errno.EINVAL, _NOT_ORDINARY)
    return fd


def read_ordinary(path: Path, most_bytes: int) -> bytes:
    """The bytes of an ordinary file, up to one more than `most_bytes`. OSError for a pipe or device too."""
    with open(open_ordinary(path), "rb") as file:
        return file.read(most_bytes + 1)


def content_of(
    path: Path,
    most_bytes: int,
    error: type[ImprovError] = InputFileError,
    *,
    what: str = "",
    expected: str = "",
) -> bytes:
    """The bytes of an ordinary file. Raises `error`, in one sentence, where it cannot be read or has more.

    `what` is what the sentence calls the file ("chart "), `expected` what was expected of it.
    """
    try:
        content = read_ordinary(path, most_bytes)
        why = f"it has over {most_bytes >> 20} MB" if len(content) > most_bytes else ""
    except FileNotFoundError:
        why = "no such file"
    except IsADirectoryError:
        why = "it is a folder"
    except (OSError, ValueError) as problem:  # ValueError: a zero byte in its name
        why = str(getattr(problem, "strerror", None) or problem)
    if why:
        raise error(f"Cannot read {what}{str(path)!r}: {why}{'; ' * bool(expected)}{expected}.")
    return content


def json_of(
    path: Path, most_bytes: int, error: type[ImprovError] = InputFileError, *, expected: str = ""
) -> Any:
    """The JSON in a file. Raises `error` as `content_of` does, and where it is none."""
    content = content_of(path, most_bytes, error, expected=expected)
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as problem:
        end = f"{'; ' * bool(expected)}{expected}"
        raise error(f"Cannot read {str(path)!r}: it is not JSON ({problem}){end}.") from problem


def arrays_of(
    path: Path, most_bytes: int, error: type[ImprovError], *, expected: str = ""
) -> dict[str, Any]:
    """The arrays of an .npz file, NumPy's, by name. Raises `error` as `content_of` does, where it is none,
    and where they have more than `most_bytes` together, unpacked."""
    import numpy as np  # who only writes files does without

    content = content_of(path, most_bytes, error, expected=expected)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(each.file_size for each in archive.infolist()) > most_bytes:
                raise ValueError(f"unpacked it has over {most_bytes >> 20} MB")
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return dict(arrays)
    except (
        ValueError,
        KeyError,
        TypeError,
        EOFError,
        MemoryError,
        OSError,
        zipfile.BadZipFile,
    ) as why:
        end = f"{'; ' * bool(expected)}{expected}"
        raise error(f"Cannot read {str(path)!r}: {why}{end}.") from why


def until_changed(read: Callable[[Path], Read]) -> Callable[[Path], Read | None]:
    """`read`, asked once for a file as long as that stays as it is: all tunes of a set share what it gave.

    The last two files are remembered. None where there is no such file.
    """

    @lru_cache(maxsize=2)
    def remembered(path: Path, changed_ns: int, size: int) -> Read:
        return read(path)

    @wraps(read)
    def asked(path: Path) -> Read | None:
        try:
            found = path.stat()
        except (OSError, ValueError):
            return None
        return remembered(path, found.st_mtime_ns, found.st_size)

    return asked


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write them as an .npz file for `arrays_of`; the same arrays give the same bytes. OutputFileError."""
    import numpy as np

    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    write_bytes(path, content.getvalue())


def explain(path: Path, error: OSError) -> OutputFileError:
    """The error that says why `path` cannot be written."""
    reason = error.strerror or str(error)
    return OutputFileError(
        f"Cannot write {str(path)!r}: {reason}; choose a place where you can write."
    )


_PREFIX = ".jazz-improv."  # short, so that a file name of the longest kind still fits


def _strangers_link(path: Path) -> Path | None:
    """The first link on the way to `path` that another user made, if there is one.

    A folder may also be a link of whoever owns the folder that it lies in. Raises OSError.
    """
    if not hasattr(os, "getuid"):
        return None
    ours = (os.getuid(), 0)
    here, rest = Path(os.sep), list(reversed((Path.cwd() / path).parts[1:]))
    links = 0
    while rest:
        name = rest.pop()
        if name == "..":
            here = here.parent
            continue
        step = here / name
        try:
            found = step.lstat()
        except FileNotFoundError:
            return None
        if not stat.S_ISLNK(found.st_mode):
            here = step
            continue
        if found.st_uid not in ours and not (rest and found.st_uid == here.lstat().st_uid):
            return step
        links += 1
        if links > _MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        to = here / os.readlink(step)
        here, rest = Path(os.sep), [*rest, *reversed(to.parts[1:])]
    return None


def _target(path: Path) -> Path:
    """The file that `path` leads to, through links of this user. OutputFileError if it is not a file."""
    try:
        if (link := _strangers_link(path)) is not None:
            raise OutputFileError(
                f"Cannot write {str(path)!r}: {str(link)!r} is a link that another user made; choose another."
            )
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
    except ValueError as error:  # a zero byte
        raise OutputFileError(f"Cannot write {str(path)!r}: {error}.") from error
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


def check_replaceable(
    path: Path, force: bool, what: str, is_one: Callable[[set[str]], bool]
) -> None:
    """Fail early: raise OutputFileError for a folder that must not be replaced, or cannot be made right now.

    `what` it is to be ("a corpus"); `is_one`: whether a folder with these names in it is one, which `force`
    replaces.
    """
    if exists(path) and not path.is_dir():
        raise OutputFileError(f"Cannot make the folder {str(path)!r}: a file has that name.")
    found = {each.name for each in path.iterdir()} if exists(path) else set()
    if found and not is_one(found):
        raise OutputFileError(
            f"The folder {str(path)!r} holds something that is not {what}; it is not replaced."
        )
    if found and not force:
        raise OutputFileError(
            f"There is {what} in {str(path)!r} already; give another --out, or --force to replace it."
        )
    check_folder(path)


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


def first_free(path: Path, taken: Callable[[Path], bool] = lambda path: False) -> Path:
    """`path`, or the first of gig-2.mid, gig-3.mid and so on, that nothing has and that is not `taken`."""
    free, number = path, 1
    while taken(free) or free.is_symlink() or exists(free):
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free


State = tuple[int, int, int, int]


def state_of(path: Path) -> State | None:
    """What has this name now, for `write_unless_changed` to compare; None: nothing."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def write_unless_changed(path: Path, content: bytes, before: State | None) -> Path:
    """Write `content` to `path`, or, if that is no longer as it was `before`, to the first free name like it.

    Returns where. Raises OutputFileError.
    """
    if state_of(path) != before:
        path = first_free(path)
    write_bytes(path, content)
    return path


def hold(fd: int) -> bool:
    """Hold an open file until it is closed, or this process ends; False where another process does."""
    try:
        if os.name == "nt":
            import msvcrt  # there is no such module elsewhere

            at = os.lseek(fd, 0, os.SEEK_CUR)
            os.lseek(fd, _LOCK_BYTE, os.SEEK_SET)
            try:
                msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
            finally:
                os.lseek(fd, at, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True  # a file system that knows no locks: better to go on without
    return True


def is_there(fd: int, path: Path) -> bool:
    """Whether an open file still has this name: somebody who clears up may have come between."""
    try:
        return os.path.samestat(os.fstat(fd), os.stat(path))
    except OSError:
        return False


def open_to_write(path: Path) -> tuple[int, Path]:
    """An ordinary file, emptied and held by this process, to be written from its start; and its name.

    While another process holds `path` that is a new file with the first free name like it. Raises
    OutputFileError.
    """
    target = _target(path)
    try:
        while True:
            fd = open_ordinary(target, os.O_WRONLY | os.O_CREAT | NO_LINK)
            if not hold(fd):
                os.close(fd)
                break
            if is_there(fd, target):
                os.truncate(fd, 0)
                return fd, path
            os.close(fd)
        while True:
            path = first_free(path)
            try:
                fd = open_ordinary(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_LINK)
            except FileExistsError:
                continue
            hold(fd)
            return fd, path
    except OSError as error:
        raise explain(path, error) from error


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
