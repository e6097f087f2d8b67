"""Whether replies can be told from what people play there, beside whether solos can.

    calls ── people's next four bars   ┐
          ── the machine's reply       ├──> pairs of four bars ── judge ──> an AUC for replies, one for solos
          ── its solo in these bars    ┘

Each judge is one of `improv.evaluation.judge`, with four bars in place of eight, without the network. It has
learned from replies (or solos) to the calls of other tunes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from improv.errors import ModelError
from improv.evaluation.judge.excerpts import Pair
from improv.evaluation.judge.judge import Judgement, judge
from improv.evaluation.listening import Call, Notes, Setting, Trader, calls_of, chart_and_shift
from improv.music.transcription import Transcription
from improv.processes import in_order, side_by_side

KINDS = (Setting("replies"), Setting("solos", alone=True))
_SEED = 0


@dataclass(frozen=True)
class JudgedReplies:
    """What the judges say, by the names of KINDS."""

    judgements: Mapping[str, Judgement]

    def text(self) -> str:
        """In words."""
        return "\n".join(
            [
                "Told from people by four bars (AUC; 0.5 not at all; in brackets 95 % over tunes):",
                *(f"  {name:<30}{found.judge}" for name, found in self.judgements.items()),
            ]
        )

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {name: found.as_json() for name, found in self.judgements.items()}


def judged_replies(
    folder: Path,
    train: Sequence[Transcription],
    solos: Sequence[Transcription],
    *,
    calls: int = 400,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
    kinds: Sequence[Setting] = KINDS,
) -> JudgedReplies:
    """Judge a model on `calls` of `solos`, having learned from as many of `train`; `progress`: percent.

    Raises CorpusError where there is too little to compare, ModelError, MissingError.
    """
    found = {}
    parts = [(kind, part) for kind in kinds for part in (train, solos)]
    pairs = []
    for at, (kind, part) in enumerate(parts):

        def reach(percent: int, done: int = at) -> None:
            if progress is not None:
                progress((100 * done + percent) // len(parts))

        pairs.append(_pairs(folder, part, kind, calls, workers, reach))
    for kind, learned, heard in zip(kinds, pairs[::2], pairs[1::2], strict=True):
        found[kind.name] = judge(learned, heard, recurrent=False)
    return JudgedReplies(found)


def _pairs(
    folder: Path,
    solos: Sequence[Transcription],
    setting: Setting,
    calls: int,
    workers: int | None,
    progress: Callable[[int], None],
) -> list[Pair]:
    """(what people played after a call, what the machine played there), one a call."""
    rng = np.random.default_rng(_SEED)
    every = calls_of(solos, rng)
    chosen = rng.choice(len(every), min(calls, len(every)), replace=False)
    some = [every[at] for at in sorted(chosen.tolist())]
    replies = side_by_side(
        _replied,
        Trader(folder, (setting,), _SEED),
        [(setting, call) for call in some],
        size=lambda job: len(job[1].notes),
        died=ModelError("A process that played replies died (out of memory?)."),
        workers=workers,
    )
    played = in_order(replies, lambda done: progress(100 * done // len(some)))
    return [
        (_played(call, call.after), _played(call, reply))
        for call, reply in zip(some, played, strict=True)
    ]


def _played(call: Call, notes: Notes) -> Transcription:
    _, shift = chart_and_shift(call.solo)
    moved = tuple(replace(note, onset_step=note.onset_step - shift) for note in notes)
    return replace(call.solo, notes=moved)


def _replied(trader: Trader, job: tuple[Setting, Call]) -> Notes:
    return trader.reply(*job)
