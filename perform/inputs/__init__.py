"""Where chords and wishes come in."""
