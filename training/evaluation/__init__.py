"""Samples of a model, and their scores."""
