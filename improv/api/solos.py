"""Solos to measure a cell on."""

from __future__ import annotations

import os
from pathlib import Path

from improv import resources
from improv.corpus.build import read_sources
from improv.corpus.events import SUFFIXES, read_events
from improv.errors import CorpusError
from improv.music.transcription import Transcription


def read_solos(
    *paths: str | os.PathLike[str], melody: str = "", workers: int | None = 1
) -> list[Transcription]:
    """The solos in files and folders: MIDI, MusicXML, corpora of JSON lines, the Weimar database.

    With `[train]` also ABC, Humdrum, MEI and others that music21 reads. Without `paths` those of the built-in
    corpus.

    `melody` is part of the name of the track that is the solo in MIDI files; unless it is given, the track is
    found by what it plays. A solo has its `notes` on a grid of 12 steps a quarter note, and its `chords`. One
    file of JSON lines is read as it stands; of other files what cannot be used is left out. `workers` are
    processes, None: one a core (a program that has more than one begins with `if __name__ == "__main__":`).

    Raises InputFileError for such a file that is damaged, CorpusError where no solo is found.

    >>> solos = improv.read_solos("tune.musicxml")
    >>> len(solos[0].notes)
    65
    """
    places = [Path(path) for path in paths] or [resources.data_dir()]
    if len(places) == 1 and places[0].name.endswith(SUFFIXES):
        return read_events(places[0])
    solos, left_out = read_sources(places, melody=melody, jobs=workers)
    if not solos:
        why = f"; the first of {len(left_out)} reasons: {left_out[0][1]}" if left_out else ""
        raise CorpusError(f"There is no solo in {', '.join(map(repr, map(str, places)))}{why}")
    return solos
