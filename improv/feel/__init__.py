"""How notes are played: timing, loudness and length as learned from people. It needs only NumPy.

transcribed onsets --training.feel--> Feel (feel.json beside the cell) --Feeling--> onset, end, velocity

tables     sums of small tables, and the classes that choose their rows
model      Feel: what was learned, and its file
loudness   velocity_of: a loudness class as MIDI velocity
play       Feeling: one soloist's feel while it plays
"""
