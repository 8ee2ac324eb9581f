"""MIDI ports."""
