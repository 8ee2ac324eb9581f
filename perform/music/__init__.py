"""Chords, scales, notes and piano rolls; needs numpy only, and `training` uses it, too."""
