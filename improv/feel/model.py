"""Feel: what was learned about how people play, for everybody and for each player; and its file, `feel.json`.

    timing      beats behind the grid, by the place of a note (tables.timing_rows)
    spread      standard deviation about that, within a solo, in beats (tables.spread_rows)
    follows     how much of a note's own deviation the next one keeps, by the gap between (class of gap)
    loudness    standard deviations above the soloist's mean (tables.loudness_rows)
    mood        (share, keeps): the variance of loudness that lasts, and how much lasts from note to note
    length      the share of the time to the next note that a note sounds (tables.length_rows)
    legato      the same share of notes that are written to reach the next one (class of gap)
    sd_db       the spread of a usual soloist's loudness
    players     how each differs from everybody, shrunk towards everybody

The file contains no music, only sums over many solos. It lies beside a cell, as models/<name>/feel.json.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from improv import files
from improv.errors import ModelError
from improv.feel.tables import GAPS, LENGTH, LOUDNESS, SPREAD, TIMING, Block, Shapes, Sum
from improv.json_values import finite

FILE_NAME = "feel.json"
FORMAT = "jazz-improv feel"
VERSION = 1
_LARGEST = 16 * 1024 * 1024
_EXPECTED = "expected the tables that learning a feel writes"


@dataclass(frozen=True, slots=True)
class PlayerFeel:
    """How one player differs from everybody; the defaults are everybody's."""

    lay_back: float = 0.0
    """Beats later."""
    swing: float = 0.0
    """How many beats later still off-beat eighths are."""
    spread: float = 1.0
    """The factor on the looseness in time."""
    dynamics: float = 1.0
    """The factor on the spread of loudness in dB."""
    length: float = 0.0
    """How much longer notes are, as a share of the time to the next note."""


EVERYBODY = PlayerFeel()
_NEUTRAL = asdict(EVERYBODY)


@dataclass(frozen=True)
class Feel:
    """See the top of this file."""

    timing: Sum
    spread: Sum
    follows: tuple[float, ...]
    loudness: Sum
    mood: tuple[float, float]
    length: Sum
    legato: tuple[float, ...]
    sd_db: float
    players: Mapping[str, PlayerFeel]
    about: Mapping[str, Any]
    """Source, licence, attribution, counts."""

    def player(self, mix: str | Mapping[str, float] = "") -> PlayerFeel:
        """The feel of a player, or of a mixture {name: weight}; an unknown player counts as everybody."""
        weights = {mix: 1.0} if isinstance(mix, str) else dict(mix)
        total = sum(weights.values())
        if total <= 0:
            return EVERYBODY
        values = dict.fromkeys(_NEUTRAL, 0.0)
        for name, weight in weights.items():
            for key, value in asdict(self.players.get(name, EVERYBODY)).items():
                values[key] += value * weight / total
        return PlayerFeel(**values)


_SUMS: dict[str, Shapes] = {
    "timing": TIMING,
    "spread": SPREAD,
    "loudness": LOUDNESS,
    "length": LENGTH,
}


def save_feel(path: Path, feel: Feel) -> None:
    """Write it, with one row of a table per line; the same feel gives the same bytes.

    Raises OutputFileError.
    """
    files.write_bytes(path, _text(feel).encode())


def _text(feel: Feel) -> str:
    def one(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    lines = [
        f' "format": {one(FORMAT)}',
        f' "version": {VERSION}',
        f' "about": {one(dict(feel.about))}',
    ]
    for name in _SUMS:
        blocks = []
        for block in getattr(feel, name).blocks:
            rows = ",\n    ".join(one(list(row)) for row in block.rows)
            blocks.append(
                f'  {{"name": {one(block.name)}, "tempi_bpm": {one(list(block.tempi))}, "rows": [\n'
                f"    {rows}]}}"
            )
        lines.append(f' "{name}": [\n' + ",\n".join(blocks) + "]")
    lines.append(f' "follows": {one(list(feel.follows))}')
    lines.append(f' "legato": {one(list(feel.legato))}')
    lines.append(f' "mood": {one(list(feel.mood))}')
    lines.append(f' "sd_db": {one(feel.sd_db)}')
    players = ",\n".join(
        f"  {one(name)}: {one(asdict(row))}" for name, row in sorted(feel.players.items())
    )
    lines.append(f' "players": {{\n{players}\n }}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def load_feel(folder: Path) -> Feel | None:
    """The feel of a model folder; None if it has none. Raises ModelError if it is damaged."""
    return _read(folder / FILE_NAME)


@files.until_changed
def _read(path: Path) -> Feel:
    data = files.json_of(path, _LARGEST, ModelError, expected=_EXPECTED)
    try:
        return _feel_of(data)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        why = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise ModelError(f"Cannot read {str(path)!r}: {why}; {_EXPECTED}.") from error


def _feel_of(data: Any) -> Feel:
    """ValueError, KeyError or TypeError for anything but a feel of this version."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ValueError(f"it is not in the format {FORMAT!r}")
    if data.get("version") != VERSION:
        raise ValueError(f"version {data.get('version')!r} is not {VERSION}")
    keeps, lasts = (finite(value, 0, 1) for value in data["mood"])
    by_gap = {}
    for name in ("follows", "legato"):
        by_gap[name] = tuple(finite(value, 0, 1) for value in data[name])
        if len(by_gap[name]) != GAPS:
            raise ValueError(f"{name} has {len(by_gap[name])} numbers, not {GAPS}")
    return Feel(
        **{name: _sum_of(data[name], shapes, name) for name, shapes in _SUMS.items()},
        follows=by_gap["follows"],
        legato=by_gap["legato"],
        mood=(keeps, lasts),
        sd_db=finite(data["sd_db"], 0, 40),
        players={name: _player_of(row) for name, row in dict(data["players"]).items()},
        about=dict(data["about"]),
    )


def _sum_of(data: Any, shapes: Shapes, name: str) -> Sum:
    blocks = []
    if len(data) != len(shapes):
        raise ValueError(f"{name} has {len(data)} tables, not {len(shapes)}")
    for given, (title, n_rows, tempi) in zip(data, shapes, strict=True):
        rows = tuple(tuple(row) for row in given["rows"])
        if given["name"] != title or tuple(given["tempi_bpm"]) != tempi or len(rows) != n_rows:
            raise ValueError(f"{name} has another table where {title!r} was expected")
        if any(
            len(row) != len(tempi) or {*map(type, row)} != {int} or max(map(abs, row)) > 10_000
            for row in rows
        ):
            raise ValueError(
                f"a row of the table {title!r} of {name} does not have {len(tempi)} numbers"
            )
        blocks.append(Block(title, tempi, rows))
    return Sum(tuple(blocks))


def _player_of(row: Any) -> PlayerFeel:
    return PlayerFeel(**{f.name: finite(row[f.name], -10, 10) for f in fields(PlayerFeel)})
