"""Draw MIDI files as piano rolls, with their chord markers above: for looking at what a cell plays.

    python docs/piano_roll.py solo.mid [...] --out roll.png [--bars 12]

One row of pictures a file, four bars a line. Chord tones are filled, other notes are light.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from improv.corpus.midi import read_solo
from improv.music.note import TICKS_PER_BEAT
from improv.music.pitch import pitch_name

BARS_A_LINE = 4


def draw(paths: list[Path], out: Path, bars: int) -> None:
    """Draw the first `bars` bars of each file into one picture."""
    lines = -(-bars // BARS_A_LINE)
    figure, axes = plt.subplots(
        lines * len(paths), 1, figsize=(14, 2.1 * lines * len(paths)), squeeze=False
    )
    for number, path in enumerate(paths):
        solo = read_solo(path)
        bar_tick = solo.chart.meter.ticks_per_bar
        span_tick = BARS_A_LINE * bar_tick
        shown = [note for note in solo.notes if note.onset_tick < lines * span_tick]
        low = min((note.pitch for note in shown), default=60) - 2
        high = max((note.pitch for note in shown), default=72) + 2
        for line in range(lines):
            axis = axes[number * lines + line][0]
            start = line * span_tick
            axis.set_xlim(start, start + span_tick)
            axis.set_ylim(low, high + 3)
            for tick in range(start, start + span_tick + 1, TICKS_PER_BEAT):
                axis.axvline(tick, color="0.6" if tick % bar_tick == 0 else "0.9", lw=1, zorder=0)
            for tick, chord in solo.chart.changes:
                if start <= tick < start + span_tick:
                    text = chord.text if chord else "NC"
                    axis.text(tick + 20, high + 0.6, text, fontsize=10, weight="bold")
            for note in shown:
                if start <= note.onset_tick < start + span_tick:
                    chord = solo.chart.chord_at(note.onset_tick)
                    inside = chord is not None and note.pitch % 12 in chord.tone_pcs
                    axis.broken_barh(
                        [(note.onset_tick, note.duration_tick)],
                        (note.pitch - 0.45, 0.9),
                        facecolor="#1f5fa8" if inside else "#a9c8ea",
                        edgecolor="#123a66",
                        lw=0.6,
                    )
            axis.set_xticks([])
            axis.set_yticks([p for p in range(low, high + 1) if p % 12 in (0, 5)])
            axis.set_yticklabels([pitch_name(int(p)) for p in axis.get_yticks()], fontsize=8)
            axis.set_ylabel(f"{line * BARS_A_LINE + 1}", rotation=0, labelpad=14)
            for side in ("top", "right", "bottom"):
                axis.spines[side].set_visible(False)
        axes[number * lines][0].set_title(solo.title, loc="left", fontsize=10)
    figure.tight_layout()
    figure.savefig(out, dpi=80)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("files", nargs="+", type=Path)
    arguments.add_argument("--out", type=Path, required=True)
    arguments.add_argument("--bars", type=int, default=12)
    options = arguments.parse_args()
    draw(options.files, options.out, options.bars)
