"""Charts without playing them: show, list, convert."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from improv import files
from improv.cli.help import Group
from improv.cli.options import PATH, complain, json_option, key_option, print_json, progress_bar
from improv.errors import ChartError, ImprovError
from improv.music.chart import Chart
from improv.music.transpose import moved

if TYPE_CHECKING:
    from improv.charts.book import Entry

_COLUMNS = {"title": 30, "composer": 17, "style": 14}

_SPEC = "NAME|FILE|TEXT|LINK"


@click.group(cls=Group)
def chart() -> None:
    """Show, list and convert charts.

    A chart is what --chart takes: a built-in name, a file (text, iReal Pro, MusicXML, MIDI), one tune of a
    playlist as in 'jazz.html#Blue Bossa', a link, or bars as text.
    """


@chart.command()
@click.argument("spec", metavar=_SPEC)
@key_option
@json_option
def show(spec: str, key: str, as_json: bool) -> None:
    """Print the bars as they are played, with repeats written out."""
    from improv.charts.library import load_chart
    from improv.charts.page import chart_page

    found = moved(load_chart(spec), key)
    if as_json:
        print_json(_facts(found))
        return
    click.echo(chart_page(found), nl=False)


@chart.command("list")
@click.argument("spec", metavar="PLAYLIST")
@click.option("--check", is_flag=True, help="Read every tune; name those that cannot be read.")
@json_option
def list_tunes(spec: str, check: bool, as_json: bool) -> None:
    """List the tunes of a playlist, or of any other source of charts.

    With --check the exit status is 3 if a tune cannot be read.
    """
    from improv.charts.library import open_book

    book = open_book(spec)
    rows: list[dict[str, Any]] = []
    with progress_bar(len(book.entries), "Reading", shown=check) as reach:
        for number, entry in enumerate(book.entries, start=1):
            rows.append(_row(entry, check))
            reach(number)
    bad = sum("error" in row for row in rows)
    if as_json:
        print_json({"name": book.name, "tunes": rows})
    else:
        _print_list(rows)
        for row in rows:
            if "error" in row:
                complain(row["error"])
    if bad:
        raise ChartError(f"{bad} of the {len(rows)} tunes of {book.name!r} cannot be read.")


@chart.command()
@click.argument("spec", metavar=_SPEC)
@click.option(
    "--to",
    "form",
    type=click.Choice(["text", "ireal", "musicxml"]),
    required=True,
    metavar="FORMAT",
    help="text: bars as in docs/charts.md; ireal: an irealb:// link; musicxml: a lead sheet.",
)
@click.option(
    "--out",
    type=PATH,
    default=None,
    metavar="FILE",
    help="Where to write it. [default: standard output]",
)
@key_option
def convert(spec: str, form: str, out: Path | None, key: str) -> None:
    """Write a chart in another format, with repeats written out."""
    from improv.charts.library import load_chart

    if out is not None:
        files.check_writable(out)
    found = moved(load_chart(spec), key)
    written = _convert(found, form)
    if out is None:
        click.echo(written, nl=False)
        return
    files.write_bytes(out, written.encode())
    click.echo(f"Wrote {out}: {found.title!r}, {found.bars} bars.")


def _row(entry: Entry, check: bool) -> dict[str, Any]:
    """What is known about a tune; with `check` also about its bars, or why they cannot be read."""
    row: dict[str, Any] = {
        "title": entry.title,
        "composer": entry.composer,
        "style": entry.style,
        "key": entry.key,
    }
    if check:
        try:
            tune = entry.chart()
            row |= {"bars": tune.bars, "meter": str(tune.meter), "feel": tune.feel}
        except ImprovError as error:
            row["error"] = str(error)
    return row


def _convert(found: Chart, form: str) -> str:
    if form == "text":
        from improv.charts.text_print import print_chart

        return print_chart(found)
    if form == "ireal":
        from improv.charts.ireal_write import write_ireal

        return write_ireal(found) + "\n"
    from improv.notation.musicxml import write_musicxml

    return write_musicxml(found, notes=())


def _print_list(rows: list[dict[str, Any]]) -> None:
    """A line a tune, which fits 80 columns unless --check adds to it."""
    digits = len(str(len(rows)))
    for number, row in enumerate(rows, start=1):
        cells = [f"{number:>{digits}}"]
        cells += [_cut(row[name], width) for name, width in _COLUMNS.items()]
        cells.append(f"{row['key']:7}")
        cells += [f"{row['bars']:>4} bars {row['meter']}"] if "bars" in row else []
        cells += ["cannot be read"] if "error" in row else []
        click.echo("  ".join(cells).rstrip())


def _cut(text: str, width: int) -> str:
    return text.ljust(width) if len(text) <= width else text[: width - 1] + "…"


def _facts(found: Chart) -> dict[str, Any]:
    """The chart for a program to read: bars with their chords and beats, both counted from 1."""
    facts: dict[str, Any] = {
        "title": found.title,
        "composer": found.composer,
        "key": found.key,
        "tempo_bpm": found.tempo_bpm,
        "feel": found.feel,
        "style": found.style,
        "meter": str(found.meter),
        "meters": [{"bar": 1, "meter": str(found.meter)}]
        + [
            {"bar": found.bar_of(tick) + 1, "meter": str(meter)}
            for tick, meter in found.meter_changes
        ],
        "sections": [
            {"bar": found.bar_of(tick) + 1, "label": label} for tick, label in found.sections
        ],
        "remarks": [{"bar": found.bar_of(tick) + 1, "text": text} for tick, text in found.remarks],
        "bars": _bars(found),
        "again_from_bar": found.bar_of(found.repeat_tick) + 1,
        "last_time": _bars(found.last) if found.last is not None else None,
    }
    return facts


def _bars(found: Chart) -> list[dict[str, Any]]:
    bars = []
    for bar in range(found.bars):
        meter = found.meter_of(bar)
        chords = [
            {
                "beat": _number(tick / meter.ticks_per_beat + 1),
                "chord": chord.text if chord else "NC",
            }
            for tick, chord in found.changes_in_bar(bar)
        ]
        bars.append({"bar": bar + 1, "meter": str(meter), "chords": chords})
    return bars


def _number(value: float) -> int | float:
    return int(value) if value == int(value) else round(value, 3)
