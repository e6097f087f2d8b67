"""Small solos to train on: choruses of four bars, walks over two chords."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from improv.corpus.events import event_line
from improv.music.transcription import Heard, Transcription

BARS = 4
BAR_STEPS = 48


def solo(title: str, choruses: int = 5, seed: int = 0, **facts: object) -> Transcription:
    """A solo of `choruses` marked choruses, about three notes a bar."""
    rng = np.random.default_rng((seed, *title.encode()))
    length = choruses * BARS * BAR_STEPS
    notes, step, pitch = [], 0, 65
    while step < length:
        notes.append(Heard(step, 5, pitch, 65.0 + int(rng.integers(4))))
        pitch = int(np.clip(pitch + rng.integers(-4, 5), 55, 80))
        step += int(rng.choice([6, 12, 24]))
    values: dict[str, object] = {
        "id": f"{title} {seed}",
        "title": title,
        "performer": "Somebody",
        "instrument": "ts",
        "style": "BEBOP",
        "rhythmfeel": "SWING",
        "tempo_bpm": 160.0,
        "key": "F-maj",
        "beats_per_bar": 4,
    }
    values.update(facts)
    bars = choruses * BARS
    return Transcription(
        **values,  # type: ignore[arg-type]
        chords=tuple((bar * BAR_STEPS, ("F7", "Bb7")[bar // 2 % 2]) for bar in range(bars)),
        sections=tuple((at * BARS * BAR_STEPS, "A", at + 1) for at in range(choruses)),
        notes=tuple(notes),
    )


TITLES = ("Air", "Barbados", "Cheryl", "Dewey Square", "Ecaroh")


def write_solos(path: Path, titles: tuple[str, ...] = TITLES, choruses: int = 5) -> Path:
    """A file of events, a solo a title."""
    lines = [event_line(solo(title, choruses)) for title in titles]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path
