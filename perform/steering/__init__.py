"""Steering: ranks candidate phrases by the player's weights, and evolves them."""
