"""`perform models`: the bundles on this machine."""

from perform.bundles import bundle, catalog
from perform.errors import BundleError


def run(name: str | None) -> None:
    """Print a line for each bundle, or the card of one.

    BundleError, after the others are printed, names every bundle that cannot be loaded.
    """
    if name is not None:
        print(bundle.load(catalog.find(name)).card)
        return
    errors = []
    paths = catalog.bundle_folders()
    for path in paths:
        try:
            manifest = bundle.load(path).manifest
        except BundleError as error:
            errors.append(str(error))
            continue
        print(f"{manifest.name:<12} {manifest.architecture:<10} {manifest.licence:<8} {path}")
    if errors:
        raise BundleError("\nperform: ".join(errors))
    if not paths:
        raise BundleError(
            f"there is no model; name a folder of bundles in ${catalog.MODELS_VARIABLE}, "
            "or train one: training run"
        )
