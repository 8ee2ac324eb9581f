"""Every format of surface: what writes it, what reads it back for a picture, and what lies beside it."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from perform.draft import draft
from perform.errors import SidemanError
from perform.rig import nearest
from perform.surfaces import (
    maxhelp,
    maxpatch,
    openstage,
    puredata,
    seen_maxpatch,
    seen_openstage,
    seen_puredata,
    seen_touchosc,
    touchosc,
)
from perform.surfaces.layout import Surface
from perform.surfaces.picture import Screen, draw

Write = Callable[[Surface], bytes]
PICTURE = ".svg"


class Format(NamedTuple):
    """A format: the end of its files' names, what makes one, what is seen in one, and further files by their ends."""

    suffix: str
    write: Write
    screens: Callable[[bytes], list[Screen]]
    beside: dict[str, Write]


FORMATS: dict[str, Format] = {
    "touchosc": Format(".tosc", touchosc.write, seen_touchosc.screens, {}),
    "max": Format(".maxpat", maxpatch.write, seen_maxpatch.screens, {".maxhelp": maxhelp.write}),
    "pd": Format(".pd", puredata.write, seen_puredata.screens, {}),
    "open-stage-control": Format(".json", openstage.write, seen_openstage.screens, {}),
}


def made(kind: str, surface: Surface) -> dict[str, bytes]:
    """All files of a surface by the ends of their names: itself, what lies beside it, and its picture. SidemanError
    for a format that there is none of.
    """
    found = FORMATS.get(kind)
    if found is None:
        raise SidemanError(f"no surface is called {kind!r}{nearest(kind, FORMATS)}")
    written = found.write(surface)
    others = {suffix: write(surface) for suffix, write in found.beside.items()}
    return {found.suffix: written, **others, PICTURE: draw(found.screens(written)).encode()}


def leave(kind: str, surface: Surface, path: Path) -> list[Path]:
    """Write all files of a surface at a path and beside it; which ones. SidemanError where that cannot be."""
    left: list[Path] = []
    for suffix, data in made(kind, surface).items():
        first = not left
        place = path if first else path.with_suffix(suffix)
        with draft(place, SidemanError) as beside:
            beside.write_bytes(data)
        left.append(place)
    return left
