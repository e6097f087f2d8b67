"""The system this project started from, whole: reader, grammar, training, music (docs/course.md).

reader                     the course's MIDI file -> measures, tokens, chord sets
pitch, interval, token     spelled pitches, interval names, `K,D,<U,L>`
harmony                    roots, qualities and scales as the reference finds them
encode, decode, choose     measures -> tokens; tokens -> notes, with the random choices passed in
polish                     prune_grammar, prune_notes, clean_up_notes
arrays, build, train       X and Y; the Keras model; its training and the model folder
music, generate            the trained cell's tokens; generate_music, faithful or mended
place, grammar             the mended way, live: one token at a time over any chart
"""
