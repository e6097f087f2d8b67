"""The grammar of the system this project started from, and its post-processing (docs/seed.md).

pitch, interval, token     spelled pitches, interval names, `K,D,<U,L>`
harmony                    roots, qualities and scales as the reference finds them
encode, decode, choose     measures -> tokens; tokens -> notes, with the dice passed in
polish                     prune_grammar, prune_notes, clean_up_notes
arrays                     X and Y
generate                   generate_music, faithful or mended
place, grammar             the mended way, live: one token at a time over any chart
"""
