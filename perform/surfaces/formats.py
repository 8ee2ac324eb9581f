"""Every format of surface: its writer, its reader, and the files that belong to it."""

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
    """A format of surface. `suffix`: the end of its file names. `write`: the file for a surface.

    `read_screens`: what a program shows that opens the file. `companions`: further files, by their
    suffixes.
    """

    suffix: str
    write: Write
    read_screens: Callable[[bytes], list[Screen]]
    companions: dict[str, Write]


FORMATS: dict[str, Format] = {
    "touchosc": Format(".tosc", touchosc.write, touchosc.read_screens, {}),
    "max": Format(".maxpat", max_msp.write, max_msp.read_screens, {".maxhelp": max_msp.write_help}),
    "pd": Format(".pd", pd.write, pd.read_screens, {}),
    "open-stage-control": Format(
        ".json", open_stage_control.write, open_stage_control.read_screens, {}
    ),
}


def render_files(kind: str, surface: Surface) -> dict[str, bytes]:
    """The files of a surface by their suffixes: the surface, its companions and its picture.

    SidemanError for an unknown format.
    """
    found = FORMATS.get(kind)
    if found is None:
        raise SidemanError(f"no surface is called {kind!r}{did_you_mean(kind, FORMATS)}")
    data = found.write(surface)
    others = {suffix: write(surface) for suffix, write in found.companions.items()}
    return {found.suffix: data, **others, PICTURE: draw(found.read_screens(data)).encode()}


def write_files(kind: str, surface: Surface, path: Path) -> list[Path]:
    """The paths of the files of a surface, which are written: the surface at `path`, others beside.

    SidemanError for an unknown format, or where a file cannot be written.
    """
    paths: list[Path] = []
    for suffix, data in render_files(kind, surface).items():
        target = path.with_suffix(suffix) if paths else path
        with replacing(target, SidemanError) as temporary:
            temporary.write_bytes(data)
        paths.append(target)
    return paths
