"""A surface as a patch for vanilla Pure Data (0.51 or later): knobs in front, all wires in a subpatch.

Each knob sends to, and receives from, a name made from its address: `/tempo:say` and `/tempo:hear`. What is told is
"set", so that nothing goes round.
"""

from perform.surfaces import colours
from perform.surfaces.layout import Item, Page, Rect, Surface, cells, parts, placed
from perform.surfaces.pd.canvas import Canvas
from perform.surfaces.pd.connections import wires
from perform.surfaces.pd.style import FIGURE, resting

WIDTH, BAR, PLAY, SHAPE, OPEN, GAP, LINE = 1040, 101, 480, 450, 36, 6.0, 14.0
LETTER = 0.6  # of a letter's height is its width: they are all as wide
UNDER = 13  # pixels of a label below a button
NONE = "empty"


def write(surface: Surface) -> bytes:
    """The patch as a file."""
    play, *shapes = surface.pages
    front = Canvas(WIDTH, BAR + PLAY + OPEN)
    _ground(front, WIDTH, BAR + PLAY + OPEN)
    _items(front, surface.bar, Rect(0, 0, WIDTH, BAR))
    _items(front, play, Rect(0, BAR, WIDTH, PLAY))
    windows = [_window(page) for page in shapes]
    for number, window in enumerate([*windows, wires(surface)]):
        front.sub(window, 12 + number * (WIDTH - 24) / (len(windows) + 1), BAR + PLAY + 8)
    return ("\n".join(front.lines()) + "\n").encode()


def _window(page: Page) -> Canvas:
    window = Canvas(WIDTH, SHAPE, page.name)
    _ground(window, WIDTH, SHAPE)
    _items(window, page, Rect(0, 0, WIDTH, SHAPE))
    return window


def _ground(canvas: Canvas, width: int, height: int) -> None:
    _cnv(canvas, Rect(0, 0, width, height), colours.GROUND)


def _items(canvas: Canvas, page: Page, frame: Rect) -> None:
    for item, rect in placed(page, frame, GAP):
        caption, body, figure = parts(item, rect, LINE)
        if caption is not None:
            _label(canvas, caption, item.label, colours.QUIET, 10)
        if figure is not None:
            _shown(canvas, figure, f"{item.address}:figure", figure_of(item), colours.TEXT, 10)
        _made(canvas, item, body)


def _made(canvas: Canvas, item: Item, rect: Rect) -> None:
    bright, rest = colours.bright(item.colour), colours.dim(item.colour, 0.4)
    match item.kind:
        case "tap":
            _bang(canvas, rect, name_of(item), NONE, item.label, rest)
        case "switch":
            side, x, y = _square(rect, UNDER)
            label = _below(side, item.label)
            canvas.obj("tgl", side, 0, f"{item.address}:say", f"{item.address}:hear", *label,
                       rest, colours.TEXT, colours.TEXT, 0, 1, x=x, y=y)  # fmt: skip
        case "choice" | "pads":
            for option, cell in cells(item, rect, GAP):
                name = f"{item.address}={option}"
                _bang(
                    canvas,
                    cell,
                    name,
                    f"{name}:hear",
                    option,
                    resting(item, option),
                    inside=item.kind == "pads",
                )
        case "fader":
            _slider(canvas, item, rect, bright)
        case _:
            _looked_at(canvas, item, rect, bright)


def _looked_at(canvas: Canvas, item: Item, rect: Rect, bright: str) -> None:
    match item.kind:
        case "title":
            size = 18 if item.place.h >= 1 else 11
            colour = colours.TEXT if item.colour == "plain" else bright
            _label(canvas, rect, item.label, colour, size, left=True)
        case "shown":
            first = str(item.control.default) if item.control is not None else ""
            _shown(canvas, rect, f"{item.address}:hear", first, bright, 22)
        case "refused":
            name = f"{item.address}:hear"
            _cnv(canvas, rect, colours.GROUND, (NONE, 2, round(rect.h / 2), 0, 12), bright, name)
        case "beat":
            side = min(int(rect.h), 24)
            _flash(canvas, rect.x, rect.y + (rect.h - side) / 2, side, "/beat:light", bright)
            half = (rect.w - side) / 2
            for number, part in enumerate(("bar", "beat")):
                place = Rect(rect.x + side + number * half, rect.y, half, rect.h)
                _shown(canvas, place, f"/beat:{part}", "1", bright if number else colours.QUIET, 22)
        case "light":
            side = min(int(rect.h) - UNDER, 26)
            _flash(
                canvas,
                rect.x,
                rect.y + (rect.h - side) / 2,
                side,
                f"/note/{item.says}:light",
                bright,
            )
            beside = Rect(rect.x + side + 2, rect.y, rect.w - side - 2, rect.h)
            _label(canvas, beside, item.label, bright, 12, left=True)
        case _:
            pass  # a latch: a bang of Pure Data does not say when it comes up


def figure_of(item: Item) -> str:
    """Where a fader stands at first, as its figure says it."""
    return FIGURE % item.bounds[2]


def name_of(item: Item) -> str:
    """What a button sends to: its address, and what it says where it says something."""
    return f"{item.address}={item.says}" if item.says else f"{item.address}:say"


def _slider(canvas: Canvas, item: Item, rect: Rect, colour: str) -> None:
    low, high, _ = item.bounds
    lies = rect.w > rect.h
    canvas.obj(
        "hsl" if lies else "vsl", int(rect.w - 6), int(rect.h - 4), low, high, 0, 0, f"{item.address}:say",
        f"{item.address}:hear", NONE, 0, -8, 0, 10, colours.PANEL, colour, colours.TEXT, 0, 1,
        x=rect.x + 3, y=rect.y + 2,
    )  # fmt: skip


def _bang(
    canvas: Canvas, rect: Rect, send: str, receive: str, text: str, colour: str, *, inside: bool = False
) -> None:  # fmt: skip
    side, x, y = _square(rect, 0 if inside else UNDER)
    label = (text, *_centred(side, text, 10), side // 2, 0, 10) if inside else _below(side, text)
    canvas.obj(
        "bng",
        side,
        120,
        40,
        0,
        send,
        receive,
        *label,
        colour,
        colours.bright("on"),
        colours.TEXT,
        x=x,
        y=y,
    )


def _flash(canvas: Canvas, x: float, y: float, side: int, receive: str, colour: str) -> None:
    canvas.obj(
        "bng",
        side,
        120,
        40,
        0,
        NONE,
        receive,
        NONE,
        0,
        0,
        0,
        10,
        colours.PANEL,
        colour,
        colour,
        x=x,
        y=y,
    )


def _square(rect: Rect, under: int) -> tuple[int, float, float]:
    """Side and corner of the largest square in a rectangle, with room for a label below it."""
    side = int(min(rect.w, rect.h - under))
    return side, rect.x + (rect.w - side) / 2, rect.y + (rect.h - under - side) / 2


def _below(side: int, text: str) -> tuple[object, ...]:
    return (text, *_centred(side, text, 10), side + UNDER // 2 + 1, 0, 10)


def _centred(wide: float, text: str, size: int) -> tuple[int]:
    """How far from the left a label begins so that it stands in the middle."""
    return (round((wide - LETTER * size * len(text)) / 2),)


def _label(
    canvas: Canvas, rect: Rect, text: str, colour: str, size: int, *, left: bool = False
) -> None:
    size = max(min(size, int((rect.w + GAP) / (LETTER * max(len(text), 1)))), 7)
    indent = (2,) if left else _centred(rect.w, text, size)
    _cnv(
        canvas,
        rect,
        colours.GROUND,
        (text, *indent, round(rect.h / 2), 0, size),
        colour,
    )


def _shown(canvas: Canvas, rect: Rect, receive: str, text: str, colour: str, size: int) -> None:
    """A text that changes: the label of a canvas, which stays where it begins."""
    label = (text, *_centred(rect.w, text, size), round(rect.h / 2), 0, size)
    _cnv(canvas, rect, colours.GROUND, label, colour, receive)


def _cnv(
    canvas: Canvas, rect: Rect, colour: str, label: tuple[object, ...] = (NONE, 0, 0, 0, 10),
    ink: str = colours.TEXT, receive: str = NONE,
) -> None:  # fmt: skip
    canvas.obj(
        "cnv",
        4,
        int(rect.w),
        int(rect.h),
        NONE,
        receive,
        *label,
        colour,
        ink,
        0,
        x=rect.x,
        y=rect.y,
    )
