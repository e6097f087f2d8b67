"""jazz-improv: a daemon that improvises jazz in real time, one token at a time.

The road a note travels, and the room each step lives in (arrows point down this list; nobody looks up):

    improv.version     the version
    improv.errors      what can go wrong, each kind with its exit status
    improv.clock       the one file that reads the clock
    improv.files       whole-or-nothing writing
    improv.printable   text of strangers, fit to be shown
    improv.json_values  what is in JSON of strangers, made sure of
    improv.loopback    which addresses only this machine reaches
    improv.resources   where shipped things are
    improv.processes   work on all cores
    improv.settings    the config file and the environment
    improv.keras_backend  the one file that brings in TensorFlow, for those who train
    improv.music       pitch, chord, scale, meter, feel, chart, transcription, tempo, take (no library)
    improv.controls    the table of live controls
    improv.midi        ports, the sender and receiver processes and what goes between them
    improv.health      how a session is, and whether this machine is fit for one
    improv.config      everything that a performance is made from
    improv.notation    notes -> MusicXML, and streams of music21
    improv.charts      text, iReal Pro, MusicXML, MIDI, what music21 reads -> Chart; the built-in charts
    improv.smf         notes -> MIDI files
    improv.audio       MIDI files -> WAV
    improv.piano_roll  notes -> PNG
    improv.grammar     notes over a chart <-> tokens
    improv.corpus      files -> Transcriptions
    improv.feel        what is below the grid: timing, accents, lengths, as learned
    improv.originality what a line quotes of the solos that were learned from; keeps quotes short
    improv.features    what a stretch of a line is like, in numbers
    improv.cell        a model folder, and one LSTM time step in NumPy; token ids only, nothing of music
    improv.band        comping, bass and drums, a bar at a time
    improv.course      the system this one started from, the course's, whole
    improv.soloist     one soloist: voice, casting, feel
    improv.partner     what the partner plays, whose turn it is, and what is taken up from it
    improv.performance one tune, laid out and played in ticks: no port, no clock
    improv.sync        another clock's time made into moves
    improv.session     what a session leaves, and how it is played again
    improv.osc         Open Sound Control: lines come in, what is played goes out
    improv.evaluation  how a soloist is measured, and beside whom
    improv.training    Keras: cells learned from solos
    improv.page        the page: a process of its own that serves the browser
    improv.live        the loop: in time, out of a port
    improv.api         the door for Python, over which the commands are written
    improv             its names, given when they are asked for
    improv.cli         the only place that prints or exits
    improv.__main__    starts it
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from improv.api.cell import Cell as Cell
    from improv.api.cell import Stream as Stream
    from improv.api.cell import load as load
    from improv.api.charts import read_chart as read_chart
    from improv.api.session import Session as Session
    from improv.api.session import play as play
    from improv.api.solos import read_solos as read_solos
    from improv.api.take import Take as Take
    from improv.api.training import train as train
    from improv.errors import ImprovError as ImprovError
    from improv.evaluation.protocol import Scores as Scores
    from improv.music.chart import Chart as Chart
    from improv.music.note import Note as Note
    from improv.music.take import Track as Track
    from improv.performance.played import PlayedNote as PlayedNote
    from improv.version import __version__ as __version__

_ROOMS = {
    "Cell": "api.cell",
    "Chart": "music.chart",
    "ImprovError": "errors",
    "Note": "music.note",
    "PlayedNote": "performance.played",
    "Scores": "evaluation.protocol",
    "Session": "api.session",
    "Stream": "api.cell",
    "Take": "api.take",
    "Track": "music.take",
    "__version__": "version",
    "load": "api.cell",
    "play": "api.session",
    "read_chart": "api.charts",
    "read_solos": "api.solos",
    "train": "api.training",
}
"""Name -> the module that has it, which is imported when the name is asked for: the sender's process and the
command line import this package too, and are to start at once."""

__all__ = [*_ROOMS]


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_ROOMS[name]}"), name)


def __dir__() -> list[str]:
    return __all__


__distribution__ = "jazz-improv"
"""Whose package this is: another project has one of this name (`jazz_improv.py`)."""
