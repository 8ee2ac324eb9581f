"""Phrase sources: a bundle in a process of its own, or a fixed stock."""
