"""Trains the models that Sideman plays. `perform` never imports this package."""
