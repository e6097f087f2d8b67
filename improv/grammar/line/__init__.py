"""The grammar "line": a melodic line said against the chords, one token a note."""
