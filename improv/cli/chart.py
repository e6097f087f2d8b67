"""Charts without playing them: show, list, convert."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from improv import files
from improv.charts.formats import WRITERS
from improv.cli.help import Group, option
from improv.cli.options import (
    CHART_FILES,
    PATH,
    complain,
    heed,
    json_option,
    key_option,
    print_json,
    progress_bar,
    say,
    strict_option,
)
from improv.cli.tunes import book_of, chart_of
from improv.errors import ChartError, ImprovError
from improv.music.chart import Chart
from improv.music.transpose import moved

if TYPE_CHECKING:
    from improv.charts.book import Entry

_COLUMNS = {"title": 30, "composer": 17, "style": 14}

_SPEC = "NAME|FILE|TEXT|LINK"


@click.group(
    cls=Group,
    help=f"""Show, list and convert charts.

    A chart is what --chart takes: bars as text, a built-in name, a link, a file ({CHART_FILES}), or one
    tune of a playlist as in 'jazz.html#Blue Bossa'.
    """,
)
def chart() -> None:
    """The group."""


@chart.command()
@click.argument("spec", metavar=_SPEC)
@key_option
@strict_option
@json_option
def show(spec: str, key: str, strict: bool, as_json: bool) -> None:
    """Print the bars as they are played, with repeats written out.

    A '?' over a bar marks what could not be read there; what was not read as it stands is listed below.
    """
    from improv.charts.page import chart_page

    found = moved(chart_of(spec), key)
    if strict:
        heed(found.warnings, strict)
    if as_json:
        print_json(_facts(found))
        return
    say(chart_page(found), end="")


@chart.command("list")
@click.argument("spec", metavar="PLAYLIST")
@option("--check", "Read every tune; name those that cannot be read, or not as they stand.")
@strict_option
@json_option
def list_tunes(spec: str, check: bool, strict: bool, as_json: bool) -> None:
    """List the tunes of a playlist, or of any other source of charts.

    With --check the exit status is 3 if a tune cannot be read, with --strict also if anything in it cannot
    be read or obeyed.
    """

    book = book_of(spec)
    rows: list[dict[str, Any]] = []
    with progress_bar(len(book.entries), "Reading", shown=check) as reach:
        for number, entry in enumerate(book.entries, start=1):
            rows.append(_row(entry, check, strict))
            reach(number)
    bad = sum("error" in row for row in rows)
    if as_json:
        print_json({"name": book.name, "tunes": rows})
    else:
        _print_list(rows)
        for row in rows:
            for text in [row["error"]] if "error" in row else row.get("warnings", []):
                complain(text)
    if bad:
        raise ChartError(f"{bad} of the {len(rows)} tunes of {book.name!r} cannot be read.")


@chart.command()
@click.argument("spec", metavar=_SPEC)
@option(
    "--to FORMAT",
    "; ".join(f"{word}: {row.form}" for word, row in WRITERS.items()) + ".",
    click.Choice([*WRITERS]),
    name="form",
    required=True,
)
@option("--out FILE", "Where to write it. [default: standard output]", PATH)
@key_option
@strict_option
def convert(spec: str, form: str, out: Path | None, key: str, strict: bool) -> None:
    """Write a chart in another format, with repeats written out.

    What the format cannot say is written as near as possible, and you are told: a chord between beats goes
    to the nearest beat.
    """

    if out is not None:
        files.check_writable(out)
    found = moved(chart_of(spec), key)
    heed(found.warnings, strict)
    fitting, otherwise = WRITERS[form].fit(found)
    heed(otherwise, strict)
    written = WRITERS[form].write(fitting)
    if out is None:
        say(written, end="", fold=False)
        return
    files.write_bytes(out, written.encode())
    say(f"Wrote {out}: {found.title!r}, {found.bars} bars.")


def _row(entry: Entry, check: bool, strict: bool) -> dict[str, Any]:
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
            heed(tune.warnings if strict else (), strict)
            row |= {"bars": tune.bars, "meter": str(tune.meter), "feel": tune.feel}
            row |= {"warnings": list(tune.warnings)} if tune.warnings else {}
        except ImprovError as error:
            row["error"] = str(error)
    return row


def _print_list(rows: list[dict[str, Any]]) -> None:
    """A line a tune, which fits 80 columns unless --check adds to it."""
    digits = len(str(len(rows)))
    for number, row in enumerate(rows, start=1):
        cells = [f"{number:>{digits}}"]
        cells += [_cut(row[name], width) for name, width in _COLUMNS.items()]
        cells.append(f"{row['key']:7}")
        cells += [f"{row['bars']:>4} bars {row['meter']}"] if "bars" in row else []
        cells += ["cannot be read"] if "error" in row else []
        say("  ".join(cells).rstrip())


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
        "warnings": list(found.warnings),
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
