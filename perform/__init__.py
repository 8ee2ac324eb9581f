"""Sideman on stage: hears chords, plays phrases. Imports nothing of `training`."""
