"""The program that composed the built-in corpus: harmony, rhythm, lines, phrases, forms, MIDI.

    forms.py    what is played over: changes in C, moved to every key
    harmony.py  chords and their colours: which tones to aim for, which scale lies between them
    rhythm.py   where the notes of a phrase fall
    lines.py    the vocabulary: how to get from one tone to the next in so many notes
    melody.py   one phrase: a path of such moves, weighed as a whole; motifs taken up again
    solo.py     a whole solo: which phrase when, how long, how high, how loud
    writer.py   the MIDI file

Time inside is counted in *steps*, twelve to the beat (an eighth 6, a triplet 4, a sixteenth 3).
"""

STEPS_PER_BEAT = 12
STEPS_PER_HALF = 24
STEPS_PER_BAR = 48
