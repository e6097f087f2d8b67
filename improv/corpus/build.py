"""Sources -> a corpus: a folder with the solos, and a manifest of where they are from and what is missing.

    DIR/solos.jsonl.gz    one solo a line (improv.corpus.events), in the order of the sources
    DIR/manifest.json     sources, licences, counts, hashes, what was dropped and why

The same sources give the same bytes, on any number of processes or machines.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from improv import files
from improv.charts.score import need_music21
from improv.corpus.clean import Duplicates, content_hash
from improv.corpus.events import compressed, event_line
from improv.corpus.reading import NOTE_REASONS, REASONS, Dropped, Reading
from improv.corpus.sources import (
    FORMAT,
    MANIFEST_FILE,
    MOST_MANIFEST_BYTES,
    SCORE,
    SOLOS_FILE,
    Result,
    Source,
    Task,
    find_source,
)
from improv.corpus.workers import read_here, read_on_cluster
from improv.errors import CorpusError, InputFileError
from improv.music.transcription import Transcription

Progress = Callable[[int, int], None]
"""Told how many files are read, and of how many."""


@dataclass
class Corpus:
    """What was read: for each source its solos and what was left out."""

    sources: list[Source]
    readings: list[Reading]
    hashes: list[str]
    """One a source, of the names and bytes of all its files."""
    manifest: dict[str, Any] = field(default_factory=dict)

    @property
    def solos(self) -> list[Transcription]:
        """All solos in order."""
        return [solo for reading in self.readings for solo in reading.solos]

    @property
    def dropped(self) -> list[Dropped]:
        """Everything that was left out, in order."""
        return [dropped for reading in self.readings for dropped in reading.dropped]


def read_sources(
    paths: Sequence[Path],
    *,
    melody: str = "",
    jobs: int | None = None,
) -> tuple[list[Transcription], list[tuple[str, str]]]:
    """(the solos of these files and folders, (what was left out, one sentence why)).

    Files and solos that cannot be used are left out, never raised for; no solo is there twice.
    """
    corpus = read_corpus(paths, melody=melody, jobs=jobs)
    return corpus.solos, [(dropped.what, dropped.sentence) for dropped in corpus.dropped]


def read_corpus(
    paths: Sequence[Path],
    *,
    melody: str = "",
    scheduler: str = "",
    jobs: int | None = None,
    progress: Progress = lambda done, of: None,
    without: Path | None = None,
) -> Corpus:
    """Read files and folders in `jobs` processes (None: one a core), or on the cluster of a Dask scheduler.

    Raises MissingError for what is wrong with the cluster, and where everything there is needs music21.
    """
    sources = [find_source(path, melody, without) for path in paths]
    tasks = list(dict.fromkeys(task for source in sources for task in source.tasks))

    def reached(done: int) -> None:
        progress(done, len(tasks))

    if tasks and not scheduler and all(task.kind == SCORE for task in tasks):
        need_music21(str(paths[0]))  # else each file of a kind that needs it says so
    if scheduler and tasks:
        results = read_on_cluster(tasks, scheduler, reached)
    else:
        results = read_here(tasks, jobs, reached)
    by_task = {result.task: result for result in results}
    duplicates, readings, hashes = Duplicates(), [], []
    taken: set[Task] = set()
    for source in sources:
        reading = Reading()
        reading.add(source.problems)
        own = [by_task[task] for task in source.tasks]
        for result in own:
            if result.task not in taken:  # else the same file was named twice
                reading.add(result.reading)
        taken |= set(source.tasks)
        readings.append(duplicates.left_out(reading))
        hashes.append(_source_hash(own))
    return Corpus(sources, readings, hashes)


def _source_hash(results: Sequence[Result]) -> str:
    lines = "".join(f"{result.sha256} {result.task.shown}\n" for result in results)
    return hashlib.sha256(lines.encode()).hexdigest()


def build_corpus(
    paths: Sequence[Path],
    out: Path,
    *,
    melody: str = "",
    scheduler: str = "",
    jobs: int | None = None,
    progress: Progress = lambda done, of: None,
) -> Corpus:
    """Read the sources and write the folder `out`, whole or not at all.

    Raises CorpusError where nothing can be learned from them (the manifest is written all the same),
    OutputFileError, and what `read_corpus` raises.
    """
    corpus = read_corpus(
        paths, melody=melody, scheduler=scheduler, jobs=jobs, progress=progress, without=out
    )
    content = "".join(f"{event_line(solo)}\n" for solo in corpus.solos).encode("utf-8", "replace")
    corpus.manifest = _manifest(corpus, melody, hashlib.sha256(content).hexdigest())
    text = json.dumps(corpus.manifest, ensure_ascii=False, indent=1) + "\n"
    with files.replacing_folder(out) as folder:
        (folder / SOLOS_FILE).write_bytes(compressed(content))
        (folder / MANIFEST_FILE).write_bytes(text.encode("utf-8", "replace"))
    if not corpus.solos:
        counts = corpus.manifest["counts"]["dropped"]
        why = ", ".join(f"{count} {reason}" for reason, count in counts.items())
        raise CorpusError(
            f"No solo can be used of {', '.join(map(str, paths))} ({why}); {str(out / MANIFEST_FILE)!r} "
            "says why, each by each."
        )
    return corpus


def check_out(out: Path, force: bool) -> None:
    """Refuse before the work, not after it. Raises OutputFileError for a folder that must not be replaced."""
    corpus = {MANIFEST_FILE, SOLOS_FILE}
    if not force and all((out / name).is_file() for name in corpus):
        force = read_manifest(out)["counts"].get("solos") == 0  # no solo is lost
    files.check_replaceable(out, force, "a corpus", lambda names: corpus <= names)


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a corpus. Raises InputFileError where there is none."""
    path = folder / MANIFEST_FILE
    expected = "expected a folder that `jazz-improv corpus build` has made"
    manifest = files.json_of(path, MOST_MANIFEST_BYTES, expected=expected)
    if isinstance(manifest, dict) and manifest.get("format") == FORMAT:
        if {"counts", "sources", "dropped", "remarks", "solos"} <= manifest.keys():
            return manifest
    raise InputFileError(f"Cannot read {str(path)!r}: it is no manifest of a corpus; {expected}.")


# -- the manifest


def _manifest(corpus: Corpus, melody: str, solos_sha256: str) -> dict[str, Any]:
    solos, dropped = corpus.solos, corpus.dropped
    notes: Counter[str] = Counter()
    for reading in corpus.readings:
        notes.update(reading.notes)
    reasons = Counter(each.reason for each in dropped)
    return {
        "format": FORMAT,
        "solos_sha256": solos_sha256,
        "counts": {
            "files": sum(len(source.tasks) for source in corpus.sources),
            "solos": len(solos),
            "notes": sum(len(solo.notes) for solo in solos),
            "chords": sum(len(solo.chords) for solo in solos),
            "tunes": len({solo.title for solo in solos}),
            "players": len({solo.performer for solo in solos if solo.performer}),
            "meters": dict(sorted(Counter(f"{solo.beats_per_bar}/4" for solo in solos).items())),
            "dropped": {reason: reasons[reason] for reason in REASONS if reasons[reason]},
            "dropped_notes": {reason: notes[reason] for reason in NOTE_REASONS if notes[reason]},
        },
        **({"melody": melody} if melody else {}),
        "sources": [
            {
                "path": source.path.name or str(source.path),
                "kinds": source.kinds,
                "licence": source.licence,
                "sha256": sha256,
                "solos": len(reading.solos),
                "notes": sum(len(solo.notes) for solo in reading.solos),
                "passed_over": source.passed_over,
            }
            for source, reading, sha256 in zip(
                corpus.sources, corpus.readings, corpus.hashes, strict=True
            )
        ],
        "dropped": [
            {"what": each.what, "reason": each.reason, "why": each.sentence} for each in dropped
        ],
        "remarks": [
            {"solo": solo, "what": sentence}
            for reading in corpus.readings
            for solo, sentence in reading.remarks
        ],
        "solos": [
            {
                "id": solo.id,
                "title": solo.title,
                "performer": solo.performer,
                "source": number,
                "notes": len(solo.notes),
                "sha256": content_hash(solo),
            }
            for number, reading in enumerate(corpus.readings)
            for solo in reading.solos
        ],
    }
