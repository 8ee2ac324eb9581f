"""Generators of lines: a bar depends on the bars before it, the chords, its place and feel."""
