"""The commands of `training`, one module for each group. `training.cli` parses their flags."""
