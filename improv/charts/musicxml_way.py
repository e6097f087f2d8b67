"""Signs, words and playback marks of MusicXML measures -> what each measure is on the way through the score.

Words come first, then signs, then what only sounds. A coda sign alone does not say whether it is "To Coda" or
"Coda" (Finale writes both alike, and calls both a coda for the playback): what stands right behind a jump al
Coda is a coda, else the last sign behind it is, and the others lead there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from improv.charts.doubts import Doubts
from improv.charts.form import CODA
from improv.charts.form_words import plain_words
from improv.charts.musicxml_measures import Measure
from improv.charts.written import Jump


def resolve(measures: Sequence[Measure], doubts: Doubts) -> None:
    """Set `segno`, `coda`, `to_coda`, `fine`, `jump` and `closes` of the measures."""
    _complete(measures, doubts)
    _take_jumps_that_sound(measures)
    _tell_codas_apart(measures)
    _find_segnos(measures)
    if not any(measure.fine for measure in measures):
        for measure in measures:
            measure.fine = "fine" in measure.sounds
    for index, measure in enumerate(measures):
        if measure.times:
            _take_times(measures, index, doubts)


def _complete(measures: Sequence[Measure], doubts: Doubts) -> None:
    """What stands alone as "al Coda" or "al Fine" belongs to the jump beside it."""
    for index, measure in enumerate(measures):
        for until in sorted(measure.completes):
            beside = [
                measure,
                *measures[index + 1 : index + 2],
                *measures[max(index - 1, 0) : index],
            ]
            found = next((each for each in beside if each.jump and each.jump.until == "end"), None)
            if found is not None and found.jump is not None:
                if until == "coda" and "coda" in measure.signs:
                    measure.signs.discard("coda")
                found.jump = replace(found.jump, until=until)
            elif until == "coda" and not measure.jump:
                measure.to_coda = measure.to_coda or 1
            elif until == "fine" and not measure.jump:
                doubts.say(
                    f"'al Fine' in {measure.where} is not obeyed: no D.C. or D.S. is beside it."
                )


def _take_jumps_that_sound(measures: Sequence[Measure]) -> None:
    """A jump of the playback alone; what it leads to depends on the signs that there are."""
    said = {index for index, measure in enumerate(measures) if measure.jump}
    for index, measure in enumerate(measures):
        sounds = measure.sounds & {"dacapo", "dalsegno"}
        if sounds and not said & {index - 1, index, index + 1}:
            measure.jump = Jump("dalsegno" in sounds)


def _tell_codas_apart(measures: Sequence[Measure]) -> None:
    for measure in measures:
        to = [text for text in measure.remarks if plain_words(text) in ("to", "go to")]
        if to and "coda" in measure.signs:  # and the sign beside the word
            measure.to_coda = measure.to_coda or 1
            measure.remarks = [text for text in measure.remarks if text not in to]
    leads = {i for i, measure in enumerate(measures) if measure.to_coda}
    codas = {i for i, measure in enumerate(measures) if measure.coda}
    jumps = {i for i, m in enumerate(measures) if m.jump and m.jump.until in ("coda", "end")}
    boxed = {i for i, measure in enumerate(measures) if CODA.fullmatch(measure.label)}
    signs = []
    for index, measure in enumerate(measures):
        if "coda" not in measure.signs:
            continue
        # A sign beside words is a part of them: of To Coda, D.S. al Coda, or Coda.
        beside_words = index in leads | codas | jumps or index - 1 in leads - jumps
        if not beside_words or index - 1 in jumps:
            signs.append(index)
    if not codas:
        codas |= {index for index in signs if index - 1 in jumps} or boxed & {*signs}
        later = [index for index in signs if not jumps or index > min(jumps)]
        codas = codas or ({*later[-1:]} if not boxed else codas)
    for index in signs:
        if index not in codas and index not in boxed:
            leads.add(index)
    sounding = {
        name: {i for i, m in enumerate(measures) if name in m.sounds} for name in ("coda", "tocoda")
    }
    codas = codas or (sounding["coda"] if not boxed else codas)
    leads = leads or sounding["tocoda"] - codas
    for index in codas:
        measures[index].coda = measures[index].coda or 1
    for index in leads:
        measures[index].to_coda = measures[index].to_coda or 1


def _find_segnos(measures: Sequence[Measure]) -> None:
    """A sign beside the words D.S. is a part of them, where it stands elsewhere too."""
    said = {i for i, measure in enumerate(measures) if measure.segno}
    signs = {i for i, measure in enumerate(measures) if "segno" in measure.signs}
    jumps = {i for i, measure in enumerate(measures) if measure.jump and measure.jump.to_segno}
    alone = (signs - jumps) or (signs if not said else set())
    sounding = {i for i, measure in enumerate(measures) if "segno" in measure.sounds}
    for index in (said | alone) or sounding:
        measures[index].segno = measures[index].segno or 1


def _take_times(measures: Sequence[Measure], index: int, doubts: Doubts) -> None:
    """Words such as "4x" are about the repeat in which they stand, or which ends right before them."""
    times = measures[index].times
    for at in range(index, len(measures)):
        if at > index and measures[at].opens:
            break
        if measures[at].closes:
            measures[at].closes = times
            return
    if index and measures[index - 1].closes:
        measures[index - 1].closes = times
    else:
        doubts.say(f"'{times}x' in {measures[index].where} is not obeyed: it is in no repeat.")
