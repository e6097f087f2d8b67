"""Where the program's own cells and corpus are: in the installed package or beside it."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _shipped(name: str) -> Path:
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def models_dir() -> Path:
    """The folder of the cells that come with the program, each in a sub-folder."""
    return _shipped("models")


def page_font() -> Path:
    """The SoundFont of the page: the sounds of a jazz band."""
    return _PACKAGE / "page" / "assets" / "vendor" / "font.sf3"


def data_dir() -> Path:
    """The folder of the built-in corpus."""
    return _shipped("data")
