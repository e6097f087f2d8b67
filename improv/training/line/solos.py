"""The user's solos as what a cell is trained on: are there enough, and which are held out?

    solos ── check_enough ──> choruses ── split_by_tune ──> (to learn from, held out)

A tune is never in two parts: a cell that has learned one solo over a tune knows the next one's chords, and
often its licks. The split depends on the titles and lengths alone, so the same solos are always split alike.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from improv.corpus.clean import content_hash
from improv.errors import CorpusError
from improv.music.note import STEPS_PER_BEAT
from improv.music.transcription import Transcription

FEWEST_CHORUSES = 20
"""Below this, what is learned does not carry over to solos that were not learned from."""
USUAL_CHORUS_BARS = 32
LONGEST_ONLY_CHORUS_BARS = 40
"""The usual length of a chorus. A longer solo with one chorus marked, or none, may be several."""
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
    """How many choruses they are together; raises CorpusError, with the count, if there are too few."""
    choruses = int(sum(map(choruses_of, solos)) + 1e-9)
    if choruses < fewest:
        bars = sum(map(bars_of, solos))
        raise CorpusError(
            f"There are {choruses} choruses to train on ({len(solos)} solos, {bars} bars), too few for a"
            f" cell to learn a way of playing and not just these notes; at least {fewest} were"
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


def is_one_tune(solos: Sequence[Transcription]) -> bool:
    """Whether all solos are over the same tune."""
    return len({_tune(solo) for solo in solos}) == 1


def split_in_tune(
    solos: Sequence[Transcription],
) -> tuple[list[Transcription], list[Transcription]]:
    """(to learn from, held out) of solos over one tune: its last solos, about HELD_OUT of the bars.

    Of a single solo its last choruses are held out, those that are marked, else its last bars.
    """
    total = sum(map(bars_of, solos))
    held = 0
    for at in range(len(solos) - 1, 0, -1):
        held += bars_of(solos[at])
        if held >= HELD_OUT * total or at == 1:
            return list(solos[:at]), list(solos[at:])
    [solo] = solos
    bar_steps = solo.beats_per_bar * STEPS_PER_BEAT
    first, last = (solo.notes[at].onset_step // bar_steps for at in (0, -1))
    wanted = last + 1 - max(1, round(HELD_OUT * (last + 1 - first)))
    tops: dict[int, int] = {}
    for step, _, chorus in solo.sections:
        tops.setdefault(chorus, step // bar_steps)
    inside = [bar for chorus, bar in tops.items() if chorus > 1 and first < bar <= last]
    bar = min(inside, key=lambda each: (abs(each - wanted), each), default=wanted)
    return [_part(solo, None, bar * bar_steps)], [_part(solo, bar * bar_steps, None)]


def _part(solo: Transcription, begin: int | None, end: int | None) -> Transcription:
    """The solo from one bar line to another, its steps counted from the first of them."""
    start = begin or 0

    def inside(step: int) -> bool:
        return (begin is None or step >= begin) and (end is None or step < end)

    before = [symbol for step, symbol in solo.chords if begin is not None and step <= begin]
    chords = {0: before[-1]} if before else {}
    chords |= {step - start: symbol for step, symbol in solo.chords if inside(step)}
    return replace(
        solo,
        id=f"{solo.id} ({'beginning' if begin is None else 'end'})",
        chords=tuple(chords.items()),
        sections=tuple(
            (step - start, label, chorus) for step, label, chorus in solo.sections if inside(step)
        ),
        notes=tuple(
            replace(note, onset_step=note.onset_step - start)
            for note in solo.notes
            if inside(note.onset_step)
        ),
    )


def _tune(solo: Transcription) -> str:
    """The same for all solos over one tune; a solo without a title is over a tune of its own."""
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
