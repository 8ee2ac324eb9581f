"""What sound needs: fluidsynth and a SoundFont, and how each is installed on this system."""

import ctypes.util
import os
import platform
import sys
from pathlib import Path
from typing import Any

from perform import extras
from perform.errors import SidemanError, StartError

ENVIRONMENT = "SIDEMAN_SOUNDFONT"
USUAL_PLACES = (
    "/usr/share/sounds/sf2",
    "/usr/share/sounds/sf3",
    "/usr/share/soundfonts",
    "/usr/local/share/soundfonts",
    "/usr/local/share/fluid-synth/sf2",
    "/opt/homebrew/share/soundfonts",
    "/opt/homebrew/share/fluid-synth/sf2",
    "~/Library/Audio/Sounds/Banks",
    "~/.local/share/soundfonts",
)
# the installer of a family of systems, its package of fluidsynth, its package of a SoundFont
PACKAGES = {
    "debian": ("apt install", "fluidsynth", "timgm6mb-soundfont"),
    "fedora": ("dnf install", "fluidsynth", "fluid-soundfont-gm"),
    "suse": ("zypper install", "fluidsynth", "fluid-soundfont-gm"),
    "arch": ("pacman -S", "fluidsynth", "soundfont-fluid"),
    "darwin": ("brew install", "fluid-synth", "fluid-synth"),  # which brings a SoundFont
}
BY_HAND = "install fluidsynth (fluidsynth.org)", "name a .sf2 file with --soundfont"


def find_soundfont(named: Path | None = None) -> Path | None:
    """The named SoundFont, $SIDEMAN_SOUNDFONT, or the first in the usual places; None without."""
    if named is not None:
        if not named.is_file():
            raise SidemanError(f"{named}: no such SoundFont; name a .sf2 or .sf3 file")
        return named
    own = os.environ.get(ENVIRONMENT)
    if own:
        return find_soundfont(Path(own))
    for place in USUAL_PLACES:
        fonts = sorted(Path(place).expanduser().glob("*.sf[23]"))
        if fonts:
            return fonts[0]
    return None


def missing(font: Path | None) -> str:
    """What to type on this system to get sound, in one phrase; "" when nothing is missing.

    `font`: what `find_soundfont` found.
    """
    module, library = True, True
    try:
        import fluidsynth  # noqa: F401, PLC0415 - an extra, and it looks for a system library
    except ModuleNotFoundError:
        module, library = False, ctypes.util.find_library("fluidsynth") is not None
    except (ImportError, OSError):
        library = False
    steps = [] if module else [extras.install("audio")]
    wanted = [place for place, there in ((1, library), (2, font is not None)) if not there]
    packages = PACKAGES.get(_system())
    if packages is None:
        steps += [BY_HAND[place - 1] for place in wanted]
    elif wanted:
        names = dict.fromkeys(packages[place] for place in wanted)
        steps.append(f"{packages[0]} {' '.join(names)}")
    return " && ".join(steps) if packages is not None else ", ".join(steps)


def synthesizer(font: Path, gain: float, rate: float) -> Any:
    """A fluidsynth.Synth with a grand piano on every channel, and drums on the tenth.

    StartError where fluidsynth is missing, SidemanError for what is no SoundFont.
    """
    try:
        import fluidsynth  # noqa: PLC0415 - see above
    except (ImportError, OSError) as fault:
        raise StartError(f"sound needs fluidsynth ({fault}): {missing(font)}") from None
    synth = fluidsynth.Synth(samplerate=rate, gain=gain)
    number = synth.sfload(str(font))
    if number < 0:
        synth.delete()
        raise SidemanError(f"{font}: not a SoundFont; name a .sf2 or .sf3 file")
    for channel in range(16):
        synth.program_select(channel, number, 128 if channel == 9 else 0, 0)
    return synth


def _system() -> str:
    """The key of PACKAGES that this system goes by; "" for none."""
    if sys.platform != "linux":
        return sys.platform
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return ""
    families = [release.get("ID", ""), *release.get("ID_LIKE", "").split()]
    return next((name for name in families if name in PACKAGES), "")
