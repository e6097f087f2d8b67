"""The charts that come with the program.

The forms are common property: the twelve-bar blues, rhythm changes, ii-V-I through the keys, a dorian
AABA, cycles of thirds; the ballad, the waltz and the bossa were written for this program.
"""

from __future__ import annotations

BUILT_IN: dict[str, str] = {
    "blues": """
        Title: Blues in F
        Tempo: 140
        Key: F
        | F7  | Bb7   | F7    | Cm7 F7     |
        | Bb7 | Bdim7 | F7    | Am7b5 D7b9 |
        | Gm7 | C7    | F7 D7 | Gm7 C7     |
        """,
    "bb-blues": """
        Title: Blues in B flat
        Tempo: 150
        Key: Bb
        | Bb7 | Eb7   | Bb7    | Fm7 Bb7    |
        | Eb7 | Edim7 | Bb7    | Dm7b5 G7b9 |
        | Cm7 | F7    | Bb7 G7 | Cm7 F7     |
        """,
    "bird-blues": """
        Title: Blues with descending ii-Vs
        Tempo: 180
        Key: F
        | Fmaj7 | Em7b5 A7b9 | Dm7 G7  | Cm7 F7  |
        | Bb7   | Bbm7 Eb7   | Am7 D7  | Abm7 Db7 |
        | Gm7   | C7         | Fmaj7 D7 | Gm7 C7  |
        """,
    "minor-blues": """
        Title: Minor Blues in C
        Tempo: 130
        Key: C minor
        | Cm7 | Fm7   | Cm7 | C7alt       |
        | Fm7 | %     | Cm7 | %           |
        | Ab7 | G7alt | Cm7 | Dm7b5 G7alt |
        """,
    "rhythm": """
        Title: Rhythm Changes in B flat
        Tempo: 200
        Key: Bb
        [A]
        | Bb6 G7  | Cm7 F7  | Dm7 G7 | Cm7 F7 |
        | Fm7 Bb7 | Eb6 Edim7 | Dm7 G7 | Cm7 F7 |
        [A]
        | Bb6 G7  | Cm7 F7  | Dm7 G7 | Cm7 F7 |
        | Fm7 Bb7 | Eb6 Edim7 | Cm7 F7 | Bb6    |
        [B]
        | D7 | % | G7 | % |
        | C7 | % | F7 | % |
        [A]
        | Bb6 G7  | Cm7 F7  | Dm7 G7 | Cm7 F7 |
        | Fm7 Bb7 | Eb6 Edim7 | Cm7 F7 | Bb6    |
        """,
    "ii-v-i": """
        Title: ii-V-I through eight keys
        Tempo: 140
        Key: C
        | Dm7  | G7  | Cmaj7  | % |
        | Gm7  | C7  | Fmaj7  | % |
        | Cm7  | F7  | Bbmaj7 | % |
        | Fm7  | Bb7 | Ebmaj7 | % |
        | Bbm7 | Eb7 | Abmaj7 | % |
        | Ebm7 | Ab7 | Dbmaj7 | % |
        | Am7  | D7  | Gmaj7  | % |
        | Em7  | A7  | Dmaj7  | Dm7 G7 |
        """,
    "minor-ii-v-i": """
        Title: Minor ii-V-i through four keys
        Tempo: 130
        Key: C minor
        | Dm7b5 | G7b9b13  | Cm6  | % |
        | Gm7b5 | C7b9b13  | Fm6  | % |
        | Cm7b5 | F7b9b13  | Bbm6 | % |
        | Am7b5 | D7b9b13  | Gm6  | Dm7b5 G7b9 |
        """,
    "modal": """
        Title: Modal Dorian
        Tempo: 150
        Key: D dorian
        Feel: swing
        [A]
        | Dm7  | % | % | % | % | % | % | % |
        [A]
        | Dm7  | % | % | % | % | % | % | % |
        [B]
        | Ebm7 | % | % | % | % | % | % | % |
        [A]
        | Dm7  | % | % | % | % | % | % | % |
        """,
    "thirds": """
        Title: Cycle of Major Thirds
        Tempo: 160
        Key: C
        | Cmaj7 Eb7 | Abmaj7 B7 | Emaj7 G7  | Cmaj7  |
        | Dm7 G7    | Cmaj7 Eb7 | Abmaj7 B7 | Emaj7  |
        | F#m7 B7   | Emaj7 G7  | Cmaj7 Eb7 | Abmaj7 |
        | Bbm7 Eb7  | Abmaj7    | Dm7       | G7     |
        """,
    "ballad": """
        Title: Slow Lantern
        Tempo: 66
        Feel: ballad
        Key: Eb
        [A]
        | Ebmaj7   | Cm7 Ab7#11 | Gm7 C7b9  | Fm7 Bb7   |
        | Bbm7 Eb7 | Abmaj7 Db9 | Gm7 C7alt | Fm7 Bb7b9 |
        [A]
        | Ebmaj7   | Cm7 Ab7#11 | Gm7 C7b9  | Fm7 Bb7   |
        | Bbm7 Eb7 | Abmaj7 Db9 | Fm7 Bb7b9 | Eb6/9     |
        [B]
        | Am7b5    | D7b9       | Gm7       | C7sus4 C7 |
        | Cm7      | F9         | Fm7       | Bb7sus4 Bb7b9 |
        [A]
        | Ebmaj7   | Cm7 Ab7#11 | Gm7 C7b9  | Fm7 Bb7   |
        | Bbm7 Eb7 | Abmaj7 Db9 | Fm7 Bb7b9 | Eb6/9     |
        """,
    "waltz": """
        Title: Windowsill Waltz
        Tempo: 150
        Meter: 3/4
        Feel: waltz
        Key: F
        [A]
        | Fmaj7 | % | Em7b5 | A7b9 | Dm7  | %   | Cm7   | F7   |
        | Bbmaj7 | % | Bbm7 | Eb7  | Am7  | D7b9 | Gm7  | C7   |
        [B]
        | Abm7  | Db7 | Gbmaj7 | % | Gm7  | C7  | Fmaj7 | D7b9 |
        | Gm7   | % | C7sus4 | C7  | Fmaj7 | D7 | Gm7   | C7   |
        """,
    "bossa": """
        Title: Blue Tram
        Tempo: 136
        Key: D minor
        Feel: bossa
        [A]
        | Dm9 | % | Bm7b5 | E7b9 | Em7b5 | A7b9 | Dm9   | A7b13 |
        | Dm9 | % | Gm7   | C9   | Fmaj7 | Bbmaj7 | Em7b5 | A7b9 |
        [B]
        | Am7 | D7b9 | Gm7 | %  | Gm7  | C9   | Fmaj7 | %     |
        | Fm7 | Bb7  | Ebmaj7 | % | Em7b5 | A7b9 | Dm6/9 | A7b13 |
        """,
    "vamp": """
        Title: Two-Chord Vamp
        Tempo: 110
        Key: G dorian
        Feel: straight
        |: Gm9 | C13 | Gm9 | C13 :| x2
        """,
}
"""Name -> chart text, as `docs/charts.md` describes it."""
