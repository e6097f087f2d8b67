"""Draw how a training went: loss and held-out nats against steps. Needs the extra [plot]."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path

from improv import files
from improv.piano_roll import check
from improv.training.line.fit import Score

_INK, _PALE, _TRAIN, _VALID = "#26323f", "#8a97a5", "#9fc5ea", "#1d4e89"
_MARKOV, _BASE = "#d9a441", "#4f8a6d"


def draw_curves(
    history: Sequence[Score], path: Path, name: str, markov: float, base_name: str = ""
) -> None:
    """Draw the history of a training as a PNG, with the line to beat; all in nats a note.

    `base_name`: of the cell that step 0 is, if it began as one. Raises MissingError where matplotlib is not
    installed, OutputFileError.
    """
    check()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5), dpi=100, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.09, 0.12, 0.88, 0.78))
    learned = [(s.step, s.train_nats) for s in history if not math.isnan(s.train_nats)]
    axes.plot(
        [step for step, _ in learned],
        [nats for _, nats in learned],
        color=_TRAIN,
        marker=".",
        label="learned from, with parts of the cell left out",
    )
    axes.plot(
        [s.step for s in history],
        [s.nats for s in history],
        color=_VALID,
        marker=".",
        label="held out",
    )
    best = min(history, key=lambda s: s.nats)
    axes.plot([best.step], [best.nats], "o", color=_VALID, ms=9, label=f"kept: {best.nats:.3f}")
    axes.axhline(markov, color=_MARKOV, ls="--", label=f"Markov: {markov:.3f}")
    if base_name and history[0].step == 0:
        nats = history[0].nats
        axes.axhline(nats, color=_BASE, ls=":", label=f"{base_name}: {nats:.3f}")
    axes.set_title(name, color=_INK, loc="left", weight="bold", parse_math=False)
    axes.set_xlabel("steps", color=_INK)
    axes.set_ylabel("nats a note", color=_INK)
    axes.tick_params(colors=_PALE)
    axes.grid(color="#e3e8ee", lw=0.8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(frameon=False, labelcolor=_INK)
    picture = io.BytesIO()
    canvas.print_png(picture, metadata={"Software": "jazz-improv"})
    files.write_bytes(path, picture.getvalue())
