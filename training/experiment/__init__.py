"""Experiments: many runs of several arms, their statistics, and the search for a recipe."""
