"""Write a performance to files, as fast as possible."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from improv import files
from improv.cli.options import (
    PATH,
    control_options,
    engine_option,
    json_option,
    model_option,
    print_json,
    progress_bar,
    seed_option,
    seed_or_new,
    use_one_thread,
)
from improv.cli.play import make_cell_of
from improv.cli.settings import SettingsCommand
from improv.cli.tunes import Form, form_and_config, form_options, tunes_of
from improv.config import Config
from improv.controls.table import Controls

if TYPE_CHECKING:
    import mido

    from improv.cell.load import Model
    from improv.music.take import Take
    from improv.originality.quote import Quote

_LONG_BARS = 200
"""More than this takes about a second and is worth a progress bar."""

_LONG_PICTURE_BARS = 24
"""The same of a picture."""


@click.command(cls=SettingsCommand)
@form_options(default_choruses=1)
@model_option
@control_options
@seed_option
@engine_option
@click.option(
    "--out",
    type=PATH,
    default=None,
    metavar="FILE.mid",
    help="A MIDI file with a track for each instrument.",
)
@click.option(
    "--musicxml",
    type=PATH,
    default=None,
    metavar="FILE.musicxml",
    help="The solo as a lead sheet, with its chords.",
)
@click.option(
    "--wav",
    type=PATH,
    default=None,
    metavar="FILE.wav",
    help="The music as sound; needs the extra [audio].",
)
@click.option(
    "--png",
    type=PATH,
    default=None,
    metavar="FILE.png",
    help="A piano roll; needs the extra [plot].",
)
@click.option(
    "--soundfont", type=PATH, default=None, metavar="FILE.sf2", help="The sounds for --wav."
)
@click.option(
    "--faithful",
    is_flag=True,
    help="For a cell of `train --preset coursera`: keep the reference's faults (late notes, overlapping "
    "sets, argmax).",
)
@json_option
def generate(
    model: str,
    seed: int | None,
    engine: str,
    out: Path | None,
    musicxml: Path | None,
    wav: Path | None,
    png: Path | None,
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
    wanted = {"out": out, "musicxml": musicxml, "wav": wav, "png": png}
    paths = {name: path for name, path in wanted.items() if path is not None}
    if not paths:
        raise click.UsageError("Nothing to write: give --out, --musicxml, --wav or --png.")
    if len(set(paths.values())) < len(paths):
        raise click.UsageError("Two of --out, --musicxml, --wav and --png name the same file.")
    form, config = form_and_config(options)
    for path in paths.values():
        files.check_writable(path)
    if wav is not None:
        from improv import audio

        audio.check(soundfont)  # before the work, not after it
    if png is not None:
        from improv import piano_roll

        piano_roll.check()
    from improv.cell.load import find_model, load_model

    loaded = load_model(find_model(model))
    config = replace(config, model=model, seed=seed_or_new(seed), engine=engine)
    cell = f"cell {loaded.card.name!r}, seed {config.seed}"
    report: dict[str, Any] = {"model": loaded.card.name, "seed": config.seed}
    report |= {name: str(path) for name, path in paths.items()}
    if "chord_sets" in loaded.card.extra and options["chart"] is None:
        if musicxml or png or out is None:
            raise click.UsageError(
                "The course's solo has no chart, so it can only be written with --out (and --wav)."
            )
        report |= _write_course(loaded, config, form, faithful, out, wav, soundfont)
        said = "\n".join((*report["printed"], f"({cell})", *([f"Wrote {wav}."] if wav else [])))
    else:
        if faithful:
            raise click.UsageError(
                "--faithful is for cells of `train --preset coursera`, without --chart."
            )
        tunes = tunes_of(options["chart"], None, form)
        take, longest = _perform(loaded, replace(config, tunes=tunes))
        report |= _facts(take, form) | _write(take, paths, soundfont)
        report["longest_quote"] = asdict(longest) if longest is not None else None
        *others, last = map(str, paths.values())
        wrote = f"{', '.join(others)} and {last}" if others else last
        said = f"Wrote {wrote}: {report['notes']} notes over {report['title']!r}, {cell}."
        if longest is not None:
            said += f"\nLongest quote: {longest.notes} notes, {longest.source} ({longest.place})."
    if as_json:
        print_json(report)
    else:
        click.echo(said)


def _perform(model: Model, config: Config) -> tuple[Take, Quote | None]:
    """The tune as it would be played live with this seed, and the longest quote in it."""
    from improv.originality.quote import longest_of
    from improv.performance.arrangement import arrange
    from improv.performance.assemble import lineup_of, make_ensemble, make_performance
    from improv.performance.takes import perform, take_of

    (tune,) = config.tunes
    performance = make_performance(tune, arrange(tune.chart, tune.plan))
    make_cell = make_cell_of(config.engine)
    cell = make_cell(model.path) if make_cell else None
    ensemble = make_ensemble(config, tune, performance, model, cell=cell)
    chart = performance.arrangement.chart
    with progress_bar(chart.length_tick, "Playing", shown=chart.bars > _LONG_BARS) as reach:
        notes = perform(ensemble, chart.length_tick, reach)
    longest = longest_of(note.quote for note in notes)
    return take_of(performance, notes, lineup_of(config)), longest


def _facts(take: Take, form: Form) -> dict[str, Any]:
    return {
        "title": take.chart.title,
        "choruses": form.choruses,
        "bars": take.chart.bars,
        "tempo_bpm": take.tempos[0][1],
        "notes": len(take.tracks[0].notes),
        "tracks": {track.name: len(track.notes) for track in take.tracks},
    }


def _write(take: Take, paths: dict[str, Path], soundfont: Path | None) -> dict[str, Any]:
    """Write everything asked for. What may fail comes first, so that a failure leaves little behind."""
    from improv import smf

    facts: dict[str, Any] = {}
    midi = smf.take_file(take)
    length_tick, long = take.chart.length_tick, take.chart.bars > _LONG_BARS
    if "wav" in paths:
        facts["seconds"] = _render(midi, paths["wav"], soundfont)
    if "png" in paths:
        from improv import piano_roll

        with progress_bar(
            length_tick, "Drawing", shown=take.chart.bars > _LONG_PICTURE_BARS
        ) as reach:
            facts["bars_drawn"] = piano_roll.draw(take, paths["png"], progress=reach)
    if "musicxml" in paths:
        from improv.notation.musicxml import save_musicxml, write_take

        with progress_bar(length_tick, "Writing notes", shown=long) as reach:
            save_musicxml(paths["musicxml"], write_take(take, reach))
    if "out" in paths:
        smf.write_midi(paths["out"], midi)
    return facts


def _render(midi: mido.MidiFile, wav: Path, soundfont: Path | None) -> float:
    from improv import audio

    with progress_bar(100, "Rendering audio") as reach:
        return round(audio.render(midi, wav, soundfont=soundfont, progress=reach), 3)


def _write_course(
    model: Model,
    config: Config,
    form: Form,
    faithful: bool,
    out: Path,
    wav: Path | None,
    soundfont: Path | None,
) -> dict[str, Any]:
    """The course's five-chord-set solo to its files; with the lines that its notebook prints."""
    import numpy as np

    from improv import smf
    from improv.course.generate import TEMPO_BPM, midi_file
    from improv.course.music import course_music

    make_cell = make_cell_of(config.engine)
    music = course_music(
        model,
        np.random.default_rng(config.seed),
        Controls().with_values(**{"tempo_bpm": TEMPO_BPM, "swing": 1.0, **form.controls}),
        faithful=faithful,
        saved_as=str(out),
        cell=make_cell(model.path) if make_cell else None,
    )
    facts: dict[str, Any] = {"printed": music.printed}
    midi = midi_file(music)
    if wav is not None:
        facts["seconds"] = _render(midi, wav, soundfont)
    smf.write_midi(out, midi)  # last: what fails above leaves nothing
    return facts
