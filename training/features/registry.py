"""Every feature extractor by its name. A new extractor is one file and one line here."""

from collections.abc import Callable
from pathlib import Path

from perform.errors import FeatureError
from training.features.base import Extractor
from training.features.inception import InceptionExtractor
from training.features.spr import open_spr

# Each is opened with the file of its weights; None for those that ship or that Keras downloads.
EXTRACTORS: dict[str, Callable[[Path | None], Extractor]] = {
    "spr": open_spr,
    "inception": InceptionExtractor,
}


def open_extractor(name: str = "spr", weights: Path | None = None) -> Extractor:
    """The extractor with this name; FeatureError for an unknown name or missing weights."""
    if name not in EXTRACTORS:
        raise FeatureError(f"no extractor {name!r}; there are {' and '.join(EXTRACTORS)}")
    return EXTRACTORS[name](weights)
