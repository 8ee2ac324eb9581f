"""What stands where on a surface, in no format yet: made from the table of controls for the voices of a rig."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from perform.config.schema import Rig
from perform.config.voices import ROLES, VoiceConfig
from perform.control.registry import STATE, Control, addresses
from perform.engine.parameters import PARAMETERS, UNSET
from perform.errors import RigError
from perform.inputs.kinds import InputsConfig
from perform.inputs.osc import OscInputConfig
from perform.music.chord import Chord
from perform.music.quality import BY_NAME
from perform.net.address import LOOPBACK, host_port

ItemKind = Literal[
    "title",
    "tap",
    "switch",
    "fader",
    "choice",
    "pads",
    "shown",
    "beat",
    "light",
    "latch",
    "refused",
]
PAD_QUALITIES = ("", "m", "7", "maj7", "m7", "m7b5", "dim7")
KEYS = ("auto", "none")  # as /key takes them, beside the names of keys
SNAPSHOTS = ("A", "B", "C", "D")
NOT_ON_IT = (
    "/chart",
    "/note",
    "/learn",
    "/subscribe",
    "/subscribe/again",
    "/unsubscribe",
    "/stats",
)
ASK_AGAIN_MS = 5000  # a daemon that was started again knows nobody
BACK = 9001
MODELS_ABREAST = 3
HEADING = 0.4  # of a cell, above a row of faders
KEY = 1.85  # columns of each button in a voice's strip
WISHES, FEEL = 17.0, 10.0  # columns that the faders of a page stand in


class Place(NamedTuple):
    """Where something stands on its page: in cells of the page's grid, from its upper left corner."""

    x: float
    y: float
    w: float
    h: float


class Item(NamedTuple):
    """One thing on a page. `address` is what it sends to, or follows, below the prefix; `says` what it sends where
    that is always the same; `options` what a choice or the pads offer, in rows of `columns`.
    """

    kind: ItemKind
    label: str
    place: Place
    colour: str = "plain"
    address: str = ""
    says: str = ""
    control: Control | None = None
    options: tuple[str, ...] = ()
    columns: int = 1

    @property
    def follows(self) -> str:
        """The address, below the prefix, at which it is told where it stands; "" for none."""
        if self.kind in ("beat", "light", "refused"):
            return self.address
        told = self.control is not None and self.control.published
        return f"{STATE}{self.address}" if told else ""

    @property
    def bounds(self) -> tuple[float, float, float]:
        """Lowest, highest and first value of a fader."""
        assert self.control is not None  # noqa: S101 - every fader has one
        low, high, first = self.control.low, self.control.high, self.control.default
        assert low is not None  # noqa: S101 - as every number of the table
        assert high is not None  # noqa: S101
        return low, high, float(first or 0.0)

    @property
    def free(self) -> bool:
        """Whether the lowest value of a fader means: as it comes."""
        return self.kind == "fader" and self.bounds[0] == UNSET


class Page(NamedTuple):
    """What is seen at once: a grid of `columns` by `rows` cells with items on it."""

    name: str
    columns: float
    rows: float
    items: tuple[Item, ...]


class Surface(NamedTuple):
    """A whole surface: a bar that is always there, and pages: the pads with the voices, then the knobs of all
    voices at once, then those of each. `host` and `port` are where the daemon hears, `back` the port at which
    the surface hears.
    """

    prefix: str
    host: str
    port: int
    back: int
    voices: tuple[str, ...]
    models: tuple[str, ...]
    bar: Page
    pages: tuple[Page, ...]

    def items(self) -> Iterator[Item]:
        """Every item of every page."""
        for page in (self.bar, *self.pages):
            yield from page.items


class Rect(NamedTuple):
    """A rectangle in pixels."""

    x: float
    y: float
    w: float
    h: float


def placed(page: Page, frame: Rect, gap: float) -> Iterator[tuple[Item, Rect]]:
    """Each item with its pixels, when the page fills a frame; `gap` stays free between neighbours."""
    wide, high = frame.w / page.columns, frame.h / page.rows
    for item in page.items:
        x, y, w, h = item.place
        yield (
            item,
            Rect(
                round(frame.x + x * wide + gap / 2, 1),
                round(frame.y + y * high + gap / 2, 1),
                round(w * wide - gap, 1),
                round(h * high - gap, 1),
            ),
        )


def cells(item: Item, rect: Rect, gap: float) -> Iterator[tuple[str, Rect]]:
    """Each option of a choice, or each pad, with its pixels."""
    rows = -(-len(item.options) // item.columns)
    wide, high = (rect.w + gap) / item.columns, (rect.h + gap) / rows
    for number, option in enumerate(item.options):
        row, column = divmod(number, item.columns)
        corner = (round(rect.x + column * wide, 1), round(rect.y + row * high, 1))
        yield option, Rect(*corner, round(wide - gap, 1), round(high - gap, 1))


def is_black(item: Item, option: str) -> bool:
    """Whether a pad's root is a black key: those are darker, so that a hand finds its way."""
    return item.kind == "pads" and option[1:2] in ("b", "#")


class Parts(NamedTuple):
    """Where an item has its caption, its body, and the figure that says where it stands; None without one."""

    caption: Rect | None
    body: Rect
    figure: Rect | None


def parts(item: Item, rect: Rect, line: float) -> Parts:
    """An item's rectangle divided; `line` is how high a line of small text is."""
    x, y, w, h = rect
    if item.kind == "fader":
        body = Rect(x, y + line, w, round(h - 2 * line, 1))
        if w > h:  # lying: the figure stands beside the caption, and the fader has the rest
            half = round(w / 2, 1)
            lying = Rect(x, y + line, w, round(h - line, 1))
            return Parts(Rect(x, y, half, line), lying, Rect(x + half, y, w - half, line))
        return Parts(Rect(x, y, w, line), body, Rect(x, round(y + h - line, 1), w, line))
    if item.kind in ("choice", "shown", "beat"):
        return Parts(Rect(x, y, w, line), Rect(x, y + line, w, round(h - line, 1)), None)
    return Parts(None, rect, None)


def shipped() -> Rig:
    """The rig that the files in patches/ are made for: a voice of each role."""
    voices = [VoiceConfig(name=role, role=role) for role in ROLES]  # type: ignore[arg-type]
    return Rig(inputs=InputsConfig(osc=OscInputConfig()), voices=tuple(voices))


def surface(
    rig: Rig, models: tuple[str, ...], host: str = "", port: int = 0, back: int = BACK
) -> Surface:
    """The surface for a rig. `models`: bundles to pick from; those that its voices play are among them. `host` and
    `port`: where the daemon is found; where the rig says it listens, if they are not said.

    RigError where the rig hears no OSC, or where a voice's name cannot be part of an address in every format.
    """
    if rig.inputs.osc is None:
        raise RigError("surfaces speak OSC, and this rig hears none; give it an [inputs.osc]")
    heard, heard_at = host_port(rig.inputs.osc.listen)
    voices = tuple(_addressable(voice.name) for voice in rig.voices)
    played = [name for voice in rig.voices for name in (voice.model, voice.other) if name]
    models = tuple(dict.fromkeys((*models, *played)))
    table = dict(addresses(voices))
    shapes = (_shape("", table, models), *(_shape(voice, table, models) for voice in voices))
    return Surface(
        prefix=rig.inputs.osc.prefix,
        host=host or (LOOPBACK if heard in ("0.0.0.0", "::") else heard),  # noqa: S104 - not bound here
        port=port or heard_at,
        back=back,
        voices=voices,
        models=models,
        bar=_bar(table),
        pages=(_play(voices, table), *shapes),
    )


def _addressable(voice: str) -> str:
    if not all(letter.isalnum() or letter in "-_." for letter in voice):
        raise RigError(
            f"voice {voice!r}: a surface addresses voices by letters, digits, - _ and .; call it by those"
        )
    return voice


def _bar(table: dict[str, Control]) -> Page:
    """The harmony that sounds, the beat, transport, tempo, silence; below them what was refused last, and why."""
    transport, tempo = table["/transport"], table["/tempo"]
    items = (
        Item("shown", "chord", Place(0, 0, 6, 2), "chord", "/chord", control=table["/chord"]),
        Item("beat", "beat", Place(6, 0, 3, 2), "beat", "/beat"),
        Item("choice", "transport", Place(9, 0, 9, 2), "go", "/transport", control=transport,
             options=transport.choices, columns=len(transport.choices)),
        Item("fader", "tempo", Place(18, 0, 8, 2), "time", "/tempo", control=tempo),
        Item("tap", "tap", Place(26, 0, 2.5, 2), "time", "/tap", control=table["/tap"]),
        Item("tap", "PANIC", Place(28.5, 0, 3.5, 2), "stop", "/panic", control=table["/panic"]),
        Item("refused", "", Place(0, 2, 32, 0.4), "stop", "/error"),
    )  # fmt: skip
    return Page("bar", 32, 2.4, items)


def _play(voices: tuple[str, ...], table: dict[str, Control]) -> Page:
    """Chord pads, twelve roots by qualities; beside them a strip of every voice."""
    pads = tuple(
        Chord(root, BY_NAME[quality], root).symbol
        for quality in PAD_QUALITIES
        for root in range(12)
    )
    metre = table["/metre"]
    low = float(len(PAD_QUALITIES))
    items = [
        Item("pads", "chords", Place(0, 0, 24, low), "chord", "/chord", control=table["/chord"],
             options=pads, columns=12),
        Item("latch", "latch", Place(0, low, 4, 1), "chord"),
        Item("tap", "release", Place(4, low, 4, 1), "chord", "/chord/release", control=table["/chord/release"]),
        Item("tap", "N.C.", Place(8, low, 4, 1), "chord", "/chord", "N.C.", table["/chord"]),
        Item("tap", "chart: next", Place(12, low, 4, 1), "chord", "/chart/next", control=table["/chart/next"]),
        Item("choice", "key from", Place(16, low, 4, 1), "time", "/key", control=table["/key"],
             options=KEYS, columns=len(KEYS)),
        Item("shown", "key", Place(20, low, 4, 1), "time", "/key", control=table["/key"]),
        Item("choice", "metre", Place(24, low, 10, 1), "time", "/metre", control=metre,
             options=metre.choices, columns=len(metre.choices)),
        *_strips(voices, table, low),
    ]  # fmt: skip
    return Page("play", 34, low + 1, tuple(items))


def _strips(voices: tuple[str, ...], table: dict[str, Control], rows: float) -> Iterator[Item]:
    """One line for all voices, and one for each: what it plays, mute, solo, and judgement."""
    high = min(1.75, rows / (len(voices) + 1))
    yield Item("title", "all voices", Place(24, 0, 6, high))
    yield from _judged("", table, Place(34 - 2 * KEY, 0, 2 * KEY, high), "plain")
    for number, voice in enumerate(voices):
        y, colour, at = (number + 1) * high, f"voice{number}", f"/voice/{voice}"
        yield Item("light", voice, Place(24, y, 10 - 4 * KEY, high), colour, "/note", voice)
        for before, (label, lit) in ((4, ("mute", "off")), (3, ("solo", "on"))):
            place = Place(34 - before * KEY, y, KEY, high)
            yield Item("switch", label, place, lit, f"{at}/{label}", control=table[f"{at}/{label}"])
        yield from _judged(at, table, Place(34 - 2 * KEY, y, 2 * KEY, high), colour)


def _judged(at: str, table: dict[str, Control], place: Place, colour: str) -> Iterator[Item]:
    half = place._replace(w=place.w / 2)
    yield Item("tap", "more", half, colour, f"{at}/more", control=table[f"{at}/more"])
    other = half._replace(x=place.x + half.w)
    yield Item("tap", "no", other, colour, f"{at}/no", control=table[f"{at}/no"])


def _shape(voice: str, table: dict[str, Control], models: tuple[str, ...]) -> Page:
    """The knobs of one voice, or of all at once where it is ""."""
    at = f"/voice/{voice}" if voice else ""
    weights = [name for name in PARAMETERS if name.startswith("weight/")]
    targets = [name for name in PARAMETERS if name.startswith("target/")]
    feel = [
        "mode/bars",
        *(name for name in PARAMETERS if name not in weights and name not in targets),
    ]
    mode = table[f"{at}/mode"]
    items = [
        Item("title", voice or "all voices", Place(0, 0, 2.5, 1)),
        Item("choice", "mode", Place(2.5, 0, 5.5, 1), "go", f"{at}/mode", control=mode,
             options=mode.choices, columns=len(mode.choices)),
        Item("choice", "model", Place(8, 0, 4.5, 1), "time", f"{at}/model", control=table[f"{at}/model"],
             options=models, columns=min(len(models), MODELS_ABREAST)),
        Item("choice", "blend to", Place(12.5, 0, 4.5, 1), "feel", f"{at}/other",
             control=table[f"{at}/other"], options=models, columns=min(len(models), MODELS_ABREAST)),
        *_headings(len(weights) / (len(weights) + len(targets))),
        *_faders(at, weights, table, 0, WISHES / (len(weights) + len(targets)), 1, "wish"),
        *_faders(at, targets, table, len(weights), WISHES / (len(weights) + len(targets)), 1, "target"),
        *_faders(at, feel, table, 0, FEEL / len(feel), 4.5, "feel"),
        *(_ends(at, table) if voice else _snapshots(table)),
    ]  # fmt: skip
    return Page(voice or "all", WISHES, 8, tuple(items))


def _headings(share: float) -> Iterator[Item]:
    """What the rows of faders are; the weights take `share` of the first one."""
    yield Item("title", "WISHES", Place(0, 1, WISHES * share, HEADING), "wish")
    yield Item(
        "title", "TARGETS", Place(WISHES * share, 1, WISHES * (1 - share), HEADING), "target"
    )
    yield Item("title", "FORM AND FEEL", Place(0, 4.5, FEEL, HEADING), "feel")


def _faders(
    at: str, names: list[str], table: dict[str, Control], first: int, wide: float, y: float, colour: str
) -> Iterator[Item]:  # fmt: skip
    for number, name in enumerate(names):
        place = Place((first + number) * wide, y + HEADING, wide, 3.5 - HEADING)
        label = name.rpartition("/")[2]
        address = f"{at}/{name}"
        yield Item("fader", label, place, colour, address, control=table[address])


def _ends(at: str, table: dict[str, Control]) -> Iterator[Item]:
    """Mute, solo and judgement of one voice, large."""
    for number, (label, colour) in enumerate((("mute", "off"), ("solo", "on"))):
        place = Place(FEEL + 0.4 + 3.3 * number, 4.5, 3.3, 1.75)
        yield Item("switch", label, place, colour, f"{at}/{label}", control=table[f"{at}/{label}"])
    yield from _judged(at, table, Place(FEEL + 0.4, 6.25, 6.6, 1.75), "plain")


def _snapshots(table: dict[str, Control]) -> Iterator[Item]:
    """Where all knobs stand, kept and brought back."""
    wide = 6.6 / len(SNAPSHOTS)
    for row, (label, colour) in enumerate((("store", "off"), ("recall", "on"))):
        address = f"/snapshot/{label}"
        for number, name in enumerate(SNAPSHOTS):
            place = Place(FEEL + 0.4 + number * wide, 4.5 + 1.75 * row, wide, 1.75)
            yield Item("tap", f"{label} {name}", place, colour, address, name, table[address])


def hint(item: Item) -> str:
    """One line of help for an item, from the table."""
    return item.control.help.removeprefix("of one voice: ") if item.control is not None else ""
