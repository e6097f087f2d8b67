"""A live coder's loop: one note at a time from a live state, and the controls turned between two notes.

Here the notes are printed with the time at which each is due; send them where you like.
"""

from math import sin

import improv

cell = improv.load("bebop")
stream = cell.stream("| Dm7 | G7 | Cmaj7 | A7alt |", seed=5, tempo=160)
bar_tick = stream.chart.bar_tick(1)
players = iter(["John Coltrane", "Lester Young", "Clifford Brown"])
chorus = 0

for note in stream:
    if note.onset_tick >= (chorus + 1) * stream.chart.length_tick:
        chorus += 1
        player = next(players, None)
        if player is None:
            break
        stream.steer(player=player)
        print(f"-- chorus {chorus + 1}: {player}")
    bars = note.onset_tick / bar_tick
    stream.steer(
        density=sin(bars), temperature=1.0 + 0.3 * sin(bars / 3)
    )  # holds from the next note on
    if bars > 8:
        stream.steer(tempo=160 + 5 * bars)
    print(f"{stream.seconds_at(note.onset_tick):7.3f} s  {note.pitch}  {note.token}")
