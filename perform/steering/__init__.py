"""How candidate phrases are ranked and evolved."""
