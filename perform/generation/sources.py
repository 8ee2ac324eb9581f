"""Opens the phrase source of a bundle."""

from pathlib import Path

from perform.bundles import bundle
from perform.generation.evolved import EvolvedSource
from perform.generation.lines import LineSource


def open_source(path: Path) -> EvolvedSource | LineSource:
    """The phrase source of a bundle, by what its generator takes. BundleError, StartError."""
    return LineSource(path) if bundle.load(path).manifest.context else EvolvedSource(path)
