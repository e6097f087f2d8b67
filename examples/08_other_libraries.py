"""A take in the hands of other libraries: pretty_midi, symusic, music21. Needs [audio] and [train]."""

import improv

take = improv.load("bebop").play("| Cm7 | F7 | Bbmaj7 | Ebmaj7 |", seed=3, choruses=2)

roll = take.to_pretty_midi().get_piano_roll(fs=20)
print("piano roll:", roll.shape, "pitches by twentieths of a second")

score = take.to_symusic()
print("symusic:", [(track.name, track.note_num()) for track in score.tracks])

sheet = take.to_music21()
symbols = sheet.parts[0].recurse().getElementsByClass("ChordSymbol")
print(
    "music21:", [part.partName for part in sheet.parts], [symbol.figure for symbol in symbols][:4]
)
