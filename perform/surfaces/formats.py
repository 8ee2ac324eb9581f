"""Every format of surface: what writes it, what reads it back for a picture, and what lies beside it."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from perform.atomic_file import replacing
from perform.errors import SidemanError, did_you_mean
from perform.surfaces import max as max_msp
from perform.surfaces import open_stage_control, pd, touchosc
from perform.surfaces.layout import Surface
from perform.surfaces.svg import Screen, draw

Write = Callable[[Surface], bytes]
PICTURE = ".svg"


class Format(NamedTuple):
    """A format: the end of its files' names, what makes one, what is seen in one, and further files by their ends."""

    suffix: str
    write: Write
    screens: Callable[[bytes], list[Screen]]
    beside: dict[str, Write]


FORMATS: dict[str, Format] = {
    "touchosc": Format(".tosc", touchosc.write, touchosc.screens, {}),
    "max": Format(".maxpat", max_msp.write, max_msp.screens, {".maxhelp": max_msp.write_help}),
    "pd": Format(".pd", pd.write, pd.screens, {}),
    "open-stage-control": Format(".json", open_stage_control.write, open_stage_control.screens, {}),
}


def made(kind: str, surface: Surface) -> dict[str, bytes]:
    """All files of a surface by the ends of their names: itself, what lies beside it, and its picture. SidemanError
    for a format that there is none of.
    """
    found = FORMATS.get(kind)
    if found is None:
        raise SidemanError(f"no surface is called {kind!r}{did_you_mean(kind, FORMATS)}")
    written = found.write(surface)
    others = {suffix: write(surface) for suffix, write in found.beside.items()}
    return {found.suffix: written, **others, PICTURE: draw(found.screens(written)).encode()}


def leave(kind: str, surface: Surface, path: Path) -> list[Path]:
    """Write all files of a surface at a path and beside it; which ones. SidemanError where that cannot be."""
    left: list[Path] = []
    for suffix, data in made(kind, surface).items():
        first = not left
        place = path if first else path.with_suffix(suffix)
        with replacing(place, SidemanError) as temporary:
            temporary.write_bytes(data)
        left.append(place)
    return left
