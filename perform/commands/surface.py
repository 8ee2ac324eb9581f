"""`perform surface`: writes a control surface for the voices of a rig."""

from pathlib import Path

from perform.bundles import catalog
from perform.config.load import load_rig
from perform.net.address import host_port
from perform.surfaces import formats, pages


def run(kind: str, target: Path, rig: Path | None, daemon: str | None, back: int) -> None:
    """Write the surface and the files beside it, and print their names.

    `daemon`: host:port that the surface sends to; None: as the rig says. `back`: the port where the
    surface gets its answers.
    """
    loaded = load_rig(rig) if rig is not None else pages.shipped_rig()
    host, port = host_port(daemon) if daemon is not None else ("", 0)
    models = tuple(path.name for path in catalog.bundle_folders())
    surface = pages.build_surface(loaded, models, host, port, back)
    print("\n".join(str(path) for path in formats.write_files(kind, surface, target)))
