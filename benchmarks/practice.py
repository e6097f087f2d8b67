"""People's figures for the report on practice (improv.partner.report), from the Weimar Jazz Database.

python benchmarks/practice.py        the table, then one JSON line

The solos are those of the training split (JAZZ_IMPROV_SHARED/eval), of FEWEST_NOTES notes or more; lateness
is that of the transcribed onsets against the beats that were tapped (JAZZ_IMPROV_SHARED/corpora/wjazzd).
"""

from __future__ import annotations

import json
import os
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from improv.api.solos import read_solos
from improv.music.note import STEPS_PER_BEAT, TICKS_PER_STEP
from improv.music.transcription import Transcription, chart_of
from improv.partner.heard import HeardNote
from improv.partner.report import Played, Report, report
from improv.training.feel_notes import read_notes

FEWEST_NOTES = 64
Figures = tuple[float, float, float]
TOPS_BPM = (110.0, 160.0, 210.0, 260.0, 400.0)


def report_on(solo: Transcription) -> Report:
    """The report on a solo, as if it had been heard; its time is that of the grid."""
    chart, shift = chart_of(solo)
    notes = []
    for note in solo.notes:
        tick = (note.onset_step + shift) * TICKS_PER_STEP
        end_tick = tick + note.duration_step * TICKS_PER_STEP
        notes.append(HeardNote(tick, end_tick, note.pitch, 80, tick))
    return report([Played(chart, range(chart.bars), notes, lambda tick: solo.tempo_bpm)])


def share(figures: list[float]) -> Figures:
    """(5 %, middle, 95 %)."""
    low, middle, high = np.percentile(figures, (5, 50, 95))
    return round(float(low), 3), round(float(middle), 3), round(float(high), 3)


def of_solos(shared: Path) -> dict[str, Any]:
    """What is known of the notes alone."""
    solos = [
        report_on(solo)
        for solo in read_solos(shared / "eval" / "train.jsonl.gz")
        if len(solo.notes) >= FEWEST_NOTES
    ]
    return {
        "solos": len(solos),
        "hesitated": share([one.hesitated for one in solos if one.hesitated is not None]),
        "strong_tones": share([one.strong_tones for one in solos if one.strong_tones is not None]),
    }


def of_times(shared: Path) -> list[tuple[float, int, Figures, Figures]]:
    """(up to which tempo, solos, lateness on the beat in ms, and how far half of the notes are from it)."""
    notes = read_notes(shared / "corpora" / "wjazzd", "train")
    on_beat = notes.step % STEPS_PER_BEAT == 0
    late_ms = notes.behind * notes.beat_ms
    rows = []
    for number in np.unique(notes.solo):
        of_solo = late_ms[(notes.solo == number) & on_beat]
        if len(of_solo) >= FEWEST_NOTES // 2:
            bpm = float(np.median(notes.tempo_bpm[notes.solo == number]))
            middle = float(np.median(of_solo))
            rows.append((bpm, middle, float(np.median(np.abs(of_solo - middle)))))
    found = []
    for low, top in pairwise((0.0, *TOPS_BPM)):
        here = [row for row in rows if low < row[0] <= top]
        found.append((top, len(here), share([r[1] for r in here]), share([r[2] for r in here])))
    return found


def main() -> int:
    """Print the table and the JSON line."""
    shared = Path(os.environ.get("JAZZ_IMPROV_SHARED", "../shared"))
    if not shared.is_dir():
        sys.exit(f"There is no {shared}: set JAZZ_IMPROV_SHARED.")
    notes, times = of_solos(shared), of_times(shared)
    print(f"{'':24} {'5 %':>8} {'middle':>8} {'95 %':>8}")
    for name in ("hesitated", "strong_tones"):
        print(f"{name:24} " + " ".join(f"{figure:8.3f}" for figure in notes[name]))
    for top, count, late, spread in times:
        figures = [" ".join(f"{ms:7.1f}" for ms in row) for row in (late, spread)]
        print(f"up to {top:3.0f} bpm, {count:3} solos  late {figures[0]}  within {figures[1]}")
    print(json.dumps({"benchmark": "practice", **notes, "times": times}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
