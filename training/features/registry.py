"""Every feature extractor by its name."""

from pathlib import Path

from perform.errors import FeatureError
from training.features.base import Extractor


def open_extractor(name: str = "spr", weights: Path | None = None) -> Extractor:
    """The extractor of a name; FeatureError for an unknown one, or one whose weights cannot be had.

    `weights`: a file of them, for inception alone.
    """
    if name == "spr" and weights is not None:
        raise FeatureError("--weights are inception's; add --extractor inception")
    if name == "spr":
        from training.features.spr import SprExtractor  # noqa: PLC0415 - only what is asked for is loaded

        return SprExtractor()
    if name == "inception":
        from training.features.inception import InceptionExtractor  # noqa: PLC0415

        return InceptionExtractor(weights)
    raise FeatureError(f"no extractor {name!r}; there are spr and inception")
