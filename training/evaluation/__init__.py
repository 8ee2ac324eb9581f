"""The samples of a model, and their scores."""
