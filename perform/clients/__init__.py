"""Clients: their messages are dispatched, and their subscriptions are sent."""
