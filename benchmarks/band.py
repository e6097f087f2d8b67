"""The band beside people: what a bass plays, what comping and drums do for a soloist.

python benchmarks/band.py [--solos N] [--feel FEEL]     the tables, then one JSON line

The band plays, as `generate` has it play, behind the solos of the Weimar Jazz Database (JAZZ_IMPROV_SHARED/
corpora/wjazzd, default ../shared): their notes, charts and tempos, so that no cell is needed and what is
counted is the band alone. The database has what the bassists on those records played on each beat, found by
program: on fast records many of its pitches are wrong, which is why "off the scale" is a row. Where there are
no data of people (comping, drums) there is one column. The feel is medium swing unless another is named.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is loaded

import numpy as np
from _report import finish, table

from improv.band import kit
from improv.band.roster import make_musician
from improv.config import Plan, SoloistConfig
from improv.controls.table import Controls
from improv.corpus.wjazzd import read_tables
from improv.errors import ChartError
from improv.evaluation.blind import WrittenLine
from improv.music.chart import Chart
from improv.music.chord import Chord, parse_chord_or_nc
from improv.music.feel import FEELS
from improv.music.note import TICKS_PER_BEAT, TICKS_PER_STEP, Note
from improv.music.transcription import Transcription, chart_of
from improv.performance.arrangement import arrange
from improv.performance.ensemble import Ensemble
from improv.performance.played import PlayedNote
from improv.soloist.soloist import Soloist

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("JAZZ_IMPROV_SHARED", ROOT.parent / "shared"))
TEMPOS = (100, 140, 200, 240, 280, 1000)
BAR, BEATS = 4 * TICKS_PER_BEAT, 4
UNITS_A_DB = 3
"""Of velocity: so the bars of these solos are as far apart as those of the default cell."""
HELD_TICK = 120
"""A semitone that sounds for a quarter of a beat is heard as one."""


@dataclass(frozen=True)
class Behind:
    """A solo, and what the band plays behind it."""

    solo: Transcription
    chart: Chart
    notes: list[PlayedNote]

    def of(self, name: str) -> list[PlayedNote]:
        """The notes of one of them; "" is the soloist."""
        return [note for note in self.notes if (note.is_solo if not name else note.player == name)]


def behind(solo: Transcription, band: Sequence[str], feel: str) -> Behind:
    """The band behind a solo, its arc from chorus to chorus as `generate` has it."""
    chart, shift = chart_of(solo)
    chart = replace(chart, feel=feel)
    arrangement = arrange(chart, Plan(choruses=1))
    usual_db = float(np.median([n.loudness_db or 0.0 for n in solo.notes]))
    notes = [
        Note(
            (n.onset_step + shift) * TICKS_PER_STEP,
            n.duration_step * TICKS_PER_STEP,
            n.pitch,
            max(30, min(120, round(78 + UNITS_A_DB * ((n.loudness_db or usual_db) - usual_db)))),
        )
        for n in solo.notes
    ]
    ends = [note.onset_tick for note in notes[1:]] + [chart.length_tick]
    notes = [
        replace(note, duration_tick=min(note.duration_tick, end - note.onset_tick))
        for note, end in zip(notes, ends, strict=True)
    ]
    ensemble = Ensemble(
        arrangement,
        [Soloist(SoloistConfig(), WrittenLine(notes, chart.length_tick), arrangement.chart)],
        Controls().with_values(tempo_bpm=min(400.0, solo.tempo_bpm)),
        band=[(make_musician(name), at) for at, name in enumerate(band)],
        arc="build",
        choruses=len(chart.tops),
    )
    return Behind(solo, arrangement.chart, ensemble.advance(chart.length_tick))


# -- bass: one pitch a beat


Bar = tuple[list[float], list[Chord | None]]
"""The pitch that sounds on each beat of a bar in four, and the chord."""


def bars_of_people(rows: Sequence[dict[str, str]]) -> Iterator[Bar | None]:
    """Bars in four of whose beats all pitches are known; None stands for any other."""
    bars: dict[int, Bar] = {}
    symbol, chords = "", {}
    for row in rows:
        symbol = row["chord"] or symbol
        if symbol not in chords:
            try:
                chords[symbol] = parse_chord_or_nc(symbol, symbol)
            except ChartError:
                chords[symbol] = None
        pitches, found = bars.setdefault(int(row["bar"]), ([], []))
        if row["bass"]:
            pitches.append(float(row["bass"]))
            found.append(chords[symbol])
    for bar in bars.values():
        yield bar if len(bar[0]) == BEATS else None


def bars_of_band(played: Behind) -> Iterator[Bar | None]:
    """The same of the band: what is held on a beat counts there too."""
    notes = played.of("bass")
    onsets = [note.onset_tick for note in notes]
    for bar in range(played.chart.bars):
        start = played.chart.bar_tick(bar)
        ticks = [start + beat * TICKS_PER_BEAT for beat in range(BEATS)]
        chords = [played.chart.chord_at(tick) for tick in ticks]
        at = [int(np.searchsorted(onsets, tick, "right")) - 1 for tick in ticks]
        if min(at) < 0 or None in chords:
            yield None
            continue
        yield [float(notes[index].pitch) for index in at], chords


def degree(pitch: float, chord: Chord) -> str:
    """What tone of a chord a bass note is."""
    pc = round(pitch) % 12
    step = (pc - chord.root_pc) % 12
    if pc == chord.bass_pc:
        return "root"
    if pc not in chord.tone_pcs:
        return "scale" if pc in chord.scale_pcs else "off"
    return {3: "third", 4: "third", 6: "fifth", 7: "fifth", 8: "fifth"}.get(step, "other")


def count_bass(bars: Sequence[Bar | None], counts: Counter[str]) -> None:
    """Add what bars of a bass have to the counts."""
    for bar, following in pairwise(bars):
        if bar is None or following is None:
            continue
        pitches, chords = bar
        one, *_ = following[0]
        now = following[1][0]
        counts["bars"] += 1
        counts["two"] += pitches[0] == pitches[1] and pitches[2] == pitches[3]
        if now is not None:
            kind = "new" if chords[-1] is None or chords[-1].text != now.text else "stay"
            counts[kind] += 1
            counts[f"{kind} {degree(one, now)}"] += 1
        moves = [abs(b - a) for a, b in pairwise([*pitches, one])]
        for move in moves:
            counts["moves"] += 1
            counts["same"] += move == 0
            counts["steps"] += 0 < move <= 2
            counts["leaps"] += move >= 5
        if 0 < moves[-1] <= 2:
            counts["approached"] += 1
            counts["from a leap"] += moves[-2] >= 3
        counts["leaps in"] += moves[-1] >= 5


BASS = {
    "bars in two": ("two", "bars"),
    "new chord on its root": ("new root", "new"),
    "... its third": ("new third", "new"),
    "... its fifth": ("new fifth", "new"),
    "... its seventh and others": ("new other", "new"),
    "... off the scale": ("new off", "new"),
    "the chord stays: on its root": ("stay root", "stay"),
    "the same pitch again": ("same", "moves"),
    "steps": ("steps", "moves"),
    "fourths and wider": ("leaps", "moves"),
    "into the first beat by a leap": ("leaps in", "bars"),
    "by a step": ("approached", "bars"),
    "by a step, which is leapt to": ("from a leap", "approached"),
}


def rows_of_bass(solos: Sequence[Transcription], played: Sequence[Behind]) -> list[list[object]]:
    """One row a measure, people and band by tempo."""
    people: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    with gzip.open(SHARED / "corpora" / "wjazzd" / "beats.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            people[row["id"]].append(row)
    counts = {(who, top): Counter[str]() for top in TEMPOS for who in ("people", "band")}
    for solo, each in zip(solos, played, strict=True):
        top = next(top for top in TEMPOS if solo.tempo_bpm < top)
        count_bass(list(bars_of_people(people[solo.id])), counts["people", top])
        count_bass(list(bars_of_band(each)), counts["band", top])
    return [
        [name, *(percent(found[part], found[whole]) for found in counts.values())]
        for name, (part, whole) in BASS.items()
    ]


def percent(part: float, whole: float) -> float:
    """Of a hundred, to a tenth."""
    return round(100 * part / whole, 1) if whole else 0.0


def mean(values: np.ndarray) -> float:
    """To a hundredth."""
    return round(float(values.mean()), 2)


# -- comping and drums: what they do for the soloist


def count_comping(played: Behind, name: str, counts: Counter[str]) -> None:
    """Semitones against long notes, chords of half a bar that are not struck, rhythms a chorus."""
    chart, comping = played.chart, played.of(name)
    onsets = [note.onset_tick for note in comping]
    for solo in played.of(""):
        if solo.end_tick - solo.onset_tick < TICKS_PER_BEAT:
            continue
        counts["long"] += 1
        first = int(np.searchsorted(onsets, solo.onset_tick - 2 * BAR))
        last = int(np.searchsorted(onsets, solo.end_tick))
        counts["rubbed"] += any(
            abs(note.pitch - solo.pitch) % 12 == 1
            and min(note.end_tick, solo.end_tick) - max(note.onset_tick, solo.onset_tick)
            >= HELD_TICK
            for note in comping[first:last]
        )
    ends = [tick for tick, _ in chart.changes[1:]] + [chart.length_tick]
    for (tick, chord), end in zip(chart.changes, ends, strict=True):
        if chord is not None and end - tick >= BAR // 2:
            counts["chords"] += 1
            at = int(np.searchsorted(onsets, tick - TICKS_PER_BEAT // 2))
            counts["unheard"] += at == len(onsets) or onsets[at] >= end - TICKS_PER_BEAT // 3
    bars: defaultdict[int, set[int]] = defaultdict(set)
    for onset in onsets:
        bar = chart.bar_of(onset)
        bars[bar].add(onset - chart.bar_tick(bar))
    tops = [*(chart.bar_of(top) for top in chart.tops), chart.bars]
    for start, end in pairwise(tops):
        rhythms = {frozenset(bars[bar]) for bar in range(start, end) if bars[bar]}
        if end - start >= 8 and rhythms:
            counts["choruses"] += 1
            counts["one rhythm"] += len(rhythms) == 1


COMPING = {
    "long notes beside a semitone": ("rubbed", "long"),
    "chords of half a bar not struck": ("unheard", "chords"),
    "choruses with one rhythm": ("one rhythm", "choruses"),
}


def count_drums(played: Behind, counts: Counter[str], bars: list[tuple[float, ...]]) -> None:
    """Feathered bars and holes; `bars` gets (notes of the soloist in the bar before and their mean velocity,
    strokes of comping, mean velocity of the ride)."""
    chart = played.chart
    strokes: defaultdict[int, list[PlayedNote]] = defaultdict(list)
    heard: defaultdict[int, list[int]] = defaultdict(list)
    for note in played.of(""):
        heard[chart.bar_of(note.onset_tick)].append(note.velocity)
    for note in played.of("drums"):
        strokes[chart.bar_of(note.onset_tick)].append(note)
    for bar in range(1, chart.bars):
        kicks = [n for n in strokes[bar] if n.pitch == kit.KICK]
        ride = [n.velocity for n in strokes[bar] if n.pitch == kit.RIDE]
        snares = sum(n.pitch == kit.SNARE for n in strokes[bar])
        counts["bars"] += 1
        counts["feathered"] += sum(n.velocity < 45 for n in kicks) >= 2
        counts["kicked"] += bool(kicks)
        counts["hole"] += not kicks and not snares and len(ride) <= BEATS
        before = heard[bar - 1]
        if ride:
            loud = float(np.mean(before)) if before else np.nan
            talk = snares + sum(n.velocity >= 45 for n in kicks)
            bars.append((len(before), loud, talk, float(np.mean(ride))))


DRUMS = {
    "bars with a feathered kick": ("feathered", "bars"),
    "bars with any kick": ("kicked", "bars"),
    "bars of plain time": ("hole", "bars"),
}


def main() -> None:
    """Print the tables and the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--solos", type=int, default=0, help="as many of them (default: all)")
    parser.add_argument("--feel", default="medium swing", choices=FEELS)
    args = parser.parse_args()
    solos, played = [], []
    for solo in read_tables(SHARED / "corpora" / "wjazzd").solos:
        if solo.rhythmfeel != "SWING" or solo.beats_per_bar != BEATS or len(solo.notes) < 2:
            continue
        try:
            each = behind(solo, ("piano", "bass", "drums", "guitar"), args.feel)
        except ChartError:
            continue
        solos.append(solo)
        played.append(each)
        if len(solos) == args.solos:
            break
    bass = rows_of_bass(solos, played)
    names = [f"{who} <{top}" for top in TEMPOS for who in ("people", "band")]
    table(["bass, % by tempo", *names], bass)
    figures: dict[str, float] = {}
    for name in ("piano", "guitar"):
        counts: Counter[str] = Counter()
        for each in played:
            count_comping(each, name, counts)
        figures |= {
            f"{name}: {what}": percent(counts[part], counts[whole])
            for what, (part, whole) in COMPING.items()
        }
    counts, bars = Counter(), list[tuple[float, ...]]()
    for each in played:
        count_drums(each, counts, bars)
    figures |= {f"drums: {what}": percent(counts[p], counts[w]) for what, (p, w) in DRUMS.items()}
    dense, loud, talk, ride = np.array(bars).T
    for what, chosen in (
        ("0-2", dense <= 2),
        ("3-6", (dense > 2) & (dense < 7)),
        ("7-", dense > 6),
    ):
        figures[f"drums: snare and kick a bar, after {what} notes"] = mean(talk[chosen])
    soft, hard = np.nanpercentile(loud, (20, 80))
    for what, chosen in (("softest", loud <= soft), ("loudest", loud >= hard)):
        figures[f"drums: snare and kick a bar, after the {what} fifth"] = mean(talk[chosen])
        figures[f"drums: velocity of the ride, after the {what} fifth"] = mean(ride[chosen])
    print()
    table(["", ""], list(figures.items()))
    shown = {str(row[0]): dict(zip(names, row[1:], strict=True)) for row in bass}
    finish("band", feel=args.feel, solos=len(solos), bass=shown, others=figures)


if __name__ == "__main__":
    main()
