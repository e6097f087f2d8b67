"""The charts that come with the program, and the one way to name any chart: `load_chart`.

The forms are common property: the twelve-bar blues, rhythm changes, ii-V-I through the keys, a dorian
AABA, cycles of thirds; the ballad, the waltz and the bossa were written for this program.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from textwrap import shorten

from improv.charts.text import parse_chart
from improv.errors import ChartError, InputFileError
from improv.files import exists
from improv.music.chart import Chart

_LARGEST_BYTES = 1_000_000

BUILT_IN: dict[str, str] = {
    "blues": """
        Title: Blues in F
        Tempo: 140
        Key: F
        | F7  | Bb7   | F7    | Cm7 F7     |
        | Bb7 | Bdim7 | F7    | Am7b5 D7b9 |
        | Gm7 | C7    | F7 D7 | Gm7 C7     |
        """,
    "bb-blues": """
        Title: Blues in B flat
        Tempo: 150
        Key: Bb
        | Bb7 | Eb7   | Bb7    | Fm7 Bb7    |
        | Eb7 | Edim7 | Bb7    | Dm7b5 G7b9 |
        | Cm7 | F7    | Bb7 G7 | Cm7 F7     |
        """,
    "bird-blues": """
        Title: Blues with descending ii-Vs
        Tempo: 180
        Key: F
        | Fmaj7 | Em7b5 A7b9 | Dm7 G7  | Cm7 F7  |
        | Bb7   | Bbm7 Eb7   | Am7 D7  | Abm7 Db7 |
        | Gm7   | C7         | Fmaj7 D7 | Gm7 C7  |
        """,
    "minor-blues": """
        Title: Minor Blues in C
        Tempo: 130
        Key: C minor
        | Cm7 | Fm7   | Cm7 | C7alt       |
        | Fm7 | %     | Cm7 | %           |
        | Ab7 | G7alt | Cm7 | Dm7b5 G7alt |
        """,
    "rhythm": """
        Title: Rhythm Changes in B flat
        Tempo: 200
        Key: Bb
        [A]
        | Bb6 G7  | Cm7 F7  | Dm7 G7 | Cm7 F7 |
        | Fm7 Bb7 | Eb6 Edim7 | Dm7 G7 | Cm7 F7 |
        [A]
        | Bb6 G7  | Cm7 F7  | Dm7 G7 | Cm7 F7 |
        | Fm7 Bb7 | Eb6 Edim7 | Cm7 F7 | Bb6    |
        [B]
        | D7 | % | G7 | % |
        | C7 | % | F7 | % |
        [A]
        | Bb6 G7  | Cm7 F7  | Dm7 G7 | Cm7 F7 |
        | Fm7 Bb7 | Eb6 Edim7 | Cm7 F7 | Bb6    |
        """,
    "ii-v-i": """
        Title: ii-V-I through eight keys
        Tempo: 140
        Key: C
        | Dm7  | G7  | Cmaj7  | % |
        | Gm7  | C7  | Fmaj7  | % |
        | Cm7  | F7  | Bbmaj7 | % |
        | Fm7  | Bb7 | Ebmaj7 | % |
        | Bbm7 | Eb7 | Abmaj7 | % |
        | Ebm7 | Ab7 | Dbmaj7 | % |
        | Am7  | D7  | Gmaj7  | % |
        | Em7  | A7  | Dmaj7  | Dm7 G7 |
        """,
    "minor-ii-v-i": """
        Title: Minor ii-V-i through four keys
        Tempo: 130
        Key: C minor
        | Dm7b5 | G7b9b13  | Cm6  | % |
        | Gm7b5 | C7b9b13  | Fm6  | % |
        | Cm7b5 | F7b9b13  | Bbm6 | % |
        | Am7b5 | D7b9b13  | Gm6  | Dm7b5 G7b9 |
        """,
    "modal": """
        Title: Modal Dorian
        Tempo: 150
        Key: D dorian
        Feel: swing
        [A]
        | Dm7  | % | % | % | % | % | % | % |
        [A]
        | Dm7  | % | % | % | % | % | % | % |
        [B]
        | Ebm7 | % | % | % | % | % | % | % |
        [A]
        | Dm7  | % | % | % | % | % | % | % |
        """,
    "thirds": """
        Title: Cycle of Major Thirds
        Tempo: 160
        Key: C
        | Cmaj7 Eb7 | Abmaj7 B7 | Emaj7 G7  | Cmaj7  |
        | Dm7 G7    | Cmaj7 Eb7 | Abmaj7 B7 | Emaj7  |
        | F#m7 B7   | Emaj7 G7  | Cmaj7 Eb7 | Abmaj7 |
        | Bbm7 Eb7  | Abmaj7    | Dm7       | G7     |
        """,
    "ballad": """
        Title: Slow Lantern
        Tempo: 66
        Key: Eb
        [A]
        | Ebmaj7   | Cm7 Ab7#11 | Gm7 C7b9  | Fm7 Bb7   |
        | Bbm7 Eb7 | Abmaj7 Db9 | Gm7 C7alt | Fm7 Bb7b9 |
        [A]
        | Ebmaj7   | Cm7 Ab7#11 | Gm7 C7b9  | Fm7 Bb7   |
        | Bbm7 Eb7 | Abmaj7 Db9 | Fm7 Bb7b9 | Eb6/9     |
        [B]
        | Am7b5    | D7b9       | Gm7       | C7sus4 C7 |
        | Cm7      | F9         | Fm7       | Bb7sus4 Bb7b9 |
        [A]
        | Ebmaj7   | Cm7 Ab7#11 | Gm7 C7b9  | Fm7 Bb7   |
        | Bbm7 Eb7 | Abmaj7 Db9 | Fm7 Bb7b9 | Eb6/9     |
        """,
    "waltz": """
        Title: Windowsill Waltz
        Tempo: 150
        Meter: 3/4
        Key: F
        [A]
        | Fmaj7 | % | Em7b5 | A7b9 | Dm7  | %   | Cm7   | F7   |
        | Bbmaj7 | % | Bbm7 | Eb7  | Am7  | D7b9 | Gm7  | C7   |
        [B]
        | Abm7  | Db7 | Gbmaj7 | % | Gm7  | C7  | Fmaj7 | D7b9 |
        | Gm7   | % | C7sus4 | C7  | Fmaj7 | D7 | Gm7   | C7   |
        """,
    "bossa": """
        Title: Blue Tram
        Tempo: 136
        Key: D minor
        Feel: straight
        [A]
        | Dm9 | % | Bm7b5 | E7b9 | Em7b5 | A7b9 | Dm9   | A7b13 |
        | Dm9 | % | Gm7   | C9   | Fmaj7 | Bbmaj7 | Em7b5 | A7b9 |
        [B]
        | Am7 | D7b9 | Gm7 | %  | Gm7  | C9   | Fmaj7 | %     |
        | Fm7 | Bb7  | Ebmaj7 | % | Em7b5 | A7b9 | Dm6/9 | A7b13 |
        """,
    "vamp": """
        Title: Two-Chord Vamp
        Tempo: 110
        Key: G dorian
        Feel: straight
        |: Gm9 | C13 | Gm9 | C13 :| x2
        """,
}
"""Name -> chart text, as `docs/charts.md` describes it."""


def chart_names() -> tuple[str, ...]:
    """The names of the built-in charts, in the order they are listed."""
    return tuple(BUILT_IN)


def load_chart(spec: str) -> Chart:
    """Give the chart a user asked for: bars of chords (with a `|`), a built-in name, or a file's path.

    A file named like a built-in chart is reached as `./blues`. ChartError for what cannot be read as a
    chart, InputFileError for a file that cannot be read at all.
    """
    if "|" in spec or "\n" in spec:
        return parse_chart(spec, title=shorten(spec, 40, placeholder=" ..."))
    name = spec.strip()
    if name in BUILT_IN:
        return parse_chart(BUILT_IN[name], title=name)
    path = Path(spec)
    if name and (path.suffix or "/" in spec or "\\" in spec or exists(path)):
        return parse_chart(
            _read_file(path), title=_printable(path.stem), source=_printable(str(path))
        )
    near = difflib.get_close_matches(name.lower(), BUILT_IN, n=3, cutoff=0.5)
    meant = f"perhaps {' or '.join(map(repr, near))} was meant; " if near else ""
    raise ChartError(
        f"Unknown chart {name!r}: {meant}expected {', '.join(BUILT_IN)}, a file, or bars as in "
        "'| Dm7 | G7 | Cmaj7 | % |'."
    )


def _printable(name: str) -> str:
    """A file name as text that can be written anywhere, also where it is not UTF-8."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _read_file(path: Path) -> str:
    expected = "expected a text file of bars, as in '| Dm7 | G7 | Cmaj7 | % |'"
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_BYTES + 1)
    except IsADirectoryError:
        raise InputFileError(
            f"Cannot read chart {str(path)!r}: it is a folder; {expected}."
        ) from None
    except FileNotFoundError:
        raise InputFileError(
            f"Cannot read chart {str(path)!r}: no such file; {expected}."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputFileError(f"Cannot read chart {str(path)!r}: {reason}; {expected}.") from None
    if not content.strip():
        raise InputFileError(f"Cannot read chart {str(path)!r}: it is empty; {expected}.")
    if len(content) > _LARGEST_BYTES:
        raise InputFileError(f"Cannot read chart {str(path)!r}: it is over 1 MB; {expected}.")
    if b"\0" in content:
        raise InputFileError(f"Cannot read chart {str(path)!r}: it is binary; {expected}.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputFileError(
            f"Cannot read chart {str(path)!r}: byte {error.start} is not UTF-8; {expected}."
        ) from None
