"""Build a corpus of solos, split one, and show what one holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from improv.cli.help import Group, option
from improv.cli.options import PATH, complain, json_option, print_json, progress_bar, say
from improv.errors import CorpusError

_SHOWN_DROPPED = 20


@click.group(cls=Group)
def corpus() -> None:
    """Build a corpus of solos to train cells on, show or split one."""


@corpus.command()
@click.argument("sources", nargs=-1, required=True, type=PATH, metavar="SOURCE...")
@option("--out DIR", "The folder to make.", PATH, required=True)
@option(
    "--melody NAME",
    "The track of MIDI files that is the melody, by part of its name. [default: the one most like a "
    "melody]",
    default="",
)
@option(
    "--scheduler tcp://HOST:PORT",
    "Read on the workers of this Dask scheduler, which must see the files under the same names; needs "
    "the extra [cluster].",
    default="",
)
@option("--force", "Replace the corpus if there is one.")
@json_option
def build(
    sources: tuple[Path, ...], out: Path, melody: str, scheduler: str, force: bool, as_json: bool
) -> None:
    """Read, clean and check solos with their chords, and write a corpus.

    A SOURCE is wjazzd.db, its tables, Filosax, JSON lines, MusicXML, MIDI, what music21 reads with the extra
    [train] (ABC, Humdrum, MEI, Capella, NoteWorthy, MuseData), or a folder of such files. What cannot be
    used is named and left out; the manifest lists all of it.
    """
    from improv.corpus.build import build_corpus, check_out, read_manifest

    check_out(out, force)
    nothing: CorpusError | None = None
    with progress_bar(1000, "Reading", shown=not as_json) as reach:
        try:
            manifest = build_corpus(
                list(sources),
                out,
                melody=melody,
                scheduler=scheduler,
                progress=lambda done, of: reach(1000 * done // of),
            ).manifest
        except CorpusError as error:
            nothing, manifest = error, read_manifest(out)
    if as_json:
        print_json({"out": str(out), **{k: v for k, v in manifest.items() if k != "solos"}})
    else:
        for line in _left_out(manifest):
            complain(f"left out: {line}")
    if nothing is not None:
        raise nothing
    if as_json:
        return
    _show(manifest)
    say(f"Written to {out}.")


@corpus.command()
@click.argument("source", type=PATH, metavar="WJAZZD.DB")
@option("--out DIR", "The folder to make.", PATH, required=True)
@option("--force", "Replace the split if there is one.")
@json_option
def split(source: Path, out: Path, force: bool, as_json: bool) -> None:
    """Make train and valid, the solos that published figures are for.

    WJAZZD.DB is the Weimar Jazz Database as its makers publish it. Its solos in 4/4 are split by tune, as in
    docs/evaluation.md: DIR/valid.jsonl.gz is what `evaluate --events` measures on.
    """
    from improv.corpus.split import check_split_out, named, part_file, read_split, write_split

    check_split_out(out, force)
    found = read_split(source)
    hashes = write_split(found, out)
    if found.other:
        complain(
            f"These have other notes than in the published split: {named(found.other)}; this is another "
            "version of the database, and its figures cannot be compared note for note."
        )
    rows = [
        {
            "file": str(out / part_file(part)),
            "solos": len(solos),
            "notes": sum(len(solo.notes) for solo in solos),
            "sha256": hashes[part],
        }
        for part, solos in found.parts.items()
    ]
    if as_json:
        print_json({"out": str(out), "parts": rows, "other": list(found.other)})
        return
    for row in rows:
        say(f"{row['file']}: {row['solos']} solos, {row['notes']:,} notes")
    say(f"Measure a cell on them: jazz-improv evaluate --events {rows[-1]['file']}")


@corpus.command()
@click.argument("folder", type=PATH, metavar="DIR")
@json_option
def show(folder: Path, as_json: bool) -> None:
    """Show what a corpus holds, where it is from and what was left out."""
    from improv.corpus.build import read_manifest

    manifest = read_manifest(folder)
    if as_json:
        print_json(manifest)
        return
    _show(manifest)
    for line in _left_out(manifest):
        say(f"  {line}")


def _left_out(manifest: dict[str, Any]) -> list[str]:
    """A line for each thing left out. Copies are many and only counted: the user cannot mend them."""
    lines = [each["why"] for each in manifest["dropped"] if each["reason"] != "duplicate"]
    if len(lines) > _SHOWN_DROPPED:
        more = f"... and {len(lines) - _SHOWN_DROPPED} more; manifest.json lists them all."
        lines = [*lines[:_SHOWN_DROPPED], more]
    return lines


def _show(manifest: dict[str, Any]) -> None:
    counts = manifest["counts"]
    meters = ", ".join(f"{number} in {meter}" for meter, number in counts["meters"].items())
    say(
        f"{counts['solos']} solos of {counts['tunes']} tunes and {counts['players']} named players, "
        f"{counts['notes']:,} notes ({meters})"
    )
    for source in manifest["sources"]:
        kinds = ", ".join(f"{number} {kind}" for kind, number in source["kinds"].items())
        say(f"  {source['path']}: {source['solos']} solos of {kinds or 'nothing'}")
        say(f"    licence: {source['licence']}")
    for what, name in (("dropped", "left out"), ("dropped_notes", "notes left out")):
        if counts[what]:
            text = ", ".join(f"{number} {reason}" for reason, number in counts[what].items())
            say(f"{name}: {text}")
    if manifest["remarks"]:
        say(f"remarks: {len(manifest['remarks'])}; see manifest.json")
