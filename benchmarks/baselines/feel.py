"""How well a learned feel foretells solos it was not learned from, beside a straight grid and one curve.

    grid      everything where it is written, equally loud, as long as it is written
    curve     the same, but off-beats by the curve of improv.music.swing, as the band plays them
    everybody, player      the learned feel, without and with the performer's own

All errors are mean absolute ones over the notes (or solos) of `notes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from improv.feel.model import Feel, PlayerFeel
from improv.feel.tables import OFF_BEAT, Floats
from improv.music.feel import FEELS
from improv.music.note import STEPS_PER_BEAT
from improv.music.swing import auto_swing
from improv.training.feel import (
    expected_behind,
    expected_length,
    expected_loud,
    filling,
    off_beats,
)
from improv.training.feel_notes import Notes

WAYS = ("grid", "curve", "everybody", "player")
TEMPO_BINS = (
    (60, 110),
    (110, 140),
    (140, 170),
    (170, 200),
    (200, 230),
    (230, 260),
    (260, 300),
    (300, 360),
)
_FEW_BEATS = 15
_SWUNG = (0, 3)
"""Kinds of which the curve swings off-beats: swing and ballad."""


def measure(feel: Feel, notes: Notes) -> dict[str, Any]:
    """{quantity: {way: error}}, and "ratios" by tempo.

    swing_ratio       first eighth against the second, as the line itself has them (a solo each)
    off_beat_ratio    as the off-beat divides the beat of the band (a solo each)
    loudness_sd       in standard deviations of the solo
    length_ms         of notes that are played to the next one
    length_of_class_ms    what is lost where a token says the length in steps, and feel adds nothing
    """
    behind = {
        "grid": np.zeros(len(notes)),
        "curve": _curve_behind(notes),
        "everybody": expected_behind(feel.timing, notes),
        "player": expected_behind(feel.timing, notes) + _late(feel, notes),
    }
    loud = {
        "grid": np.zeros(len(notes)),
        "everybody": expected_loud(feel.loudness, notes),
    }
    loud["player"] = loud["everybody"]  # players differ in how much, not where: see PlayerFeel
    learned = expected_length(feel.length, notes)
    length = {
        "grid": np.ones(len(notes)),
        "everybody": learned,
        "player": learned + _each(feel, notes, "length"),
    }
    heard, fills = np.isfinite(notes.loud), filling(notes)
    gap_ms = notes.duration_steps / STEPS_PER_BEAT * notes.beat_ms / np.maximum(notes.share, 0.01)
    return {
        "notes": len(notes),
        "onset_ms": {
            way: _mean(np.abs(notes.behind - behind[way]) * notes.beat_ms) for way in WAYS
        },
        "off_beat_ms": {
            way: _mean((np.abs(notes.behind - behind[way]) * notes.beat_ms)[off_beats(notes)])
            for way in WAYS
        },
        **_swing_errors(notes, behind),
        "ratios": _ratios_by_tempo(notes, behind),
        "loudness_sd": {way: _mean(np.abs(notes.loud - row)[heard]) for way, row in loud.items()},
        "length_ms": {
            way: _mean((np.abs(notes.share - row) * gap_ms)[fills]) for way, row in length.items()
        },
        "length_of_class_ms": _mean(
            np.abs(notes.duration_steps - np.maximum(1, np.rint(notes.duration_steps)))
            / STEPS_PER_BEAT
            * notes.beat_ms
        ),
    }


def _mean(value: Floats) -> float:
    return round(float(np.mean(value)), 3)


def _each(feel: Feel, notes: Notes, name: str) -> Floats:
    rows: list[PlayerFeel] = [feel.player(performer) for performer in notes.performers]
    return np.array([getattr(row, name) for row in rows])[notes.solo]


def _late(feel: Feel, notes: Notes) -> Floats:
    swing = np.where(off_beats(notes), _each(feel, notes, "swing"), 0.0)
    return np.asarray(_each(feel, notes, "lay_back") + swing)


def _curve_behind(notes: Notes) -> Floats:
    swing = FEELS["medium swing"]
    ratio = np.array([auto_swing(swing, bpm) for bpm in notes.tempo_bpm])
    swung = np.isin(notes.kind, _SWUNG) & (notes.step == OFF_BEAT)
    return np.where(swung, ratio / (1 + ratio) - 0.5, 0.0)


def _eighths(notes: Notes) -> Any:
    """(k,) indices of notes on the beat that are followed by the off-beat and the next beat, in swing."""
    step, gap, solo = notes.step, notes.gap_steps, notes.solo
    whole = (step[:-2] == 0) & (gap[:-2] == OFF_BEAT) & (gap[1:-1] == OFF_BEAT)
    whole &= (solo[:-2] == solo[2:]) & (step[1:-1] == OFF_BEAT) & (step[2:] == 0)
    return np.flatnonzero(whole & (notes.kind[:-2] == 0))


def _ratio(behind: Floats, at: Any) -> float:
    """The ratio of the two eighths of beats that begin with the notes `at`, at their mean places."""
    long = np.mean(0.5 + behind[at + 1] - behind[at])
    short = np.mean(0.5 + behind[at + 2] - behind[at + 1])
    return float(long / short)


def _against_the_beat(behind: Floats, at: Any) -> float:
    """The ratio in which off-beats divide the beat, not the line; `at`: the notes that begin those beats."""
    place = 0.5 + float(np.mean(behind[at + 1]))
    return place / (1 - place)


def _swing_errors(notes: Notes, behind: Mapping[str, Floats]) -> dict[str, dict[str, float]]:
    beats = _eighths(notes)
    errors: dict[str, list[float]] = {way: [] for way in WAYS}
    against: dict[str, list[float]] = {way: [] for way in WAYS}
    for solo in np.unique(notes.solo[beats]):
        at = beats[notes.solo[beats] == solo]
        if len(at) >= _FEW_BEATS:
            played, divided = _ratio(notes.behind, at), _against_the_beat(notes.behind, at)
            for way in WAYS:
                errors[way].append(abs(played - _ratio(behind[way], at)))
                against[way].append(abs(divided - _against_the_beat(behind[way], at)))
    return {
        name: {way: _mean(np.array(values)) for way, values in rows.items() if values}
        for name, rows in (("swing_ratio", errors), ("off_beat_ratio", against))
    }


def _ratios_by_tempo(notes: Notes, behind: Mapping[str, Floats]) -> list[dict[str, float]]:
    beats = _eighths(notes)
    rows = []
    for low, high in TEMPO_BINS:
        tempo = notes.tempo_bpm[beats]
        at = beats[(tempo >= low) & (tempo < high)]
        if len(at) >= _FEW_BEATS:
            row: dict[str, float] = {"from_bpm": low, "to_bpm": high, "beats": len(at)}
            row["played"] = round(_ratio(notes.behind, at), 2)
            row |= {way: round(_ratio(behind[way], at), 2) for way in WAYS[1:]}
            row["played_against_beat"] = round(_against_the_beat(notes.behind, at), 2)
            row["learned_against_beat"] = round(_against_the_beat(behind["everybody"], at), 2)
            row["played_late_ms"] = round(float((notes.behind * notes.beat_ms)[at].mean()), 1)
            row["learned_late_ms"] = round(
                float((behind["everybody"] * notes.beat_ms)[at].mean()), 1
            )
            rows.append(row)
    return rows
