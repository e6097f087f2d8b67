"""Solos from files: readers, checks, and the corpus they are gathered in (docs/corpus.md)."""

from improv.corpus.build import read_sources

__all__ = ["read_sources"]
