"""Data sets: bars read from MIDI files or a corpus, with their provenance."""
