"""Where music is written: --out, as often as one likes, in the form that each name ends in; `-` is a pipe."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from improv.cli.help import option
from improv.cli.options import PATH, progress_bar, say

if TYPE_CHECKING:
    import mido

    from improv.music.take import Take

PIPE = Path("-")
"""Standard output, which gets MIDI."""

out_option = option(
    "--out FILE",
    "Where to write it, as often as you like; the end of the name says in which form: .mid is MIDI, "
    ".musicxml the solo as a lead sheet, .wav sound (needs the extra [audio]), .png a piano roll (needs "
    "[plot]). - is MIDI on standard output.",
    PATH,
    multiple=True,
)
soundfont_option = option("--soundfont FILE.sf2", "The sounds for a .wav file.", PATH)


def check_outs(outs: Sequence[Path], soundfont: Path | None, as_json: bool) -> None:
    """Refuse before the work what cannot be written. Raises click.UsageError, ImprovError."""
    from improv.api import formats

    if len(set(outs)) < len(outs):
        raise click.UsageError("Two of --out name the same file.")
    if PIPE in outs:
        if as_json:
            raise click.UsageError("--out - and --json would both write to standard output.")
        if sys.stdout.isatty():
            raise click.UsageError(
                "--out - writes MIDI, which a terminal cannot show: pipe it into a program."
            )
    for path in outs:
        if path != PIPE:
            formats.check(path, soundfont)


def write_outs(
    music: Take | mido.MidiFile, outs: Sequence[Path], soundfont: Path | None
) -> dict[str, Any]:
    """Write what is asked for, the pipe last; facts about it. Raises ImprovError."""
    from improv import smf
    from improv.api import formats
    from improv.music.take import Take

    facts: dict[str, Any] = {}
    bars = music.chart.bars if isinstance(music, Take) else 0
    for path in formats.in_order([path for path in outs if path != PIPE]):
        row = formats.format_of(path)
        with progress_bar(100, row.doing, shown=bars >= row.slow_bars) as reach:
            facts |= formats.write(music, path, soundfont, reach)
    if PIPE in outs:
        sys.stdout.buffer.write(smf.midi_bytes(music))
        sys.stdout.buffer.flush()
    return facts


def numbered(outs: Sequence[Path], count: int) -> list[list[Path]]:
    """The files of each of several takes: tune-1.mid, tune-2.mid, ... Raises click.UsageError for a pipe."""
    if PIPE in outs:
        raise click.UsageError("--takes needs files: --out - can hold one take only.")
    return [
        [path.with_name(f"{path.stem}-{number}{path.suffix}") for path in outs]
        for number in range(1, count + 1)
    ]


def named(outs: Sequence[Path]) -> str:
    """The files, for a sentence: "a.wav and a.mid"."""
    *others, last = ("standard output" if path == PIPE else str(path) for path in outs)
    return f"{', '.join(others)} and {last}" if others else last


def tell(outs: Sequence[Path], text: str) -> None:
    """Say how it went; beside the pipe, on stderr."""
    say(text, err=PIPE in outs)
