"""A solo to a file, as fast as it can."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from improv import files
from improv.charts.library import load_chart
from improv.cli.options import (
    PATH,
    chart_option,
    control_options,
    engine_option,
    given,
    json_option,
    model_option,
    print_json,
    progress_bar,
    seed_option,
    seed_or_new,
    use_one_thread,
)
from improv.cli.play import make_cell_of
from improv.config import DEFAULT_CHART, Config

if TYPE_CHECKING:
    import mido

    from improv.cell.load import Model

_LONG_BARS = 500
"""More than this takes about a second and is worth a progress bar."""


@click.command()
@chart_option
@model_option
@control_options
@seed_option
@click.option(
    "--choruses", type=click.IntRange(1, 10_000), default=1, show_default=True, metavar="N"
)
@click.option("--channel", type=click.IntRange(1, 16), default=1, show_default=True, metavar="1-16")
@engine_option
@click.option("--out", type=PATH, required=True, metavar="FILE.mid", help="The MIDI file to write.")
@click.option(
    "--wav", type=PATH, default=None, metavar="FILE.wav", help="Render it too; needs [audio]."
)
@click.option("--soundfont", type=PATH, default=None, metavar="FILE.sf2", help="For --wav.")
@click.option(
    "--faithful",
    is_flag=True,
    help="For a cell of the course's preset: keep the reference's faults (late notes, overlapping sets, "
    "argmax).",
)
@json_option
def generate(
    chart: str | None,
    model: str,
    seed: int | None,
    choruses: int,
    channel: int,
    engine: str,
    out: Path,
    wav: Path | None,
    soundfont: Path | None,
    faithful: bool,
    as_json: bool,
    **controls: float | None,
) -> None:
    """Improvise to a MIDI file (and audio), as fast as it can.

    A cell trained with `train --preset coursera` and no --chart writes the five chord sets of its
    training file, as the course's notebook does.
    """
    use_one_thread()
    if out == wav:
        raise click.UsageError("--out and --wav name the same file.")
    for path in (out, wav):
        if path is not None:
            files.check_writable(path)
    if wav is not None:
        from improv import audio

        audio.check(soundfont)  # before the work, not after it
    from improv.cell.load import find_model, load_model

    loaded = load_model(find_model(model))
    config = Config(
        chart=DEFAULT_CHART if chart is None else chart,
        model=model,
        seed=seed_or_new(seed),
        choruses=choruses,
        controls=given(**controls),
        engine=engine,
        channel=channel - 1,
    )
    if "chord_sets" in loaded.card.extra and chart is None:
        midi, printed = _course(loaded, config, faithful, out)
        report: dict[str, object] = {"printed": printed}
    else:
        if faithful:
            raise click.UsageError(
                "--faithful is for cells of `train --preset coursera`, played without --chart."
            )
        printed = ()
        midi, report = _solo(loaded, config)
    from improv import smf

    report |= {"out": str(out), "model": loaded.card.name, "seed": config.seed}
    if wav is not None:
        from improv import audio

        report |= {
            "wav": str(wav),
            "seconds": round(audio.render(midi, wav, soundfont=soundfont), 3),
        }
    smf.write_midi(out, midi)  # last: what fails above leaves nothing
    if as_json:
        print_json(report)
        return
    if "printed" in report:
        click.echo("\n".join(printed))
        click.echo(f"(cell {loaded.card.name!r}, seed {config.seed})")
        if wav is not None:
            click.echo(f"Wrote {wav}.")
        return
    wrote = f"{out} and {wav}" if wav else f"{out}"
    notes = f"{report['notes']} notes over {report['title']!r}, " if "notes" in report else ""
    click.echo(f"Wrote {wrote}: {notes}cell {loaded.card.name!r}, seed {config.seed}.")


def _solo(model: Model, config: Config) -> tuple[mido.MidiFile, dict[str, object]]:
    """A solo over the chart; notes as they would be played live with the same seed."""
    from improv import smf
    from improv.live.improviser import make_voice, performed_notes

    chart = load_chart(config.chart)
    values = config.controls_for(chart.tempo_bpm, chart.feel)
    make_cell = make_cell_of(config.engine)
    voice = make_voice(model, chart, config.seed, make_cell(model.path) if make_cell else None)
    end_tick = config.choruses * chart.length_tick
    with progress_bar(
        end_tick, "Improvising", shown=config.choruses * chart.bars > _LONG_BARS
    ) as reach:
        notes = performed_notes(voice, values, end_tick, reach)
    midi = smf.solo_file(
        notes, chart, length_tick=end_tick, tempo_bpm=values.tempo_bpm, channel=config.channel
    )
    report: dict[str, object] = {
        "title": chart.title,
        "choruses": config.choruses,
        "bars": config.choruses * chart.bars,
        "tempo_bpm": values.tempo_bpm,
        "notes": len(notes),
    }
    return midi, report


def _course(
    model: Model, config: Config, faithful: bool, out: Path
) -> tuple[mido.MidiFile, tuple[str, ...]]:
    """The course's five-chord-set solo, and the lines its notebook prints."""
    import numpy as np

    from improv.grammar.seed.generate import TEMPO_BPM, midi_file
    from improv.live.course import course_music

    make_cell = make_cell_of(config.engine)
    music = course_music(
        model,
        np.random.default_rng(config.seed),
        config.controls_for(TEMPO_BPM, "straight"),
        faithful=faithful,
        saved_as=str(out),
        cell=make_cell(model.path) if make_cell else None,
    )
    return midi_file(music), music.printed
