"""The lines of a text file, gzipped or not, a piece at a time: what claims to be huge is refused early."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from improv.errors import InputFileError

MOST_LINE_BYTES = 8 * 1024 * 1024
"""A solo of eight hours has a tenth of it."""
_GZIP = b"\x1f\x8b"
_PIECE_BYTES = 1 << 20
_TRUSTED_BYTES, _MOST_RATIO = 16 * 1024 * 1024, 50
"""Solos and tables shrink to a fifth; what shrinks to a fiftieth and is larger than this is none."""


def each_line(path: Path, kind: str = "") -> Iterator[bytes]:
    """The lines with their ends. Raises InputFileError where there is no file or its content is no such text.

    A line that never ends, and a file that unpacks to much more than text can, are refused. `kind`, as
    " as a table", is what the messages say of it.
    """
    where = f"Cannot read {str(path)!r}{kind}"
    rest = b""
    try:
        if path.exists() and not path.is_file() and not path.is_dir():  # it may never end
            raise InputFileError(f"{where}: it is not an ordinary file.")
        for piece in _pieces(path, where):
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                yield line + b"\n"
            if len(rest) > MOST_LINE_BYTES:
                raise InputFileError(
                    f"{where}: a line of it has over {MOST_LINE_BYTES >> 20} MB, more than any solo."
                )
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputFileError(f"{where}: its compressed content is damaged ({error}).") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputFileError(f"{where}: {reason}.") from error
    if rest:
        yield rest


def _pieces(path: Path, where: str) -> Iterator[bytes]:
    with path.open("rb") as file:
        packed = file.peek(2).startswith(_GZIP)
        given = 0
        with gzip.GzipFile(fileobj=file) if packed else file as content:
            while piece := content.read(_PIECE_BYTES):
                given += len(piece)
                if packed and given > _TRUSTED_BYTES and given > _MOST_RATIO * file.tell():
                    raise InputFileError(
                        f"{where}: it unpacks to over {_MOST_RATIO} times its size, as no text of solos does."
                    )
                yield piece
