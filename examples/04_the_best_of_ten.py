"""Ten takes of one tune; the one whose line keeps closest to the chords is kept. Its seed finds it again."""

import improv


def inside(take: improv.Take) -> float:
    """The share of the solo's notes that are tones of the chord they sound over."""
    over = [(note, take.chart.chord_at(note.onset_tick)) for note in take.written]
    return sum(
        chord is not None and note.pitch % 12 in chord.tone_pcs for note, chord in over
    ) / len(over)


cell = improv.load("bebop")
takes = [cell.play("blues", choruses=2, seed=seed) for seed in range(10)]
for take in takes:
    print(f"seed {take.seed}: {len(take.written)} notes, {inside(take):.0%} of them chord tones")
best = max(takes, key=inside)
print("kept:", best)
best.save("best.mid")
print("found again:", cell.play("blues", choruses=2, seed=best.seed) == best)
