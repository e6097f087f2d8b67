"""A take as Python users have it: its tracks, and the ways out of the house."""

from __future__ import annotations

import importlib.util
import io
import os
from dataclasses import dataclass, fields
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, cast

from improv import smf
from improv.api import formats
from improv.errors import ImprovError, MissingError
from improv.music import take as music
from improv.music.take import Track
from improv.music.tempo import TempoMap
from improv.notation.line import first_bar_of
from improv.originality.quote import Quote
from improv.performance.takes import cut

if TYPE_CHECKING:
    from pretty_midi import PrettyMIDI
    from symusic.core import ScoreTick

    from improv.notation.stream import Score

_SHOWN_BARS = 32
"""Of a long take in a notebook."""
_HEARD_S = 45.0
"""The same of its sound: 2 MB."""


@dataclass(frozen=True, repr=False)
class Take(music.Take):
    """A performance of a chart as notes: the soloist's and the band's.

    Times are ticks, 480 a quarter note, from the first beat of all (the count-in's, if there is one); pitches
    are MIDI's (60 is middle C), velocities 1 to 127.

    >>> take.solo.notes[0]
    Note(onset_tick=..., duration_tick=..., pitch=..., velocity=...)
    >>> list(take.band)
    ['piano', 'bass', 'drums']
    >>> len(take.band["bass"].notes)
    36
    """

    seed: int = 0
    """The same seed, chart, cell and controls give the same take again."""
    cell: str = ""
    """The name of the cell that played the solo."""
    longest_quote: Quote | None = None
    """The longest run of notes that also stands in a solo the cell learned from; None: none was noticed."""

    @property
    def solo(self) -> Track:
        """The soloist's track; of several the first."""
        return next((each for each in self.tracks if each.written is not None), self.tracks[0])

    @cached_property
    def band(self) -> dict[str, Track]:
        """The other tracks by name: "piano", "guitar", "bass", "drums", "count-in" as far as they play."""
        return {each.name.lower(): each for each in self.tracks if each.written is None}

    def seconds_at(self, tick: int) -> float:
        """When a tick is heard, in seconds from the first beat.

        >>> take.seconds_at(480)
        0.428571429
        """
        return self._tempo.ns_at(tick) / 1e9

    @cached_property
    def _tempo(self) -> TempoMap:
        (_, first_bpm), *changes = self.tempos
        tempo = TempoMap(first_bpm)
        for tick, bpm in changes:
            tempo.change(tick, bpm)
        return tempo

    def save(
        self, path: str | os.PathLike[str], *, soundfont: str | os.PathLike[str] | None = None
    ) -> None:
        """Write it to a file; the end of the name says in which form.

        .mid or .midi is MIDI, .musicxml or .xml a lead sheet of the solo, .png a piano roll (needs `[plot]`),
        .wav sound (needs `[audio]`; `soundfont` is the .sf2 or .sf3 file to play it with).

        Raises OutputFileError for another ending or a place that cannot be written, MissingError where an
        extra is not installed, InputFileError for a SoundFont that cannot be read.

        >>> take.save("tune.mid")
        >>> take.save("tune.wav")  # needs [audio]
        >>> take.save("tune.png")  # needs [plot]
        """
        place, font = Path(path), None if soundfont is None else Path(soundfont)
        formats.check(place, font)
        formats.write(self, place, font)

    def to_midi(self) -> bytes:
        """The bytes of the MIDI file that `save("tune.mid")` writes.

        >>> take.to_midi()[:4]
        b'MThd'
        """
        return smf.midi_bytes(self)

    def to_pretty_midi(self) -> PrettyMIDI:
        """A `pretty_midi.PrettyMIDI`, in seconds. Raises MissingError without `[audio]`.

        >>> take.to_pretty_midi().instruments[0].name  # needs [audio]
        'Solo'
        """
        _need("pretty_midi", "audio")
        from pretty_midi import PrettyMIDI

        return PrettyMIDI(io.BytesIO(self.to_midi()))

    def to_symusic(self) -> ScoreTick:
        """A `symusic.Score`, in ticks. Raises MissingError without `[audio]`.

        >>> take.to_symusic().tracks[0].name  # needs [audio]
        'Solo'
        """
        _need("symusic", "audio")
        import symusic

        return cast("ScoreTick", symusic.Score.from_midi(self.to_midi()))

    def to_music21(self) -> Score:
        """A `music21.stream.Score`: everybody on paper, straight, on a grid of 12 steps a beat; chords above.

        The solo is notated as in the lead sheet; swung eighths of the band are even, and the count-in is left
        out. A chord symbol's `figure` and tones are ours. Raises MissingError without `[train]`, ImprovError
        for a bar that is no whole number of sixteenths.

        >>> take.to_music21().parts[0].partName  # needs [train]
        'Solo'
        """
        _need("music21", "train")
        from improv.notation.stream import stream_of

        return stream_of(self)

    def __repr__(self) -> str:
        """One line, such as <Take of 'blues', 19 bars, 33.4 s, seed 7: solo 60 notes, piano 44, bass 28>."""
        bars = "1 bar" if self.chart.bars == 1 else f"{self.chart.bars} bars"
        seconds = self.seconds_at(self.chart.length_tick)
        played = [f"{track.name.lower()} {len(track.notes)}" for track in self.tracks]
        played[0] += " notes"
        facts = f"{bars}, {seconds:.1f} s, seed {self.seed}"
        return f"<Take of {self.chart.title!r}, {facts}: {', '.join(played)}>"

    def _repr_html_(self) -> str:
        """Its piano roll and its sound for a notebook; of a long take the beginning."""
        first = first_bar_of(self)
        shown = cut(self, self.chart.bar_tick(min(self.chart.bars, first + _SHOWN_BARS)))
        parts = [f"<p>{escape(repr(self)[1:-1])}</p>"]
        for part in (_picture, _sound):
            try:
                parts.append(part(shown))
            except ImprovError as error:  # an extra or a SoundFont is not there
                parts.append(f"<p><small>{escape(str(error))}</small></p>")
        return "".join(parts)


def with_facts(take: music.Take, seed: int, cell: str, longest_quote: Quote | None = None) -> Take:
    """The take, with what is known of how it came about."""
    rows = {field.name: getattr(take, field.name) for field in fields(take)}
    return Take(**rows, seed=seed, cell=cell, longest_quote=longest_quote)


def _picture(take: music.Take) -> str:
    from improv import piano_roll

    return f'<img style="max-width:100%" src="{_data_url("image/png", piano_roll.png(take)[0])}">'


def _sound(take: music.Take) -> str:
    from improv import audio

    wav = audio.preview(smf.midi_bytes(take), _HEARD_S)
    return f'<p><audio controls src="{_data_url("audio/wav", wav)}"></audio></p>'


def _data_url(kind: str, content: bytes) -> str:
    import base64

    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _need(library: str, extra: str) -> None:
    if importlib.util.find_spec(library) is None:
        raise MissingError(f"This needs {library}: `pip install 'jazz-improv[{extra}]'`.")
