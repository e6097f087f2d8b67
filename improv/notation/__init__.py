"""Music on paper: a bar of notes as written values (`rhythm`), chords (`harmony`), the page (`musicxml`)."""
