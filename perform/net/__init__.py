"""The OSC codec, and what protects the daemon from the network."""
