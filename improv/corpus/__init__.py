"""Solos from files: readers, checks, and the corpus they are gathered in (docs/corpus.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from improv.corpus.build import read_sources

__all__ = ["read_sources"]


def __getattr__(name: str) -> Any:
    """Load what builds corpora only when it is asked for: who reads one file needs none of it."""
    if name == "read_sources":
        from improv.corpus.build import read_sources

        return read_sources
    raise AttributeError(name)
