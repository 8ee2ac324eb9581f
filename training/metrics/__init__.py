"""Metrics: distances between features of two sets of bars, and figures of one set of bars."""
