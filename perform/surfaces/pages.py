"""The pages of a surface, made from the registry of controls for the voices of a rig."""

from collections.abc import Iterator
from typing import get_args

from perform.config.schema import Rig
from perform.config.voices import ROLES, VoiceConfig
from perform.control.registry import CONTROLS, NAME, ONE_VOICE, Control, SoundPart, addresses
from perform.engine.published_turns import TURN, TURN_BARS
from perform.errors import RigError
from perform.events import InputName
from perform.inputs.kinds import InputsConfig
from perform.inputs.osc import OscInputConfig
from perform.music.chord import Chord
from perform.music.quality import BY_NAME
from perform.net.address import LOOPBACK, host_port
from perform.surfaces.layout import GridRect, Item, ItemKind, Page, Surface

PAD_QUALITIES = ("", "m", "7", "maj7", "m7", "m7b5", "dim7")
KEYS = ("auto", "none")  # the values of /key that are buttons, beside the names of keys
SNAPSHOTS = ("A", "B", "C", "D")
NOT_ON_SURFACES = (
    "/chart",
    "/note",
    "/learn",
    "/subscribe",
    "/subscribe/again",
    "/unsubscribe",
    "/stats",
    *(f"{ONE_VOICE}/{part}" for part in get_args(SoundPart)),
)
FEEDBACK_PORT = 9001
MODEL_COLUMNS = 4
HEADER_ROWS = 1.75  # of a page of parameters: room for two rows of models
FADER_ROWS = 4.5 - HEADER_ROWS
HEADING_ROWS = 0.4  # above a row of faders
HEADINGS = {"weight": "WEIGHTS", "target": "TARGETS", "time": "PITCH"}  # by colour
LABELS = {
    "input/midi/transpose": "keys in",
    "input/bass/transpose": "bass in",
    "input/lead/transpose": "lead in",
}
BUTTON_COLUMNS = 1.85  # of each button in a voice's strip
PARAMETER_COLUMNS, EXPRESSION_COLUMNS = 17.0, 11.5  # the widths of the two rows of faders
SIDE = EXPRESSION_COLUMNS + 0.4  # where the buttons beside the lower row of faders begin
SIDE_COLUMNS = 5.1
FEEL_COLUMNS, FEEL_ROWS = 4, 1.8  # buttons in a row, and the height of both rows
BUTTONS = 4.5 + FEEL_ROWS  # where the two rows of buttons below the feels begin
BUTTON_ROWS = (3.5 - FEEL_ROWS) / 2  # the height of each

Table = dict[str, Control]  # by address


def shipped_rig() -> Rig:
    """The rig of the files in patches/: a voice of each role."""
    voices = [VoiceConfig(name=role, role=role) for role in ROLES]
    return Rig(inputs=InputsConfig(osc=OscInputConfig()), voices=tuple(voices))


def build_surface(
    rig: Rig,
    models: tuple[str, ...],
    host: str = "",
    port: int = 0,
    feedback_port: int = FEEDBACK_PORT,
) -> Surface:
    """The surface for a rig.

    `models`: the bundles to choose from; those that the rig names are added. `host` and `port`:
    where the daemon listens; by default as the rig says.

    RigError where the rig has no OSC input, or where a voice's name cannot be part of an address in
    every format.
    """
    if rig.inputs.osc is None:
        raise RigError("surfaces use OSC, and this rig has no OSC input; add [inputs.osc]")
    listen_host, listen_port = host_port(rig.inputs.osc.listen)
    voices = tuple(_checked_name(voice.name) for voice in rig.voices)
    named = [name for voice in rig.voices for name in (voice.model, voice.other) if name]
    models = tuple(dict.fromkeys((*models, *named)))
    table = dict(addresses(voices))
    pages = (_parameters_page(voice, table, models) for voice in ("", *voices))
    anywhere = listen_host in ("0.0.0.0", "::")  # noqa: S104 - not bound here
    return Surface(
        prefix=rig.inputs.osc.prefix,
        host=host or (LOOPBACK if anywhere else listen_host),
        port=port or listen_port,
        feedback_port=feedback_port,
        voices=voices,
        models=models,
        bar=_bar(table),
        pages=(_play_page(voices, table), *pages),
    )


def _checked_name(voice: str) -> str:
    if not all(letter.isalnum() or letter in "-_." for letter in voice):
        raise RigError(
            f"voice {voice!r}: surfaces put the name into an address; use only letters, digits, "
            "-, _ and . in it"
        )
    return voice


def _item(
    table: Table, kind: ItemKind, label: str, grid: GridRect, colour: str, address: str,
    value: str = "",
) -> Item:  # fmt: skip
    return Item(kind, label, grid, colour, address, value, table[address])


def _choice(
    table: Table, label: str, grid: GridRect, colour: str, address: str,
    options: tuple[str, ...] = (), columns: int = 0,
) -> Item:  # fmt: skip
    """A choice; by default of the control's choices, in one row."""
    options = options or table[address].choices
    item = _item(table, "choice", label, grid, colour, address)
    return item._replace(options=options, columns=columns or len(options))


def _bar(table: Table) -> Page:
    """The chord, the beat, transport, tempo and panic; below them whose turn it is.

    The last row has the last error reply.
    """
    items = (
        _item(table, "shown", "chord", GridRect(0, 0, 6, 2), "chord", "/chord"),
        Item("beat", "beat", GridRect(6, 0, 3, 2), "beat", "/beat"),
        _choice(table, "transport", GridRect(9, 0, 9, 2), "go", "/transport"),
        _item(table, "fader", "tempo", GridRect(18, 0, 8, 2), "time", "/tempo"),
        _item(table, "tap", "tap", GridRect(26, 0, 2.5, 2), "time", "/tap"),
        _item(table, "tap", "PANIC", GridRect(28.5, 0, 3.5, 2), "stop", "/panic"),
        Item("turn", "YOUR TURN", GridRect(0, 2, 14, 1), "player", f"/{TURN}", "player"),
        Item("turn bars", "", GridRect(14, 2, 4, 1), "player", f"/{TURN_BARS}"),
        Item("turn", "SIDEMAN'S TURN", GridRect(18, 2, 14, 1), "voice0", f"/{TURN}", "voice"),
        Item("refused", "", GridRect(0, 3, 32, 0.4), "stop", "/error"),
    )
    return Page("bar", 32, 3.4, items)


def _play_page(voices: tuple[str, ...], table: Table) -> Page:
    """Chord pads, twelve roots by the qualities; beside them a strip of each voice.

    Below them rows of what belongs to the whole band, and of the set.
    """
    pads = tuple(
        Chord(root, BY_NAME[quality], root).symbol
        for quality in PAD_QUALITIES
        for root in range(12)
    )
    y = float(len(PAD_QUALITIES))
    grid = GridRect(0, 0, 24, y)
    items = [
        _item(table, "pads", "chords", grid, "chord", "/chord")._replace(options=pads, columns=12),
        Item("latch", "latch", GridRect(0, y, 3, 1), "chord"),
        _item(table, "tap", "release", GridRect(3, y, 3, 1), "chord", "/chord/release"),
        _item(table, "tap", "N.C.", GridRect(6, y, 3, 1), "chord", "/chord", "N.C."),
        _item(table, "tap", "clear keys", GridRect(9, y, 3.5, 1), "stop", "/keys/clear"),
        _item(table, "tap", "chart: next", GridRect(12.5, y, 3.5, 1), "chord", "/chart/next"),
        _choice(table, "key from", GridRect(16, y, 4, 1), "time", "/key", KEYS),
        _item(table, "shown", "key", GridRect(20, y, 4, 1), "time", "/key"),
        _choice(table, "metre", GridRect(24, y, 8, 1), "time", "/metre"),
        _item(table, "switch", "sync", GridRect(32, y, 2, 1), "time", "/sync"),
        _item(table, "tap", "song before", GridRect(0, y + 1, 4, 1), "go", "/song/previous"),
        _item(table, "shown", "song", GridRect(4, y + 1, 11.5, 1), "go", "/song"),
        _item(table, "tap", "next song", GridRect(15.5, y + 1, 4, 1), "go", "/song/next"),
        _item(table, "tap", "read set", GridRect(19.5, y + 1, 3.5, 1), "go", "/set/reload"),
        _item(table, "fader", "count-in", GridRect(23, y + 1, 4, 1), "time", "/count-in"),
        _choice(table, "click", GridRect(27, y + 1, 7, 1), "time", "/click"),
        *_strips(voices, table, y),
    ]
    return Page("play", 34, y + 2, tuple(items))


def _strips(voices: tuple[str, ...], table: Table, rows: float) -> Iterator[Item]:
    """A row for all voices, and one for each voice: its light, mute, solo, more and no."""
    height = min(1.75, rows / (len(voices) + 1))
    x, two_buttons = 34 - 2 * BUTTON_COLUMNS, 2 * BUTTON_COLUMNS
    yield Item("title", "all voices", GridRect(24, 0, 6, height))
    yield from _judgement("", table, GridRect(x, 0, two_buttons, height), "plain")
    for number, voice in enumerate(voices):
        y, colour, at = (number + 1) * height, f"voice{number}", f"/voice/{voice}"
        light = GridRect(24, y, 10 - 4 * BUTTON_COLUMNS, height)
        yield Item("light", voice, light, colour, "/note", voice)
        for place, (label, lit) in ((4, ("mute", "off")), (3, ("solo", "on"))):
            grid = GridRect(34 - place * BUTTON_COLUMNS, y, BUTTON_COLUMNS, height)
            yield _item(table, "switch", label, grid, lit, f"{at}/{label}")
        yield from _judgement(at, table, GridRect(x, y, two_buttons, height), colour)


def _judgement(at: str, table: Table, grid: GridRect, colour: str) -> Iterator[Item]:
    """The buttons more and no, side by side."""
    half = grid._replace(w=grid.w / 2)
    yield _item(table, "tap", "more", half, colour, f"{at}/more")
    yield _item(table, "tap", "no", half._replace(x=grid.x + half.w), colour, f"{at}/no")


def _parameters_page(voice: str, table: Table, models: tuple[str, ...]) -> Page:
    """The parameters of one voice, or of all voices at once where `voice` is ""."""
    at = f"/voice/{voice}" if voice else ""
    numbers = [
        it.name
        for it in CONTROLS
        if it.kind == "number" and NAME in it.address and it.address not in NOT_ON_SURFACES
    ]
    weights = [name for name in numbers if name.startswith("weight/")]
    targets = [name for name in numbers if name.startswith("target/")]
    transpose = [name for name in numbers if name == "transpose"]
    if not voice:
        transpose += [f"input/{name}/transpose" for name in get_args(InputName)]
    upper = {"weight": weights, "target": targets, "time": transpose}
    expression = [name for name in numbers if not any(name in its for its in upper.values())]
    columns = min(len(models), MODEL_COLUMNS)
    lower = GridRect(0, 4.5, EXPRESSION_COLUMNS, HEADING_ROWS)
    items = [
        Item("title", voice or "all voices", GridRect(0, 0, 2.5, HEADER_ROWS)),
        _choice(table, "mode", GridRect(2.5, 0, 5.5, HEADER_ROWS), "go", f"{at}/mode"),
        _choice(
            table, "model", GridRect(8, 0, 4.5, HEADER_ROWS), "time", f"{at}/model", models, columns
        ),
        _choice(
            table, "blend to", GridRect(12.5, 0, 4.5, HEADER_ROWS), "expression", f"{at}/other",
            models, columns,
        ),
        *_upper_row(at, upper, table),
        Item("title", "FORM AND PLAYING", lower, "expression"),
        *_faders(
            at, expression, table,
            GridRect(0, 4.5, EXPRESSION_COLUMNS / len(expression), 3.5), "expression",
        ),
        _choice(
            table, "feel", GridRect(SIDE, 4.5, SIDE_COLUMNS, FEEL_ROWS), "time", f"{at}/feel",
            columns=FEEL_COLUMNS,
        ),
        *(_voice_buttons(at, table) if voice else _snapshots(table)),
    ]  # fmt: skip
    return Page(voice or "all", PARAMETER_COLUMNS, 8, tuple(items))


def _upper_row(at: str, groups: dict[str, list[str]], table: Table) -> Iterator[Item]:
    """The faders of each group, by colour, below the group's title."""
    width = PARAMETER_COLUMNS / sum(map(len, groups.values()))
    x = 0.0
    for colour, names in groups.items():
        heading = GridRect(x, HEADER_ROWS, len(names) * width, HEADING_ROWS)
        yield Item("title", HEADINGS[colour], heading, colour)
        yield from _faders(at, names, table, heading._replace(w=width, h=FADER_ROWS), colour)
        x += len(names) * width


def _faders(
    at: str, names: list[str], table: Table, first: GridRect, colour: str
) -> Iterator[Item]:
    """A row of faders below a heading; `first`: the first one with the heading's part above it."""
    x, y, w, h = first
    for number, name in enumerate(names):
        grid = GridRect(x + number * w, y + HEADING_ROWS, w, h - HEADING_ROWS)
        label = LABELS.get(name) or name.rpartition("/")[2]
        yield _item(table, "fader", label, grid, colour, f"{at}/{name}")


def _voice_buttons(at: str, table: Table) -> Iterator[Item]:
    """Large buttons for one voice: mute, solo, more and no."""
    for number, (label, colour) in enumerate((("mute", "off"), ("solo", "on"))):
        x = SIDE + SIDE_COLUMNS / 2 * number
        grid = GridRect(x, BUTTONS, SIDE_COLUMNS / 2, BUTTON_ROWS)
        yield _item(table, "switch", label, grid, colour, f"{at}/{label}")
    grid = GridRect(SIDE, BUTTONS + BUTTON_ROWS, SIDE_COLUMNS, BUTTON_ROWS)
    yield from _judgement(at, table, grid, "plain")


def _snapshots(table: Table) -> Iterator[Item]:
    """Buttons that store and recall snapshots."""
    width = SIDE_COLUMNS / len(SNAPSHOTS)
    for row, (label, colour) in enumerate((("store", "off"), ("recall", "on"))):
        for number, name in enumerate(SNAPSHOTS):
            grid = GridRect(SIDE + number * width, BUTTONS + BUTTON_ROWS * row, width, BUTTON_ROWS)
            yield _item(table, "tap", f"{label} {name}", grid, colour, f"/snapshot/{label}", name)
