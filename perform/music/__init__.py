"""Harmony and phrases as data: shared with `training`, numpy and the standard library only."""
