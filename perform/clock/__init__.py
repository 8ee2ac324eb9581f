"""Musical time: ticks, the clocks that turn them into seconds, and how to follow another clock."""
