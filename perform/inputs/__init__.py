"""Inputs: where chords, melodies, clocks and control messages come in."""
