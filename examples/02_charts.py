"""Charts: as text, by name, from a file; their bars and chords; in another key."""

from pathlib import Path

import improv

CHANGES = """
Title: Two Five One in a Hurry
Tempo: 180
Key: F
[A] | Gm7 C7 | Fmaj7 | Gm7 C7 | Fmaj7 |
[B] | Cm7 F7 | Bbmaj7 | Gm7b5 C7b9 | Fm6 |
"""

chart = improv.read_chart(CHANGES)
print(chart)
for bar in range(chart.bars):
    chords = [chord.text if chord else "N.C." for _, chord in chart.changes_in_bar(bar)]
    print(bar + 1, *chords)

print(improv.read_chart("blues"))
print(chart.transposed(2))

Path("tune.txt").write_text(CHANGES)
print(improv.read_chart("tune.txt") == chart)

improv.load().play(chart, choruses=2, seed=1).save("tune.musicxml")
