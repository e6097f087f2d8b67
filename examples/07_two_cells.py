"""A researcher's comparison: what human solos cost two cells, solo by solo, and how sure the difference is.

python 07_two_cells.py solos/          your solos: MIDI, MusicXML, JSON lines, a folder of them
python 07_two_cells.py                 the built-in corpus, which one of the two was trained on
"""

import sys

import numpy as np

import improv

solos = improv.read_solos(*sys.argv[1:])[:12]
cells = [improv.load("bebop"), improv.load("etudes")]
scores = [cell.nats(solos) for cell in cells]

print(f"{'':32}" + "".join(f"{cell.card.name:>10}" for cell in cells))
for solo, one, other in zip(solos, *(score.solos for score in scores), strict=True):
    print(f"{solo.title[:30]:32}{one.costs.mean():10.3f}{other.costs.mean():10.3f}")
for cell, score in zip(cells, scores, strict=True):
    print(f"{cell.card.name}: {score}")

# A paired bootstrap over solos: the notes of one solo are easy or hard together.
differences = np.array(
    [
        one.costs.sum() - other.costs.sum()
        for one, other in zip(*(s.solos for s in scores), strict=True)
    ]
)
notes = np.array([len(one.costs) for one in scores[0].solos])
drawn = np.random.default_rng(0).integers(0, len(notes), (10_000, len(notes)))
means = differences[drawn].sum(axis=1) / notes[drawn].sum(axis=1)
low, high = np.percentile(means, [2.5, 97.5])
dearer = differences.sum() / notes.sum()
print(f"{cells[0].card.name} is dearer by {dearer:.3f} nats a note (95 %: {low:.3f} to {high:.3f})")
