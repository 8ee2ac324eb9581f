"""Sideman on stage: hears chords, plays phrases. Imports nothing of `training`."""

__version__ = "0.1.0"
