"""The bundles that are there: shipped ones by name, others by path."""

import os
from pathlib import Path

from perform.bundles import bundle
from perform.errors import BundleError, did_you_mean

_HERE = Path(__file__).resolve().parent.parent  # the package perform
ENVIRONMENT = "SIDEMAN_MODELS"


def folders() -> list[Path]:
    """Where bundles are looked for: $SIDEMAN_MODELS, ./models, and those that were installed."""
    own = os.environ.get(ENVIRONMENT)
    places = [Path(own)] if own else []
    places += [Path("models"), _HERE.parent / "models", _HERE / "_models"]
    return [place for place in places if os.path.isdir(place)]  # noqa: PTH112 - is False, too, where none may look


def find(name: str) -> Path:
    """The folder of the bundle with this name, or at this path. BundleError names those there are."""
    if "/" in name or os.sep in name:
        return Path(name)
    for folder in folders():
        if os.path.isfile(folder / name / bundle.MANIFEST):  # noqa: PTH113 - see above
            return folder / name
    known = {path.name for path in listing()}
    raise BundleError(f"no model is called {name!r}{did_you_mean(name, known)}")


def listing() -> list[Path]:
    """The folders of all bundles, the first of each name."""
    found: dict[str, Path] = {}
    for folder in folders():
        for manifest in sorted(folder.glob(f"*/{bundle.MANIFEST}")):
            if not manifest.parent.name.startswith("."):
                found.setdefault(manifest.parent.name, manifest.parent)
    return list(found.values())
