"""Outputs: where notes go, and files of a performance."""
