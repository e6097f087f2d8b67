"""Numbers that say what a stretch of a line is like: NumPy alone, quick enough for who plays live.

    Transcription ── notes_of ──> Notes ── part ──> Notes of some bars ──┐
                                                          several Lines ── feature_rows ──> (lines, features)

`table` lists every feature with its family; a module each computes those of one family. `ratios` learns from
two sets of lines how much likelier each note is in the one than in the other.
"""
