"""What is played: the options that choose charts, keys, band and form, and how they become `Tune`s."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from improv.api.form import CHOICES, RANGES, Asked, form_and_config
from improv.charts.source import LARGEST_BYTES
from improv.cli.help import Decorator, all_of, option
from improv.cli.numbers import Whole
from improv.cli.options import (
    PATH,
    Read,
    chart_option,
    complain,
    control_number,
    heed,
    key_option,
    max_quote_option,
    player_option,
    strict_option,
    style_option,
)
from improv.config import DEFAULT_CHART, TENOR_SAX, Tune
from improv.controls.mixer import Mixer, find_musician, read_volume
from improv.controls.table import ROWS, WORDS, flag_of
from improv.errors import ChartError, ImprovError
from improv.music.chart import Chart
from improv.music.feel import FEELS
from improv.performance.arrangement import arrange, with_rest
from improv.performance.form import DEFAULT_BAND, Form
from improv.performance.loop import parse_faster, parse_loop

if TYPE_CHECKING:
    from improv.charts.book import Book

_SET_CHORUSES = 3
"""Choruses of a tune in a set list that does not say."""


class WithClean(click.Option):
    """An option whose value may be followed by the word "clean": `--faster 5 clean`."""

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """As click does; the word is taken from what is still to be read."""
        super().add_to_parser(parser, ctx)
        for flag in self.opts:
            option = parser._long_opt[flag]
            option.process = partial(_with_clean, option.process)


def _with_clean(process: Callable[[Any, Any], None], value: Any, state: Any) -> None:
    if state.rargs and state.rargs[0].lower() == "clean":
        value = f"{value} {state.rargs.pop(0)}"
    process(value, state)


def form_options(default_choruses: int) -> Decorator:
    """Options of the commands that play: the chart, its key and feel, the form, the band."""
    endless = default_choruses == 0
    return all_of(
        chart_option,
        strict_option,
        key_option,
        option(
            "--key-cycle NAME", "Change key with each chorus.", click.Choice(CHOICES["key_cycle"])
        ),
        option("--feel FEEL", f"The rhythmic feel: {', '.join(FEELS)}. [default: the chart's]"),
        option(
            "--choruses N",
            "Stop after N choruses. [default: play until stopped]"
            if endless
            else "How many choruses to play.",
            Whole(0 if endless else 1, RANGES["choruses"][1], such_as=4),
            default=default_choruses,
        ),
        option(
            "--loop BARS",
            "Play only these bars, such as 9-16, over and over, as `jazz-improv chart` counts them.",
            Read(parse_loop, keeps_text=True),
            default="",
        ),
        option(
            "--faster BPM",
            "So many bpm faster with each chorus, or each pass of the loop; '5 clean': only after one "
            "in which you played nothing wrong.",
            Read(parse_faster, keeps_text=True),
            default="",
            cls=WithClean,
        ),
        option(
            "--band NAMES",
            "Who plays with the soloist: any of piano, guitar, bass and drums; 'piano=5/4' is the piano "
            f"on channel 5 with program 4. [default: {DEFAULT_BAND}]",
        ),
        option("--no-band", "The soloist plays alone."),
        option(
            "--arc",
            "How density and intensity develop over the choruses.",
            click.Choice(CHOICES["arc"]),
            default="build",
        ),
        option(
            "--count-in BARS",
            "Bars of clicks before the music. [default: 2 with a band, else 0]",
            Whole(*RANGES["count_in"], such_as=2),
        ),
        option(
            "--intro BARS",
            "The band begins alone, with this many bars from the end of the form.",
            Whole(*RANGES["intro"], such_as=4),
            default=0,
        ),
        option(
            "--ending",
            "tag: the four bars that lead home, once more, and the last chord; hold: only the last "
            "chord; none: just stop. [default: tag with a band, else none]",
            click.Choice(CHOICES["ending"]),
        ),
        option(
            "--channel N",
            "The soloist's MIDI channel.",
            Whole(*RANGES["channel"], such_as=1),
            default=1,
        ),
        option(
            "--program N",
            "The soloist's General MIDI sound; 0 sends none.",
            Whole(*RANGES["program"], such_as=67),
            default=TENOR_SAX + 1,
        ),
        player_option,
        style_option,
        max_quote_option,
    )


volume_option = option(
    "--volume NAME=0-1",
    "How loud a musician is ('bass=0.6'), as MIDI controller 7 of its channel; may be given several "
    "times. [default: as the synth has it]",
    name="volumes",
    multiple=True,
)


def mixer_of(volumes: Sequence[str], musicians: Sequence[str]) -> Mixer:
    """The mixer at the start. Raises click.BadParameter."""
    try:
        pairs = [read_volume(text) for text in volumes]
        return Mixer({find_musician(name, musicians): volume for name, volume in pairs})
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--volume") from None


setlist_option = option(
    "--setlist FILE",
    "Play several tunes: a set list (one tune a line, 'blues x3 key=Eb') or an iReal Pro playlist.",
    PATH,
)


def words_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """What `form_options` and `control_options` were given, as words of `improv.api.form`.

    Raises click.UsageError for a band that cannot be.
    """
    words = {name: options[WORDS.get(name, name)] for name in Asked.__annotations__}
    if options["no_band"]:
        if words["band"] is not None:
            raise click.UsageError("--band and --no-band contradict each other.")
        words["band"] = ""
    elif words["band"] is not None:
        words["band"] = words["band"].split(",")
    try:
        form_and_config(words, options["choruses"])
    except ValueError as error:  # all else was checked as it was read
        raise click.BadParameter(str(error), param_hint="--band") from None
    return words


def chart_of(spec: str | None) -> Chart:
    """The chart that --chart asks for. Raises ImprovError."""
    return book_of(DEFAULT_CHART if spec is None else spec).only().chart()


def book_of(spec: str) -> Book:
    """All tunes of what a user named; `-` is what comes through the pipe, `-#Tune` one of it.

    Raises ImprovError.
    """
    from improv.charts.library import open_book, open_bytes

    if spec != "-" and not spec.startswith("-#"):
        return open_book(spec)
    return open_bytes(_piped(sys.stdin.buffer), "standard input", spec[2:].strip(), "-")


@cache
def _piped(stream: IO[bytes]) -> bytes:
    """What is no more than a chart can be; a pipe is read once, also where SIGHUP reads the chart again."""
    return stream.read(LARGEST_BYTES + 1)


def tunes_of(
    chart: str | None,
    setlist: Path | None,
    form: Form,
    *,
    strict: bool = False,
    say: Callable[[str], None] = complain,
) -> tuple[Tune, ...]:
    """The tunes to be played. `say` is told which of a set cannot be, and what is not played as it stands.

    `strict`: a chart of which anything cannot be read or obeyed is refused. Raises ImprovError, UsageError.
    """
    if setlist is None:
        found = chart_of(chart)
        heed(found.warnings, strict, say)
        return (form.tune(found),)
    if chart is not None:
        raise click.UsageError("--chart and --setlist contradict each other.")
    if form.choruses == 0:
        form = replace(form, choruses=_SET_CHORUSES)
    tunes = []
    for load, settings, place in _set_entries(setlist):
        try:
            found = load()
            placed = [f"{text.rstrip('.')} ({place})." for text in found.warnings]
            heed(placed, strict, say)
            tune = _with_settings(form, settings).tune(found)
            with_rest(arrange(tune.chart, tune.plan))  # what would stop the set is found out here
            tunes.append(tune)
        except ImprovError as error:
            say(f"Skipped ({place}): {error}")
        except Exception as fault:  # a fault of ours in one tune must not take the others away
            say(f"Skipped ({place}): a fault of this program ({fault!r}); please report it.")
    if not tunes:
        raise ChartError(f"No tune of {str(setlist)!r} can be played, for the reasons above.")
    return tuple(tunes)


def _set_entries(path: Path) -> list[tuple[Callable[[], Any], dict[str, str], str]]:
    """(what gives the chart, settings, place) of every tune of a set list or playlist."""
    from improv.charts.library import is_playlist, load_chart, open_book, read_text
    from improv.charts.setlist import SET_LIST, beside, parse_setlist

    if is_playlist(path):
        book = open_book(str(path))
        return [(entry.chart, {}, f"{entry.title!r} of {str(path)!r}") for entry in book.entries]
    entries = parse_setlist(read_text(path, SET_LIST), str(path))
    return [
        (partial(load_chart, beside(path, entry.tune)), entry.settings, entry.place)
        for entry in entries
    ]


def _settings() -> Mapping[str, str]:
    """Names that a line of a set list may set -> the field or control they set."""
    plan = "choruses key key-cycle feel arc count-in intro ending loop faster"
    named = {name: name.replace("-", "_") for name in plan.split()}
    return named | {flag_of(name): name for name in ROWS}


def _with_settings(form: Form, settings: Mapping[str, str]) -> Form:
    """The form with one line's settings; ChartError names the one that does not fit."""
    values: dict[str, Any] = {}
    controls = dict(form.controls)
    known = _settings()
    for name, text in settings.items():
        if name not in known:
            raise ChartError(
                f"Unknown setting {name}={text!r}: expected one of {', '.join(known)}, or x3 for three "
                "choruses."
            )
        field = known[name]
        try:
            if field in ROWS:
                number = control_number(field).convert(text, None, None)
                if number is None:  # auto
                    controls.pop(field, None)
                else:
                    controls[field] = number
            elif field in RANGES:
                low, high = RANGES[field]
                kind = Whole(max(low, field == "choruses"), high)
                values[field] = kind.convert(text, None, None)
            else:
                choices = CHOICES.get(field)
                if choices and text not in choices:
                    raise ValueError(f"expected {', '.join(choices)}")
                values[field] = text
        except (ValueError, click.BadParameter) as error:
            why = str(error).rstrip(".")
            raise ChartError(f"Cannot use {name}={text!r}: {why}.") from None
    return replace(form, controls=controls, **values)
