"""jazz-improv: a daemon that improvises jazz in real time, one token at a time.

The road a note travels, and the room each step lives in (arrows point down this list; nobody looks up):

    improv.errors      what can go wrong, each kind with its exit status
    improv.music       pitch, chord, scale, meter, note, solo, chart, tempo     (standard library only)
    improv.charts      text -> Chart, and the charts that come with the program
    improv.grammar     notes over a chart <-> tokens
    improv.corpus      files -> Solo
    improv.cell        one LSTM time step in NumPy; token ids only, nothing of music
    improv.controls    the table of live controls
    improv.live        clock, performer, sender process, ports, session log, daemon
    improv.training    Keras: the only room that knows TensorFlow
    improv.cli         the only place that prints or exits
"""

__version__ = "0.1.0"
