"""Write a performance to files, as fast as possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from improv.cli.help import option
from improv.cli.numbers import Whole
from improv.cli.options import (
    complain,
    control_options,
    engine_option,
    heed,
    json_option,
    model_option,
    print_json,
    progress_bar,
    seed_option,
    use_one_thread,
)
from improv.cli.outputs import (
    check_outs,
    named,
    numbered,
    out_option,
    soundfont_option,
    tell,
    write_outs,
)
from improv.cli.settings import SettingsCommand
from improv.cli.tunes import chart_of, form_options, words_of

if TYPE_CHECKING:
    from improv.api.cell import Cell
    from improv.api.take import Take

_LONG_BARS = 200
"""More than this takes about a second and is worth a progress bar."""


@click.command(cls=SettingsCommand)
@form_options(default_choruses=1)
@model_option
@control_options
@seed_option
@option(
    "--takes N",
    "So many takes, with seeds that follow one another, on all cores: FILE.mid becomes FILE-1.mid, "
    "FILE-2.mid, ...",
    Whole(1, 1000, such_as=4),
    default=1,
)
@engine_option
@out_option
@soundfont_option
@option(
    "--faithful",
    "For a cell of `train --preset coursera`: keep the reference's faults (late notes, overlapping "
    "sets, argmax).",
)
@json_option
def generate(
    model: str,
    seed: int | None,
    takes: int,
    engine: str,
    out: tuple[Path, ...],
    soundfont: Path | None,
    faithful: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Write a performance to files: MIDI, sheet music, sound, a picture.

    It is the performance that would be played live with the same seed. A cell trained with `train --preset
    coursera`, without --chart, writes the five chord sets of its training file, as the course's notebook
    does.
    """
    use_one_thread()
    if not out:
        raise click.UsageError("Nothing to write: give --out.")
    if "clean" in options["faster"].lower():
        raise click.UsageError("--faster N clean is for playing: here nobody is heard.")
    words = words_of(options)
    outs = [out] if takes == 1 else numbered(out, takes)
    check_outs([path for each in outs for path in each], soundfont, as_json)
    from improv.api.cell import load

    cell = load(model, engine=engine)
    if "chord_sets" in cell.card.extra and options["chart"] is None:
        if takes > 1:
            raise click.UsageError(f"--takes needs --chart with the cell {cell.card.name!r}.")
        report, said = _course(cell, seed, engine, faithful, options, out, soundfont)
    elif faithful:
        raise click.UsageError(
            "--faithful is for cells of `train --preset coursera`, without --chart."
        )
    else:
        reports, lines = zip(
            *(
                _written(take, options, files, soundfont)
                for take, files in zip(_takes(cell, seed, takes, options, words), outs, strict=True)
            ),
            strict=True,
        )
        report = reports[0] if takes == 1 else {"takes": reports}
        said = "\n".join(lines)
    if as_json:
        written = [str(path) for each in outs for path in each]
        print_json({"model": cell.card.name, "written": written, **report})
    else:
        tell(out, said)


def _takes(
    cell: Cell, seed: int | None, count: int, options: dict[str, Any], words: dict[str, Any]
) -> list[Take]:
    """Play over the chart."""
    from improv.soloist.rehearsal import cannot_rehearse, is_asked, rehearses

    if is_asked({"rehearse": options["rehearse"] or 0}) and not rehearses(cell.model.path):
        complain(cannot_rehearse(cell.card.name))
    chart = chart_of(options["chart"])
    heed(chart.warnings, options["strict"])
    long = chart.bars * options["choruses"] * count > _LONG_BARS
    with progress_bar(100, "Playing", shown=long) as reach:
        if count == 1:
            return [cell.play(chart, seed=seed, progress=reach, **words)]
        return cell.takes(chart, count, seed=seed, workers=None, progress=reach, **words)


def _written(
    take: Take, options: dict[str, Any], out: Sequence[Path], soundfont: Path | None
) -> tuple[dict[str, Any], str]:
    """Write a take; what there is to report, and to say."""
    facts = write_outs(take, out, soundfont)
    quote = take.longest_quote
    report = {
        "seed": take.seed,
        "title": take.chart.title,
        "choruses": options["choruses"],
        "bars": take.chart.bars,
        "tempo_bpm": take.tempos[0][1],
        "notes": len(take.solo.notes),
        "tracks": {track.name: len(track.notes) for track in take.tracks},
        **facts,
        "longest_quote": None if quote is None else asdict(quote),
    }
    said = (
        f"Wrote {named(out)}: {report['notes']} notes over {take.chart.title!r}, "
        f"cell {take.cell!r}, seed {take.seed}."
    )
    if quote is not None:
        said += f"\nLongest quote: {quote.notes} notes, {quote.source} ({quote.place})."
    return report, said


def _course(
    cell: Cell,
    seed: int | None,
    engine: str,
    faithful: bool,
    options: dict[str, Any],
    out: tuple[Path, ...],
    soundfont: Path | None,
) -> tuple[dict[str, Any], str]:
    """The course's five-chord-set solo to its files; with the lines that its notebook prints."""
    import numpy as np

    from improv.api.engine import make_cell_of
    from improv.api.form import seed_or_new
    from improv.controls.table import ROWS, Controls
    from improv.course.generate import TEMPO_BPM, midi_file
    from improv.course.music import course_music

    seed, make_cell = seed_or_new(seed), make_cell_of(engine)
    controls = {name: options[name] for name in ROWS if options[name] is not None}
    music = course_music(
        cell.model,
        np.random.default_rng(seed),
        Controls().with_values(**{"tempo_bpm": TEMPO_BPM, "swing": 1.0, **controls}),
        faithful=faithful,
        saved_as=named(out),
        cell=make_cell(cell.model.path) if make_cell else None,
    )
    facts = write_outs(midi_file(music), out, soundfont)
    said = [*music.printed, f"(cell {cell.card.name!r}, seed {seed})"]
    return {"seed": seed, "printed": music.printed, **facts}, "\n".join(said)
