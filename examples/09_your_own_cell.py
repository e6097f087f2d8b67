"""A cell of your own, learned from solos. Needs [train].

python 09_your_own_cell.py my_solos/     goes on from the cell `bebop`, and writes cells/my_solos
python 09_your_own_cell.py               a tiny cell from the built-in corpus, in a minute, to see it work
"""

import sys

import improv

if len(sys.argv) > 1:
    cell = improv.train(*sys.argv[1:], base="bebop", say=print)
else:
    cell = improv.train(out="cells/tiny", units=(12, 8), steps=3, seed=1, say=print)

print(cell)
print(f"{cell.card.scores['valid_nats_per_note']:.3f} nats a note on solos it has not seen")
take = cell.play("| Dm7 | G7 | Cmaj7 | % |", choruses=2, seed=1)
print(take)
take.save("mine.mid")
