"""Node-RED flows."""
