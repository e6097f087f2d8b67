"""How original a line is: an index of the solos that were learned from, and what uses it.

    solos ── build_index ──> QuoteIndex ── save/load ──> models/<name>/quotes.bin       index
                                 │
      each note ── heard ──> QuoteMeter ──> "quoting Clifford Brown, Joy Spring, 9 notes"    meter
      each onset ─ allowed ──> QuoteGuard ──> the pitches that do not go on quoting          guard
      a whole line ──────────> copying(notes, index) ──> share of copied windows, longest    copying

Two lines are the same if their intervals and their times between onsets are, note for note: the key, the
chords, the place in the bar, lengths and loudness do not matter. docs/originality.md has the reasons.
"""
