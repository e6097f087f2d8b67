"""A cell, a take, its notes, a file: the five lines everything else grows from."""

import improv

cell = improv.load("bebop")
take = cell.play("| Dm7 | G7 | Cmaj7 | % |", choruses=2, seed=7, player="Charlie Parker")
print(take)
for note in take.solo.notes[:8]:
    print(
        f"{take.seconds_at(note.onset_tick):6.2f} s  pitch {note.pitch}  velocity {note.velocity}"
    )
take.save("tune.mid")
