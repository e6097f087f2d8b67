"""jazz-improv: a daemon that improvises jazz in real time, one token at a time.

The road a note travels, and the room each step lives in (arrows point down this list; nobody looks up):

    improv             the version
    improv.errors      what can go wrong, each kind with its exit status
    improv.files       whole-or-nothing writing
    improv.processes   work on all cores
    improv.resources   where shipped things are
    improv.settings    the config file and the environment
    improv.music       pitch, chord, scale, meter, feel, note, chart, tempo, take    (standard library only)
    improv.charts      text, iReal Pro, MusicXML, MIDI -> Chart, and the charts that come with the program
    improv.grammar     notes over a chart <-> tokens
    improv.corpus      files -> Transcriptions
    improv.feel        what is below the grid: timing, accents, lengths, as learned
    improv.cell        one LSTM time step in NumPy; token ids only, nothing of music
    improv.controls    the table of live controls
    improv.band        comping, bass and drums, a bar at a time
    improv.notation    notes -> MusicXML
    improv.originality what a line quotes of the solos that were learned from; keeps quotes short
    improv.smf         notes -> MIDI files
    improv.audio       MIDI files -> WAV
    improv.piano_roll  notes -> PNG
    improv.config      everything that a performance is made from
    improv.live        clock, arrangement, ensemble, performer, sender process, ports, takes, daemon
    improv.evaluation  how a soloist is measured, and beside whom
    improv.training    Keras: the only room that knows TensorFlow
    improv.terminal    what is played, as lines of text
    improv.cli         the only place that prints or exits
    improv.__main__    starts it
"""

__version__ = "0.1.0"
