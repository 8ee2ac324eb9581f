"""Musical time: ticks, and the clocks that turn them into seconds."""
