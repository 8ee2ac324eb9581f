"""Sideman in the woodshed: bars in, a trained bundle out. Never imported by `perform`."""
