"""What the machine plays where people played: over the chart of each solo, as long as its human did.

solos ── jobs ──> one chorus of each chart, so many times ── the playing code of `generate` ──> Transcriptions
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from improv.errors import CorpusError
from improv.evaluation.choruses import Job, Playing, as_it_is, done, readable_charts
from improv.music.note import STEPS_PER_BEAT, TICKS_PER_STEP
from improv.music.transcription import Transcription
from improv.processes import in_order


def jobs_beside(
    how: Playing, solos: Sequence[Transcription], *, seed: int = 0
) -> list[tuple[Transcription, Job]]:
    """(solo, the job to play over its chart) of all solos whose chords can be read and who play at all."""
    found = []
    for number, (solo, chorus) in enumerate(readable_charts(solos)):
        if len(solo.notes) < 2:
            continue
        span = solo.notes[-1].onset_step - solo.notes[0].onset_step + STEPS_PER_BEAT
        choruses = max(1, round(span / (chorus.chart.length_tick // TICKS_PER_STEP)))
        found.append((solo, Job(how.of_choruses(choruses, seed), solo, chorus.chart, number)))
    return found


def beside(
    how: Playing,
    solos: Sequence[Transcription],
    *,
    seed: int = 0,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[tuple[Transcription, Transcription]]:
    """(what the human played, what the machine plays there) of each solo whose chords can be read.

    The machine has the dials of `generate` and the tempo of the solo, and goes as many times through one
    chorus of the chart as the human did, at least once. The same arguments give the same notes whatever the
    number of `workers` (None: one a core). `progress` is called with the number of solos done. Raises
    CorpusError where there is nothing to play over, ModelError.
    """
    jobs = jobs_beside(how, solos, seed=seed)
    if not jobs:
        raise CorpusError(
            f"There is nothing to judge in {len(solos)} solos: expected one or more of two notes, with chords"
            " that can be read."
        )
    played = in_order(done([job for _, job in jobs], as_it_is, workers=workers), progress)
    return [(solo, line) for (solo, _), line in zip(jobs, played, strict=True)]
