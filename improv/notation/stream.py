"""A take as a stream of music21: everybody on paper, bar under bar.

    soloists   as they are written: our MusicXML (straight eighths, spelled, beamed, tied), read by music21
    band       on the same grid of 12 steps a beat: swung eighths are straight, small delays and gaps gone;
               notes that begin and end together are a chord; drums have the numbers of General MIDI
    chords     in the first part, each once, with our symbol as its `figure` and the tones that it has for us

Meter, keys, tempos, sections, title and composer are there; velocities too. The count-in is left out, as on
the lead sheet. How it was played to the tick is in the MIDI file.
"""

from __future__ import annotations

import warnings
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from copy import deepcopy
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from improv.music.chord import Chord
from improv.music.note import STEPS_PER_BEAT, TICKS_PER_BEAT, TICKS_PER_STEP, Note
from improv.music.spelling import Spelled, read_key, spell
from improv.music.swing import swing_tick
from improv.music.take import DRUM_CHANNEL, Take, Track
from improv.notation.line import end_step_of, first_bar_of, step_of
from improv.notation.musicxml import write_musicxml

if TYPE_CHECKING:
    from music21.stream import Score

_NEAR_TICK = 30
"""An onset this near to where an off-beat eighth is played is one."""
_GAP_STEPS = 3
"""So much silence before the next onset is how a note is played, not a rest."""
_ROOT = 48
"""The lowest root of a chord: C3."""


def stream_of(take: Take) -> Score:
    """The take as a `music21.stream.Score`, a part for each track in their order. Needs music21.

    Where nobody is a soloist a part "Chords" comes first. Raises ImportError where music21 is not installed,
    and ChartError for a bar that cannot be written: one that is no whole number of sixteenths.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # music21 warns of much that it can do
        return _Writer(take).score()


class _Writer:
    """Writes one take; steps count from its first beat of all, as ticks do."""

    def __init__(self, take: Take) -> None:
        self._take, chart = take, take.chart
        self._first_bar = first_bar_of(take)
        ticks = [*chart.bar_ticks[self._first_bar :], chart.bar_tick(chart.bars)]
        self._edges = [step_of(tick) for tick in ticks]

    def score(self) -> Score:
        from music21 import stream

        take = self._take
        soloists = [track for track in take.tracks if track.written is not None]
        sheets = {id(track): self._sheet(track) for track in soloists}
        frame = next(iter(sheets.values()), None) or self._sheet(None)
        score = stream.Score()
        score.metadata = frame.metadata
        first = frame.parts[0]
        if not soloists:
            score.insert(0, first)
        for track in take.tracks:
            sheet = sheets.get(id(track))
            part = self._band_part(track, first) if sheet is None else sheet.parts[0]
            part.id = part.partName = track.name
            self._set_instrument(part, track)
            score.insert(0, part)
        for part in score.parts:
            self._set_chords(part, keep=part is first)
        return score

    def _sheet(self, track: Track | None) -> Any:
        """What music21 reads of the lead sheet of a soloist; without one, of the chart, notes taken out."""
        from music21 import converter

        take = self._take
        xml = write_musicxml(
            take.chart,
            (track.written or ()) if track else (),
            part_name=track.name if track else "Chords",
            program=track.program if track else None,
            keys=take.keys,
            tempos=take.tempos,
            swing=take.swing,
            first_bar=self._first_bar,
        )
        sheet: Any = converter.parseData(xml, format="musicxml")
        part = sheet.parts[0]
        loudness = {step_of(n.onset_tick): n.velocity for n in track.written or ()} if track else {}
        velocity = 0
        for note in [*part.recurse().notes]:
            if "Harmony" in note.classSet:
                continue
            if not loudness:  # the slashes of a chart
                note.activeSite.remove(note)
                continue
            at = self._edges[0] + round(note.getOffsetInHierarchy(part) * STEPS_PER_BEAT)
            velocity = loudness.get(at, velocity)
            note.volume.velocity = velocity
        return sheet

    # -- the band

    def _band_part(self, track: Track, frame: Any) -> Any:
        from music21 import chord, clef, note, stream

        part = stream.Part()
        by_bar: dict[int, list[tuple[int, int, Any]]] = defaultdict(list)
        for start, end, notes in _grouped(track.notes, self._take.swing):
            if start < self._edges[0] or start >= self._edges[-1]:
                continue  # the count-in
            pieces = [*self._pieces(start, min(end, self._edges[-1]))]
            for number, (bar, low, high) in enumerate(pieces):
                names = [self._name(each.pitch, low, track) for each in notes]
                made: Any = note.Note(names[0]) if len(names) == 1 else chord.Chord(names)
                made.quarterLength = _quarters(high - low)
                made.volume.velocity = max(each.velocity for each in notes)
                for one, each in zip(made.notes if len(names) > 1 else (), notes, strict=False):
                    one.volume.velocity = each.velocity
                if len(pieces) > 1:
                    made.tie = _tie(number, len(pieces))
                by_bar[bar].append((low - self._edges[bar], high - low, made))
        for bar, shown in enumerate(frame.getElementsByClass("Measure")):
            measure = stream.Measure(number=shown.number)
            for signature in shown.getElementsByClass(["KeySignature", "TimeSignature"]):
                measure.insert(signature.offset, deepcopy(signature))
            reached = 0
            for at, steps, made in by_bar[bar]:
                if at > reached:
                    measure.insert(
                        _quarters(reached), note.Rest(quarterLength=_quarters(at - reached))
                    )
                measure.insert(_quarters(at), made)
                reached = max(reached, at + steps)
            left = self._edges[bar + 1] - self._edges[bar] - reached
            if left > 0:
                measure.insert(_quarters(reached), note.Rest(quarterLength=_quarters(left)))
            if shown.rightBarline is not None:
                measure.rightBarline = deepcopy(shown.rightBarline)
            part.insert(shown.offset, measure)
        drums = track.channel == DRUM_CHANNEL
        first: Any = part.getElementsByClass("Measure").first()
        first.clef = clef.PercussionClef() if drums else clef.bestClef(part, recurse=True)
        return part

    def _pieces(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """(bar, start, end) of what a note is in each bar that it sounds in."""
        bar = bisect_right(self._edges, start) - 1
        while start < end:
            stop = min(end, self._edges[bar + 1])
            yield bar, start, stop
            bar, start = bar + 1, stop

    def _name(self, pitch: int, step: int, track: Track) -> str:
        tick = step * TICKS_PER_STEP
        keys = [key for at, key in self._take.keys if at <= tick] or [self._take.chart.key]
        key = read_key(keys[-1])
        chord = self._take.chart.chord_at(tick) if track.channel != DRUM_CHANNEL else None
        return _named(spell(pitch, chord, key.fifths if key else None))

    def _set_instrument(self, part: Any, track: Track) -> None:
        from music21 import instrument

        made: Any
        if track.channel == DRUM_CHANNEL:
            made = instrument.Percussion()
        else:
            made = instrument.instrumentFromMidiProgram(track.program or 0)
        made.partName, made.midiChannel = track.name, track.channel
        made.transposition = None  # all parts are where they sound, as our lead sheets are
        for old in [*part.recurse().getElementsByClass("Instrument")]:
            old.activeSite.remove(old)
        part.insert(0, made)

    # -- chords

    def _set_chords(self, part: Any, keep: bool) -> None:
        """Each change of chord once, as ours; none where they are not kept."""
        chart = self._take.chart
        before: Chord | str | None = ""
        for symbol in [*part.recurse().getElementsByClass("Harmony")]:
            at = Fraction(symbol.getOffsetInHierarchy(part)) * TICKS_PER_BEAT
            tick = self._edges[0] * TICKS_PER_STEP + round(at)
            chord = chart.chord_at(tick + TICKS_PER_STEP // 2 - 1)
            if not keep or chord == before:
                symbol.activeSite.remove(symbol)
            elif chord is not None:
                symbol.pitches = tones = _voiced(chord)
                symbol.bass(tones[0])
                symbol._figure = chord.text  # what music21 makes of its kinds is no jazz symbol
            before = chord


def _grouped(notes: Sequence[Note], swing: float) -> list[tuple[int, int, list[Note]]]:
    """(start, end, notes) in steps of what begins and ends together, by onset."""
    starts = [step_of(_straight(note.onset_tick, swing)) for note in notes]
    following = {low: high for low, high in pairwise(sorted({*starts}))}
    groups: dict[tuple[int, int], list[Note]] = defaultdict(list)
    for start, note in zip(starts, notes, strict=True):
        end = max(end_step_of(_straight(note.end_tick, swing)), start + 1)
        after = following.get(start, end)
        groups[start, after if 0 < after - end <= _GAP_STEPS else end].append(note)
    return [(start, end, here) for (start, end), here in sorted(groups.items())]


def _straight(tick: int, swing: float) -> int:
    """Where a tick would be if eighths were even."""
    middle = TICKS_PER_BEAT // 2
    beat, within = divmod(tick, TICKS_PER_BEAT)
    near = swing > 1 and abs(within - swing_tick(middle, swing)) <= _NEAR_TICK
    return beat * TICKS_PER_BEAT + middle if near else tick


def _quarters(steps: int) -> Fraction:
    return Fraction(steps, STEPS_PER_BEAT)


def _tie(number: int, count: int) -> Any:
    from music21 import tie

    return tie.Tie("start" if number == 0 else "stop" if number == count - 1 else "continue")


def _voiced(chord: Chord) -> list[str]:
    """The tones of a chord from its root up, over its bass, as music21 names pitches."""
    root = _ROOT + chord.root_pc
    names = [_named(spell(root + tone, chord)) for tone in chord.tones]
    if chord.bass_pc == chord.root_pc:
        return names
    bass = root - (chord.root_pc - chord.bass_pc) % 12
    same = [
        name for name, tone in zip(names, chord.tones, strict=True) if (root + tone - bass) % 12
    ]
    return [_named(spell(bass, chord)), *same]


def _named(name: Spelled) -> str:
    return f"{name.letter}{ {-1: '-', 0: '', 1: '#'}[name.alter] }{name.octave}"
