"""Out of a MIDI port, in time, and steered while it plays.

python 06_on_stage.py "IAC Bus 1"      for ever, until Ctrl-C
python 06_on_stage.py                  two short choruses without a port; leaves session.mid
"""

import sys
import threading

import improv

if len(sys.argv) > 1:
    with improv.play("blues", port=sys.argv[1], say=print) as session:
        for density in (-0.5, 0.0, 0.5):
            session.steer(density=density)
            threading.Event().wait(20)
        session.steer(player="John Coltrane", tempo=180, over_bars=4)
        session.wait()
else:
    session = improv.play(
        "| Dm7 | G7 |", backend="none", choruses=2, count_in=0, tempo=400, seed=2, say=print
    )
    print(session)
    session.steer(density=0.5, player="John Coltrane")
    summary = session.wait()
    print(
        f"{summary.why}: {summary.bars} bars, {summary.counters['late']} notes late; {summary.record}"
    )
    print(session.take)
