"""Bundles: trained models as files, found and checked."""
