"""The user's solos as what a cell is trained on: are there enough, and which are held out?

    solos ── check_enough ──> choruses ── split_by_tune ──> (to learn from, held out)

A tune is never in two parts: who has learned one solo over a tune knows the next one's chords, and often its
licks. The split depends on the titles and lengths alone, so the same solos are always split alike.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from improv.corpus.clean import content_hash
from improv.errors import CorpusError
from improv.music.note import STEPS_PER_BEAT
from improv.music.transcription import Transcription

FEWEST_CHORUSES = 20
"""Below this, what is learned does not carry over to solos that were not learned from."""
USUAL_CHORUS_BARS = 32
LONGEST_ONLY_CHORUS_BARS = 40
"""Of a solo that has one chorus marked or none: what is longer may be several that nobody told apart."""
HELD_OUT = 0.15
"""Share of the bars that is held out, about."""
MOST_HELD_OUT = 0.3


def bars_of(solo: Transcription) -> int:
    """How many bars it is long, from its first note's to its last one's."""
    if not solo.notes:
        return 0
    bar_steps = solo.beats_per_bar * STEPS_PER_BEAT
    first, last = solo.notes[0].onset_step, solo.notes[-1].onset_step
    return last // bar_steps - first // bar_steps + 1


def choruses_of(solo: Transcription) -> float:
    """How many choruses: as many as are marked; where that is none or one, and long, 32 bars are one."""
    bars = bars_of(solo)
    marked = len({chorus for _, _, chorus in solo.sections if chorus > 0})
    if marked > 1 or (marked == 1 and bars <= LONGEST_ONLY_CHORUS_BARS):
        return float(marked)
    return bars / USUAL_CHORUS_BARS


def check_enough(solos: Sequence[Transcription], fewest: int = FEWEST_CHORUSES) -> int:
    """How many choruses they are together; raises CorpusError, with the count, where that is too few."""
    choruses = int(sum(map(choruses_of, solos)) + 1e-9)
    if choruses < fewest:
        bars = sum(map(bars_of, solos))
        raise CorpusError(
            f"There are {choruses} choruses to train on ({len(solos)} solos, {bars} bars), too few for a"
            f" cell to learn a way of playing from and not just these notes; at least {fewest} were"
            f" expected (where choruses are not marked, {USUAL_CHORUS_BARS} bars count as one)."
        )
    return choruses


def split_by_tune(
    solos: Sequence[Transcription],
) -> tuple[list[Transcription], list[Transcription]]:
    """(to learn from, held out), each in the order of `solos`. Raises CorpusError where all are one tune.

    Tunes are taken in an order that has nothing to do with the music, those that fit, until about
    HELD_OUT of the bars are held out; at least one is, the shortest if none fits.
    """
    tunes: dict[str, list[Transcription]] = defaultdict(list)
    for solo in solos:
        tunes[_tune(solo)].append(solo)
    if len(tunes) < 2:
        titles = ", ".join(sorted({repr(solo.title) for solo in solos})) or "none"
        raise CorpusError(
            f"All solos are over one tune ({titles}), so none can be held out to see what was learned;"
            " expected two tunes or more, or held-out solos named with --valid."
        )
    bars = {tune: sum(map(bars_of, each)) for tune, each in tunes.items()}
    total, held, chosen = sum(bars.values()), 0, set()
    for tune in sorted(tunes, key=lambda tune: hashlib.sha256(tune.encode()).digest()):
        if held < HELD_OUT * total and held + bars[tune] <= MOST_HELD_OUT * total:
            chosen.add(tune)
            held += bars[tune]
    if not chosen:
        chosen.add(min(sorted(tunes), key=lambda tune: bars[tune]))
    return (
        [solo for solo in solos if _tune(solo) not in chosen],
        [solo for solo in solos if _tune(solo) in chosen],
    )


def _tune(solo: Transcription) -> str:
    """What two solos over the same tune have in common; a solo without a title has nothing."""
    return solo.title.strip().casefold() or f"\0{solo.id}"


def without_tunes_of(
    solos: Sequence[Transcription], others: Sequence[Transcription]
) -> tuple[list[Transcription], list[Transcription]]:
    """(the solos over tunes that are not among those of `others`, the rest)."""
    theirs = {_tune(solo) for solo in others}
    kept = [solo for solo in solos if _tune(solo) not in theirs]
    return kept, [solo for solo in solos if _tune(solo) in theirs]


def sha256_of(solos: Sequence[Transcription]) -> str:
    """A hash of what is played in them, in order: two scores on solos of one hash can be compared."""
    return hashlib.sha256("\n".join(map(content_hash, solos)).encode()).hexdigest()
