"""The judge: whether lines sound like music, measured against reference lines."""
