"""Where phrases come from."""
