"""The available bundles: those in the search path by name, others by path."""

import os
from pathlib import Path

from perform.bundles import bundle
from perform.errors import BundleError, did_you_mean

_PACKAGE = Path(__file__).resolve().parent.parent
MODELS_VARIABLE = "SIDEMAN_MODELS"


def search_path() -> list[Path]:
    """The folders with bundles: $SIDEMAN_MODELS, ./models, and those of the installation."""
    named = os.environ.get(MODELS_VARIABLE)
    folders = [Path(named)] if named else []
    folders += [Path("models"), _PACKAGE.parent / "models", _PACKAGE / "_models"]
    # unlike Path.is_dir, these are False, too, for a folder that this user may not read
    return [folder for folder in folders if os.path.isdir(folder)]  # noqa: PTH112


def find(name: str) -> Path:
    """The folder of the bundle with this name, or at this path.

    BundleError names similar bundles where there is none.
    """
    if "/" in name or os.sep in name:
        return Path(name)
    for folder in search_path():
        if os.path.isfile(folder / name / bundle.MANIFEST):  # noqa: PTH113
            return folder / name
    known = {path.name for path in bundle_folders()}
    raise BundleError(f"no model is called {name!r}{did_you_mean(name, known)}")


def bundle_folders() -> list[Path]:
    """The folders of all bundles in the search path; of equal names the first."""
    found: dict[str, Path] = {}
    for folder in search_path():
        for manifest in sorted(folder.glob(f"*/{bundle.MANIFEST}")):
            if not manifest.parent.name.startswith("."):
                found.setdefault(manifest.parent.name, manifest.parent)
    return list(found.values())
