"""Experiments: many runs, and their statistics."""
