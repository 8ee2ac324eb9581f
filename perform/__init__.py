"""Plays: receives chords, sends notes. This package imports nothing of `training`."""

__version__ = "0.1.0"
