"""How a new cell compares: with the cell it began as, with Markov chains, and with people.

nats a note    on the held-out solos, stepped as it plays: base, new, Markov
music          what both cells play over the charts of the held-out solos, beside what people played there
copying        how much of that stands in the solos that were learned from

"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from improv.cell.load import Model, load_model
from improv.errors import CorpusError
from improv.evaluation.choruses import generate, playing
from improv.evaluation.musical import Report, compare_with_humans, measure_humans
from improv.evaluation.of_model import predictor_of
from improv.evaluation.protocol import Gain, Scores, compare, score
from improv.evaluation.table import lines_of
from improv.music.transcription import Transcription
from improv.originality.index import QuoteIndex

CHORUSES = 40
"""How many choruses are generated for the comparison, or a few more, so that all charts get the same."""
SHOWN = (
    *("chord_tones", "scale_tones", "notes_per_bar", "rests", "phrase_notes", "interval"),
    *("repeated", "range_excerpt", "bigram_entropy", "copied"),
)
"""Rows of the table, keys of improv.evaluation.musical_measures."""
_FEW_NOTES = 2_000
"""With fewer held-out notes, measuring here takes less time than starting processes."""
_FEWEST_SOLOS = 5
"""With fewer solos, the differences say nothing about further ones."""


@dataclass(frozen=True)
class Comparison:
    """What was measured. `base` parts are None where the cell was trained from scratch, `music` where the
    held-out solos have no charts to play over."""

    name: str
    base_name: str
    new: Scores
    base: Scores | None
    markov: float
    gain: Gain | None
    """How much cheaper the held-out solos are than for the base; None also where they are too few to say."""
    music: Report | None
    base_music: Report | None
    played: tuple[Transcription, ...] = field(default=(), repr=False)
    """What the new cell played, a solo a chart."""

    @property
    def base_nats(self) -> float | None:
        """Nats a note of the base."""
        return self.base.nats_per_note if self.base is not None else None

    def text(self, width: int | None = None) -> str:
        """The table, as wide as the terminal at the most, and what can be said of it."""
        head = ["", *([self.base_name] if self.base else []), self.name, "Markov", "people"]
        rows = [head, *self._nats_rows(), *self._music_rows()]
        return "\n".join([*lines_of(rows, width), "", *self.sentences()])

    def sentences(self) -> list[str]:
        """What the figures mean, a sentence each."""
        told = []
        nats = self.new.nats_per_note
        if self.base_nats is not None:
            difference = self.base_nats - nats
            if abs(difference) < 5e-4:
                told.append(f"The held-out solos cost it as much as {self.base_name!r}.")
            else:
                kind = "less" if difference > 0 else "more"
                told.append(
                    f"The held-out solos cost it {abs(difference):.3f} nats a note {kind} than"
                    f" {self.base_name!r}{_span(self.gain)}."
                )
        kind = "less" if nats < self.markov else "more"
        told.append(
            f"That is {abs(self.markov - nats):.3f} {kind} than Markov chains make of the same solos."
            if told
            else f"The held-out solos cost it {abs(self.markov - nats):.3f} nats a note {kind} than Markov"
            " chains that learned from the same solos."
        )
        if self.music is not None:
            report = self.music
            told.append(
                f"It played {report.choruses} choruses over the charts of {len(report.generated)} held-out"
                f" solos; the longest run of notes that stands in what was learned from has"
                f" {_longest(report)}."
            )
            if report.warning:
                told.append(report.warning)
        return told

    def as_json(self) -> dict[str, Any]:
        """All of it for programs."""
        return {
            "nats": {
                "new": _scores(self.new),
                "base": _scores(self.base) if self.base is not None else None,
                "markov": round(self.markov, 4),
            },
            "gain": (
                {
                    "difference": round(self.gain.difference, 4),
                    "low": round(self.gain.low, 4),
                    "high": round(self.gain.high, 4),
                }
                if self.gain is not None
                else None
            ),
            "musical": {
                "new": self.music.as_json() if self.music is not None else None,
                "base": self.base_music.as_json() if self.base_music is not None else None,
            },
        }

    def scores(self) -> dict[str, Any]:
        """What the card keeps, besides the history."""
        kept: dict[str, Any] = {"markov_nats_per_note": round(self.markov, 4)}
        if self.base_nats is not None:
            kept["base_nats_per_note"] = round(self.base_nats, 4)
        kept["as_it_plays"] = _scores(self.new)
        if self.music is not None:
            kept["musical"] = {
                key: {
                    "generated": _figure(self.music, key, "generated"),
                    "human": _figure(self.music, key, "human"),
                }
                for key in SHOWN
            }
            kept["longest_copy_notes"] = _longest_number(self.music)
        return kept

    def _nats_rows(self) -> list[list[str]]:
        rows = []
        for label, key in (
            ("nats a note", "nats_per_note"),
            ("  rhythm", "rhythm"),
            ("  pitch", "pitch"),
        ):
            cells = [
                f"{getattr(each, key):.3f}" for each in (self.base, self.new) if each is not None
            ]
            markov = f"{self.markov:.3f}" if key == "nats_per_note" else ""
            rows.append([label, *cells, markov, ""])
        return rows

    def _music_rows(self) -> list[list[str]]:
        if self.music is None:
            return []
        rows = []
        for key in SHOWN:
            row = self.music.row(key)
            measure = row.measure
            values = [row.generated]
            if self.base_music is not None:
                values.insert(0, self.base_music.row(key).generated)
            unit = f", {measure.unit}" if measure.unit else ""
            cells = [
                _shown(value, measure.scale, measure.decimals) for value in (*values, row.human)
            ]
            rows.append([measure.label + unit, *cells[:-1], "", cells[-1]])
        longest = [_longest(each) for each in (self.base_music, self.music) if each is not None]
        rows.append(["longest run that stands there", *longest, "", ""])
        return rows


def compare_models(
    folder: Path,
    name: str,
    valid: Sequence[Transcription],
    markov: float,
    *,
    base: Model | None = None,
    index: QuoteIndex | None = None,
    choruses: int = CHORUSES,
    seed: int = 0,
    workers: int | None = None,
) -> Comparison:
    """Measure the model in `folder`, called `name`, and `base` on the solos `valid`.

    `index`: of what was learned from, to look for copies in. Raises ModelError, CorpusError.
    """
    if sum(len(solo.notes) for solo in valid) < _FEW_NOTES:
        workers = 1
    model = load_model(folder)
    new = score(predictor_of(model), valid, workers=workers)
    old = score(predictor_of(base), valid, workers=workers) if base is not None else None
    gain = None
    if old is not None and len(valid) >= _FEWEST_SOLOS:
        gain = compare(new, old, np.random.default_rng(seed))
    played: list[Transcription] = []
    music = base_music = None
    try:
        humans = measure_humans(valid, index=index)
        reports = []
        for path in (folder, *([base.path] if base is not None else [])):
            lines = generate(playing(path), valid, choruses=choruses, seed=seed, workers=workers)
            played = played or lines
            reports.append(compare_with_humans(lines, humans, model=name, seed=seed))
        music, base_music = reports[0], reports[1] if base is not None else None
    except CorpusError:
        pass  # no chart to play over: only the nats are measured
    return Comparison(
        name,
        base.card.name if base is not None else "",
        new,
        old,
        markov,
        gain,
        music,
        base_music,
        tuple(played),
    )


def _scores(scores: Scores) -> dict[str, float]:
    return {
        "nats_per_note": round(scores.nats_per_note, 4),
        "rhythm": round(scores.rhythm, 4),
        "pitch": round(scores.pitch, 4),
        "notes": scores.notes,
    }


def _span(gain: Gain | None) -> str:
    return f" (95 %: {gain.low:+.3f} to {gain.high:+.3f})" if gain is not None else ""


def _figure(report: Report, key: str, which: str) -> float | None:
    value = getattr(report.row(key), which)
    return None if math.isnan(value) else round(float(value), 4)


def _shown(value: float, scale: float, decimals: int) -> str:
    return "-" if math.isnan(value) else f"{value * scale:.{decimals}f}"


def _longest_number(report: Report) -> int:
    return max((tally.longest_copy for tally in report.generated), default=0)


def _longest(report: Report) -> str:
    return f"{_longest_number(report)} notes"
