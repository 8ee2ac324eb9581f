"""Supervised child processes, and the messages to and from them."""
