"""jazz-improv: a daemon that improvises jazz in real time, one token at a time.

The road a note travels, and the room each step lives in (arrows point down this list; nobody looks up):

    improv             the version
    improv.errors      what can go wrong, each kind with its exit status
    improv.clock       the one file that reads the clock
    improv.files       whole-or-nothing writing
    improv.resources   where shipped things are
    improv.processes   work on all cores
    improv.settings    the config file and the environment
    improv.keras_backend  the one file that brings in TensorFlow, for those who train
    improv.music       pitch, chord, scale, meter, feel, chart, solo, tempo, take (standard library only)
    improv.controls    the table of live controls
    improv.midi        ports, the sender and receiver processes and what goes between them
    improv.health      how a session is, and whether this machine is fit for one
    improv.config      everything that a performance is made from
    improv.charts      text, iReal Pro, MusicXML, MIDI -> Chart, and the charts that come with the program
    improv.notation    notes -> MusicXML
    improv.smf         notes -> MIDI files
    improv.audio       MIDI files -> WAV
    improv.piano_roll  notes -> PNG
    improv.grammar     notes over a chart <-> tokens
    improv.corpus      files -> Transcriptions
    improv.feel        what is below the grid: timing, accents, lengths, as learned
    improv.originality what a line quotes of the solos that were learned from; keeps quotes short
    improv.cell        a model folder, and one LSTM time step in NumPy; token ids only, nothing of music
    improv.band        comping, bass and drums, a bar at a time
    improv.course      the system this one started from, the course's, whole
    improv.soloist     one soloist: voice, casting, feel
    improv.performance one tune, laid out and played in ticks: no port, no clock
    improv.sync        another clock's time made into moves
    improv.session     what a session leaves, and how it is played again
    improv.evaluation  how a soloist is measured, and beside whom
    improv.training    Keras: cells learned from solos
    improv.live        the loop: in time, out of a port
    improv.cli         the only place that prints or exits
    improv.__main__    starts it
"""

__version__ = "0.1.0"

__distribution__ = "jazz-improv"
"""Whose package this is: another project has one of this name (`jazz_improv.py`)."""
