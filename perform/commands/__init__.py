"""One module for each command of `perform`."""
