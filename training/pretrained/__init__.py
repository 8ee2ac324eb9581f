"""Weights that ship. A run that starts from them needs fewer bars to learn their style."""
