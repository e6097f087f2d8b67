"""iReal Pro's songs -> `Chart`. docs/ireal.md describes the format and how it is read.

text, web page or link  -- ireal_link.read_links -->  Song ...  -- song_chart -->  Chart
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from improv.charts.doubts import Doubts
from improv.charts.ireal_link import Song, unscramble
from improv.charts.ireal_music import MusicReader
from improv.charts.ireal_styles import feel_of, tempo_of
from improv.charts.written import MOST_BARS, WrittenBar, chart_of
from improv.errors import ChartError
from improv.music.chart import Chart
from improv.music.meter import Meter
from improv.music.pitch import parse_pc_name
from improv.music.tempo import FASTEST_BPM, SLOWEST_BPM

_NEAR_THE_END = 4  # bars
_LONGEST_MUSIC = 200_000  # characters of a song
_PULSES_TO_QUARTERS = 1.5  # iReal counts dotted quarters in 6/8 and its kin


def song_chart(song: Song) -> Chart:
    """The chart of one song, unrolled; ChartError names what cannot be read, its bar, what was expected."""
    if not song.music.strip():
        raise ChartError(
            f"The song {song.title!r} has no music: expected a field of chords behind title, composer, style "
            "and key."
        )
    if len(song.music) > _LONGEST_MUSIC:
        raise ChartError(
            f"The music of {song.title!r} has {len(song.music):,} characters: expected at most "
            f"{_LONGEST_MUSIC:,}, which is over {MOST_BARS} bars."
        )
    usual = Meter(3) if "waltz" in song.style.lower() else Meter(4)
    doubts = Doubts()
    reader = MusicReader(song.title, usual, doubts)
    bars = reader.read(unscramble(song.music))
    bars = _with_sound_end(bars, song.key)
    meter = bars[0].meter
    feel = feel_of(song.style, song.groove, meter)
    tempo_bpm = float(song.tempo_bpm or tempo_of(song.style, feel))
    if meter.is_compound:
        tempo_bpm *= _PULSES_TO_QUARTERS
    chart = chart_of(
        bars,
        title=song.title,
        tempo_bpm=min(max(tempo_bpm, SLOWEST_BPM), FASTEST_BPM),
        key=key_name(song.key),
        feel=feel,
        composer=song.composer,
        style=song.style,
        first=reader.first,
        warnings=doubts.warnings,
    )
    return _one_intro(chart) if reader.first else chart


def _with_sound_end(bars: list[WrittenBar], key: str) -> list[WrittenBar]:
    """END counts where a tune can end: on the tonic, or just before the last bar. Elsewhere it is a slip."""
    tonic = parse_pc_name(key.rstrip("-")) if key else None

    def is_sound(at: int, bar: WrittenBar) -> bool:
        chord = next((chord for _, chord in bar.changes if chord is not None), None)
        return len(bars) - at <= _NEAR_THE_END or (chord is not None and chord.root_pc == tonic)

    return [
        replace(bar, ends=bar.ends and (bar.fine or is_sound(at, bar)))
        for at, bar in enumerate(bars)
    ]


def _one_intro(chart: Chart) -> Chart:
    """An intro that is played twice is one intro."""
    kept = tuple(
        section
        for before, section in pairwise([(-1, ""), *chart.sections])
        if section[1] != "Intro" or before[1] != "Intro"
    )
    return replace(chart, sections=kept, last=chart.last and _one_intro(chart.last))


def key_name(key: str) -> str:
    """ "E-" as charts write it: "E minor"."""
    return f"{key[:-1]} minor" if key.endswith("-") else key
