"""The colours of all surfaces by their names in the layout: bright when lit, dim at rest."""

GROUND, PANEL, QUIET, TEXT, INK = "#12151a", "#1c2128", "#8d98a8", "#eef2f6", "#0d0f12"
_NAMED = {
    "plain": "#9aa7b8",
    "chord": "#e3a83b",
    "beat": "#f4d35e",
    "go": "#43b883",
    "stop": "#e5484d",
    "time": "#5aa9e6",
    "weight": "#5aa9e6",
    "target": "#a98bf0",
    "expression": "#37b9b1",
    "off": "#cf5b43",
    "on": "#c8961e",
    "player": TEXT,
}
_VOICES = ("#f2a65a", "#5ab1f2", "#8fd06a", "#c58af2", "#f27a9d", "#4fd1c5", "#d9c45b", "#9db0c4")
Rgb = tuple[float, float, float]


def bright(name: str) -> str:
    """The colour when lit, as #rrggbb."""
    if name.startswith("voice"):
        return _VOICES[int(name.removeprefix("voice")) % len(_VOICES)]
    return _NAMED[name]


def dim(name: str, strength: float = 0.3) -> str:
    """The same at rest, as #rrggbb; labels stay readable on it."""
    return mixed(bright(name), strength)


def mixed(colour: str, strength: float) -> str:
    """A colour mixed with the background; `strength`: its share, 0 to 1."""
    pairs = zip(_bytes(colour), _bytes(GROUND), strict=True)
    parts = (round(high * strength + low * (1 - strength)) for high, low in pairs)
    return "#{:02x}{:02x}{:02x}".format(*parts)


def shares(colour: str) -> Rgb:
    """Red, green and blue from 0 to 1."""
    red, green, blue = (round(part / 255, 3) for part in _bytes(colour))
    return red, green, blue


def _bytes(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
