"""Every value that can be set: its address, its parser, its state."""
