"""Where notes go."""
