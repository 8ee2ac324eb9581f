"""The judge: whether lines sound like music, measured beside reference lines."""
