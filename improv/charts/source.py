"""What a chart's file holds: its bytes and its text."""

from __future__ import annotations

from pathlib import Path

from improv.errors import InputFileError
from improv.files import content_of

LARGEST_BYTES = 16 * 1024 * 1024  # of a MIDI file; a playlist of 1,400 tunes has about 2 MB


def holds_link(text: str) -> bool:
    """Whether the text contains a link of iReal Pro; without one nothing more of it is loaded."""
    if "irealb" not in text.lower():
        return False
    from improv.charts import ireal_link

    return ireal_link.holds_link(text)


def read_bytes(path: Path, kind: tuple[str, str]) -> bytes:
    """The content of a file; InputFileError if it is empty or too large.

    `kind` is what the file is called in the message, and what was expected of it.
    """
    what, expected = kind
    content = content_of(path, LARGEST_BYTES, what=f"{what} ", expected=expected)
    check_bytes(path, content, kind)
    return content


def check_bytes(path: Path, content: bytes, kind: tuple[str, str]) -> None:
    """Raise InputFileError if the content is empty or too large. `path` and `kind` are for the message."""
    what, expected = kind
    if not content.strip():
        raise InputFileError(f"Cannot read {what} {str(path)!r}: it is empty; {expected}.")
    if len(content) > LARGEST_BYTES:
        raise InputFileError(f"Cannot read {what} {str(path)!r}: it is over 16 MB; {expected}.")


def text_of(path: Path, content: bytes, kind: tuple[str, str]) -> str:
    """The text in the bytes of a file; InputFileError if they are not text. `kind` as above."""
    what, expected = kind
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16", "replace")
        if holds_link(text) or "|" in text:
            return text
    if b"\0" in content:
        raise InputFileError(f"Cannot read {what} {str(path)!r}: it is binary; {expected}.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if b"irealb" in content:
            return content.decode("latin-1")  # an old export; what matters is percent-encoded
        raise InputFileError(
            f"Cannot read {what} {str(path)!r}: byte {error.start} is not UTF-8; {expected}."
        ) from None
