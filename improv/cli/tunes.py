"""What is played: the options that choose charts, keys, band and form, and how they become `Tune`s."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from improv.cli.options import (
    PATH,
    chart_option,
    complain,
    given,
    key_option,
    max_quote_option,
    player_option,
    style_option,
)
from improv.config import DEFAULT_CHART, TENOR_SAX, Config, Musician, Plan, SoloistConfig, Tune
from improv.controls.table import ROWS, flag_of
from improv.errors import ChartError, ImprovError
from improv.music.chart import Chart
from improv.music.feel import FEELS, parse_feel
from improv.music.transpose import check_move
from improv.performance.arc import ARCS
from improv.performance.arrangement import ENDINGS, KEY_CYCLES

DEFAULT_BAND = "piano,bass,drums"
_SET_CHORUSES = 3
"""Choruses of a tune in a set list that does not say."""

_MUSICIAN = re.compile(r"([a-z]+)(?:=(\d{1,2}))?(?:/(\d{1,3}))?")


def form_options(default_choruses: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Options of the commands that play: the chart, its key and feel, the form, the band."""
    endless = default_choruses == 0
    options = (
        chart_option,
        key_option,
        click.option(
            "--key-cycle",
            type=click.Choice(list(KEY_CYCLES)),
            default=None,
            metavar="NAME",
            help="Change key with each chorus.",
        ),
        click.option(
            "--feel",
            default=None,
            metavar="FEEL",
            help=f"How it is felt: {', '.join(FEELS)}. [default: the chart's]",
        ),
        click.option(
            "--choruses",
            type=click.IntRange(0 if endless else 1, 10_000),
            default=default_choruses,
            show_default=not endless,
            metavar="N",
            help="Stop after N choruses. [default: play until stopped]"
            if endless
            else "How many choruses to play.",
        ),
        click.option(
            "--band",
            default=None,
            metavar="NAMES",
            help="Who plays with the soloist: any of piano, guitar, bass and drums; 'piano=5/4' is the piano "
            f"on channel 5 with program 4. [default: {DEFAULT_BAND}]",
        ),
        click.option("--no-band", is_flag=True, help="The soloist plays alone."),
        click.option(
            "--arc",
            type=click.Choice(ARCS),
            default="build",
            show_default=True,
            help="How density and intensity develop over the choruses.",
        ),
        click.option(
            "--count-in",
            "count_in",
            type=click.IntRange(0, 8),
            default=None,
            metavar="BARS",
            help="Bars of clicks before the music. [default: 2 with a band, else 0]",
        ),
        click.option(
            "--intro",
            type=click.IntRange(0, 64),
            default=0,
            show_default=True,
            metavar="BARS",
            help="The band begins alone, with this many bars from the end of the form.",
        ),
        click.option(
            "--ending",
            type=click.Choice(ENDINGS),
            default=None,
            help="tag: the four bars that lead home, once more, and the last chord; hold: only the last "
            "chord; none: just stop. [default: tag with a band, else none]",
        ),
        click.option(
            "--channel",
            type=click.IntRange(1, 16),
            default=1,
            show_default=True,
            metavar="N",
            help="The soloist's MIDI channel.",
        ),
        click.option(
            "--program",
            type=click.IntRange(0, 128),
            default=TENOR_SAX + 1,
            show_default=True,
            metavar="N",
            help="The soloist's General MIDI sound; 0 sends none.",
        ),
        player_option,
        style_option,
        max_quote_option,
    )

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


setlist_option = click.option(
    "--setlist",
    type=PATH,
    default=None,
    metavar="FILE",
    help="Play several tunes: a set list (one tune a line, 'blues x3 key=Eb') or an iReal Pro playlist.",
)


def band_of(band: str | None, no_band: bool, channel: int) -> tuple[Musician, ...]:
    """The band from --band and --no-band; `channel` (1-16) is the soloist's. UsageError."""
    if no_band:
        if band is not None:
            raise click.UsageError("--band and --no-band contradict each other.")
        return ()
    from improv.band.instruments import INSTRUMENTS

    musicians: list[Musician] = []
    taken = {channel - 1: "the soloist"}
    for text in (DEFAULT_BAND if band is None else band).split(","):
        found = _MUSICIAN.fullmatch(text.strip().lower())
        if found is None or found[1] not in INSTRUMENTS:
            raise click.BadParameter(
                f"{text.strip()!r} is not an instrument: expected {', '.join(INSTRUMENTS)}, with channel and "
                "program as in 'piano=2/1' if you like.",
                param_hint="--band",
            )
        if found[1] in taken.values():
            raise click.BadParameter(
                f"{found[1]} is named twice; each instrument plays once.", param_hint="--band"
            )
        row = INSTRUMENTS[found[1]]
        at = int(found[2]) - 1 if found[2] else row.channel
        program = int(found[3]) - 1 if found[3] else row.program
        if not 0 <= at <= 15 or (program is not None and not 0 <= program <= 127):
            raise click.BadParameter(
                f"{text.strip()!r}: expected a channel from 1 to 16 and a program from 1 to 128.",
                param_hint="--band",
            )
        if at in taken:
            raise click.BadParameter(
                f"{found[1]} and {taken[at]} are both on channel {at + 1}; give another as in "
                f"'{found[1]}=5'.",
                param_hint="--band",
            )
        taken[at] = found[1]
        musicians.append(Musician(found[1], at, program))
    return tuple(musicians)


def form_and_config(options: dict[str, Any]) -> tuple[Form, Config]:
    """The values of `form_options` and `control_options` as a form, and a Config that has no tunes yet."""
    band = band_of(options["band"], options["no_band"], options["channel"])
    form = Form(
        key=options["key"],
        key_cycle=options["key_cycle"],
        feel=options["feel"],
        choruses=options["choruses"],
        arc=options["arc"],
        count_in=options["count_in"],
        intro=options["intro"],
        ending=options["ending"],
        has_band=bool(band),
        controls=given(**{name: options[name] for name in ROWS}),
    )
    program = options["program"] - 1 if options["program"] else None
    soloist = SoloistConfig(
        channel=options["channel"] - 1,
        program=program,
        player=options["player"],
        style=options["style"],
        max_quote=options["max_quote"],
    )
    return form, Config((), soloists=(soloist,), band=band)


@dataclass(frozen=True)
class Form:
    """What the options of `form_options` say about the form, for every tune of a set."""

    key: str
    key_cycle: str | None
    feel: str | None
    choruses: int
    arc: str
    count_in: int | None
    intro: int
    ending: str | None
    has_band: bool
    controls: dict[str, float]

    def tune(self, chart: Chart) -> Tune:
        """The chart as these options want it played."""
        if self.key:
            check_move(self.key)
        plan = Plan(
            choruses=self.choruses,
            key=self.key,
            key_cycle=self.key_cycle or "",
            feel=parse_feel(self.feel) if self.feel else "",
            count_in_bars=(2 if self.has_band else 0) if self.count_in is None else self.count_in,
            intro_bars=self.intro,
            ending=self.ending or ("tag" if self.has_band and self.choruses else "none"),
        )
        return Tune(chart, plan, self.controls, self.arc)


def tunes_of(
    chart: str | None, setlist: Path | None, form: Form, skip: Callable[[str], None] = complain
) -> tuple[Tune, ...]:
    """The tunes to play. `skip` is told which tunes of a set cannot be. Raises ImprovError, UsageError."""
    from improv.charts.library import load_chart

    if setlist is None:
        return (form.tune(load_chart(DEFAULT_CHART if chart is None else chart)),)
    if chart is not None:
        raise click.UsageError("--chart and --setlist contradict each other.")
    if form.choruses == 0:
        form = replace(form, choruses=_SET_CHORUSES)
    tunes = []
    for load, settings, place in _set_entries(setlist):
        try:
            tunes.append(_with_settings(form, settings).tune(load()))
        except ImprovError as error:
            skip(f"Skipped ({place}): {error}")
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
    plan = ("choruses", "key", "key-cycle", "feel", "arc", "count-in", "intro", "ending")
    named = {name: name.replace("-", "_") for name in plan}
    return named | {flag_of(name): name for name in ROWS}


_WHOLE = {"choruses": (1, 10_000), "count_in": (0, 8), "intro": (0, 64)}
"""Settings that are whole numbers, and their range."""

_N = TypeVar("_N", int, float)


def _number(text: str, low: float, high: float, kind: type[_N]) -> _N:
    """A number from `low` to `high`; ValueError, as the end of a sentence."""
    try:
        number = kind(text)
    except ValueError:
        number = kind(low - 1)
    if not low <= number <= high:
        whole = "whole " if kind is int else ""
        raise ValueError(f"expected a {whole}number from {low:g} to {high:g}")
    return number


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
                if ROWS[field].automatic and text == "auto":
                    controls.pop(field, None)
                else:
                    controls[field] = _number(text, ROWS[field].low, ROWS[field].high, float)
            elif field in _WHOLE:
                values[field] = _number(text, *_WHOLE[field], int)
            else:
                choices = {"key_cycle": [*KEY_CYCLES], "arc": [*ARCS], "ending": [*ENDINGS]}.get(
                    field
                )
                if choices and text not in choices:
                    raise ValueError(f"expected {', '.join(choices)}")
                values[field] = text
        except ValueError as error:
            raise ChartError(f"Cannot use {name}={text!r}: {error}.") from None
    return replace(form, controls=controls, **values)
