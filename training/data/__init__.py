"""Data sets: bars read from files, with their provenance."""
