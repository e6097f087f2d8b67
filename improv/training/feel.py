"""Learn from transcriptions with seconds how people play: improv.feel's tables. No TensorFlow.

Input -> output:  the tables of the Weimar Jazz Database  ->  Feel (improv.feel.model)

Only sums over many solos are kept. The same tables give the same file, byte for byte.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from improv.corpus.wjazzd import LICENCE
from improv.feel.model import FILE_NAME, Feel, PlayerFeel, save_feel
from improv.feel.tables import (
    GAPS,
    LENGTH,
    LOUDNESS,
    SPREAD,
    TIMING,
    Floats,
    Sum,
    is_off_beat,
    length_rows,
    loudness_rows,
    spread_rows,
    timing_rows,
)
from improv.training.feel_fit import fit, players_beside
from improv.training.feel_notes import Notes, read_notes

MAD_TO_SD = 1.2533
"""Standard deviation of a normal distribution against its mean absolute deviation."""
_FILLS = 0.6
"""A note that sounds for this share of the time to the next one reaches it; a shorter one is followed by a
rest."""
_LOUD = 2.5
"""The largest deviation of loudness that is believed, in standard deviations; beyond it, no note was
measured."""
_MOOD_LAGS = (2, 4, 8, 16)
_FEW = 30


def learn_feel(folder: Path) -> Feel:
    """Learn from the solos of the part `train`. Raises InputFileError, CorpusError."""
    notes = read_notes(folder, "train")
    timing, length = _timing(notes), _length(notes)
    loudness = _loudness(notes)
    behind = notes.behind - expected_behind(timing, notes)
    lay_back, lay_back_sd, _ = players_beside(behind, notes.solo, notes.performers)
    late = np.array([lay_back.get(name, 0.0) for name in notes.performers])[notes.solo]
    swing, swing_sd, swing_solo_sd = players_beside(
        np.where(off_beats(notes), behind - late, np.nan), notes.solo, notes.performers
    )
    within = behind - _solo_means(behind, notes)
    spread = fit(
        SPREAD,
        spread_rows(notes.step, notes.after),
        notes.tempo_bpm,
        np.abs(within) * MAD_TO_SD,
    )
    usual = spread.values(spread_rows(notes.step, notes.after), notes.tempo_bpm)
    loose, _, _ = players_beside(
        np.log(np.maximum(np.abs(within) * MAD_TO_SD / usual, 0.02)), notes.solo, notes.performers
    )
    accents = notes.loud - expected_loud(loudness, notes)
    dynamics, sd_db = _dynamics(notes)
    longer, _, _ = players_beside(
        np.where(filling(notes), notes.share - expected_length(length, notes), np.nan),
        notes.solo,
        notes.performers,
    )
    counts = np.bincount(notes.solo)
    players = {
        name: PlayerFeel(
            lay_back=round(lay_back.get(name, 0.0), 4),
            swing=round(swing.get(name, 0.0), 4),
            spread=round(float(np.exp(loose.get(name, 0.0))), 3),
            dynamics=round(dynamics.get(name, 1.0), 3),
            length=round(longer.get(name, 0.0), 4),
        )
        for name in sorted(set(notes.performers))
    }
    return Feel(
        timing=timing,
        spread=spread,
        follows=_follows(within / usual, notes),
        loudness=loudness,
        mood=_mood(accents, notes),
        length=length,
        legato=_legato(notes),
        sd_db=sd_db,
        players=players,
        about={
            "source": "Weimar Jazz Database, the solos of the part 'train'",
            "licence": LICENCE,
            "solos": len(notes.names),
            "notes": len(notes),
            "fewest_notes_of_a_solo": int(counts.min()),
            "sd_between_players": {
                "lay_back_beats": round(lay_back_sd, 4),
                "swing_beats": round(swing_sd, 4),
            },
            "sd_between_solos_of_a_player": {"swing_beats": round(swing_solo_sd, 4)},
        },
    )


def write_feel(tables: Path, model_folder: Path) -> Feel:
    """Learn and leave `feel.json` beside a cell. Raises InputFileError, CorpusError, OutputFileError."""
    feel = learn_feel(tables)
    save_feel(model_folder / FILE_NAME, feel)
    return feel


def _timing(notes: Notes) -> Sum:
    return fit(TIMING, _timing_rows(notes), notes.tempo_bpm, notes.behind)


def _timing_rows(notes: Notes) -> tuple[Any, ...]:
    return timing_rows(notes.step, notes.before, notes.after, notes.kind)


def expected_behind(timing: Sum, notes: Notes) -> Floats:
    """(n,) beats behind the grid, everybody's."""
    return timing.values(_timing_rows(notes), notes.tempo_bpm)


def _loudness_rows(notes: Notes) -> tuple[Any, ...]:
    return loudness_rows(
        notes.step, notes.before, notes.after, notes.interval, notes.turn, notes.height
    )


def _loudness(notes: Notes) -> Sum:
    heard = np.isfinite(notes.loud)
    rows = tuple(row[heard] for row in _loudness_rows(notes))
    return fit(LOUDNESS, rows, notes.tempo_bpm[heard], np.clip(notes.loud[heard], -_LOUD, _LOUD))


def expected_loud(loudness: Sum, notes: Notes) -> Floats:
    """(n,) standard deviations above the soloist's mean, everybody's."""
    return loudness.values(_loudness_rows(notes), notes.tempo_bpm)


def filling(notes: Notes) -> Any:
    """(n,) whether a note is played to the next one, with no rest behind it."""
    with np.errstate(invalid="ignore"):
        return (notes.share > _FILLS) & (notes.share <= 1.05)


def _length(notes: Notes) -> Sum:
    fills = filling(notes)
    rows = tuple(row[fills] for row in length_rows(notes.step, notes.before, notes.after))
    return fit(LENGTH, rows, notes.tempo_bpm[fills], np.minimum(notes.share[fills], 1.0))


def _legato(notes: Notes) -> tuple[float, ...]:
    """Sounding share of the time to the next note, of notes that reach it on the grid, by the gap."""
    steps = np.maximum(1, np.rint(notes.duration_steps))
    with np.errstate(invalid="ignore"):
        reaching = (steps >= notes.gap_steps) & (notes.share > 0)
    usual = float(np.minimum(notes.share[reaching], 1.0).mean())
    out = []
    for gap in range(GAPS):
        shares = np.minimum(notes.share[reaching & (notes.after == gap)], 1.0)
        out.append(round(float(shares.mean()) if len(shares) > _FEW else usual, 3))
    return tuple(out)


def expected_length(length: Sum, notes: Notes) -> Floats:
    """(n,) sounding share of the time to the next note, everybody's."""
    return length.values(length_rows(notes.step, notes.before, notes.after), notes.tempo_bpm)


def off_beats(notes: Notes) -> Any:
    """(n,) whether it is an off-beat eighth."""
    return is_off_beat(notes.step, notes.before, notes.after)


def _solo_means(value: Floats, notes: Notes) -> Floats:
    sums = np.bincount(notes.solo, value)
    return np.asarray((sums / np.bincount(notes.solo))[notes.solo])


def _pairs(notes: Notes, lag: int) -> Any:
    """(n - lag,) whether a note and that so many later are of one solo."""
    return notes.solo[:-lag] == notes.solo[lag:]


def _follows(normed: Floats, notes: Notes) -> tuple[float, ...]:
    """Correlation of a note's deviation with the next one's, by the class of the gap between."""
    same = _pairs(notes, 1)
    out = []
    for gap in range(GAPS):
        here = same & (notes.before[1:] == gap)
        first, second = normed[:-1][here], normed[1:][here]
        r = float(np.corrcoef(first, second)[0, 1]) if len(first) > _FEW else 0.0
        out.append(round(max(0.0, r), 3))
    return tuple(out)


def _mood(accents: Floats, notes: Notes) -> tuple[float, float]:
    """Share of the variance of loudness that lasts, and how much of it from note to note.

    From the correlations at lags at which what is between neighbours alone has gone.
    """
    value = np.clip(accents, -_LOUD, _LOUD)
    logs = []
    for lag in _MOOD_LAGS:
        good = _pairs(notes, lag) & np.isfinite(value[:-lag]) & np.isfinite(value[lag:])
        if good.sum() < _FEW:
            return 0.0, 0.0
        logs.append(np.log(max(1e-4, np.corrcoef(value[:-lag][good], value[lag:][good])[0, 1])))
    slope, level = np.polyfit(_MOOD_LAGS, logs, 1)
    return round(float(np.exp(level)), 3), round(float(np.exp(min(slope, 0.0))), 3)


def _dynamics(notes: Notes) -> tuple[dict[str, float], float]:
    """({performer: times as large a spread in dB}, the median spread of a solo in dB)."""
    size = np.log(np.maximum(np.abs(notes.loud_db), 0.1))
    heard = [
        float(np.nanstd(notes.loud_db[notes.solo == solo]))
        for solo in range(len(notes.names))
        if np.isfinite(notes.loud_db[notes.solo == solo]).sum() >= _FEW
    ]
    larger, _, _ = players_beside(size, notes.solo, notes.performers)
    return {name: float(np.exp(value)) for name, value in larger.items()}, round(
        float(np.median(heard)), 2
    )
