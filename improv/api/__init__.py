"""# Python: `import improv`

Five lines make a solo with a band, and write it down:

>>> import improv
>>> cell = improv.load("bebop")
>>> take = cell.play("| Dm7 | G7 | Cmaj7 | % |", choruses=2, seed=7, player="Charlie Parker")
>>> take
<Take of '| Dm7 | G7 | Cmaj7 | % |', 11 bars, 19.8 s, seed 7: solo 65 notes, piano 44, bass 36, drums 111>
>>> take.save("tune.mid")
>>> take.save("tune.musicxml")

In a notebook a take shows its piano roll and plays itself, and a chart shows its bars.

The commands are written over the same functions, so that the same seed gives the same notes here, there and
live. What is wrong is said in one sentence: an `ImprovError` for what a file, a chart or a machine lacks, a
`ValueError` or `TypeError` for an argument. Times are ticks, 480 a quarter note. The plain installation is
enough for all that does not say `[train]`, `[audio]` or `[plot]`. Programs to begin with are in `examples/`,
numbered.
"""
