"""The daemon: it builds what runs, runs it, and ends it in order."""
