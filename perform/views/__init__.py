"""Performances shown in the terminal."""
