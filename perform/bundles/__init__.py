"""Bundles: trained models as files, and the LiteRT networks in them."""
