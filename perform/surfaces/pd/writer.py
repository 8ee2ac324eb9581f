"""A surface as a patch for vanilla Pure Data (0.51 or later); all connections are in a subpatch.

Each control sends and receives at names made from its address: `/tempo:say` and `/tempo:hear`.
Feedback is "set", so that a control does not send it back.
"""

from perform.surfaces import colours
from perform.surfaces.layout import Item, Page, Rect, Surface, option_cells, place_items, split_item
from perform.surfaces.pd.canvas import Canvas, word
from perform.surfaces.pd.connections import connections
from perform.surfaces.pd.style import FIGURE, resting, turn_name

WIDTH, BAR, PLAY, PARAMETERS, OPEN, GAP, LINE = 1220, 143, 480, 450, 36, 6.0, 14.0
EDGE = 2  # an object nearer to the edge of its canvas, in pixels, gets the window scroll bars
SHOWN = 10  # letters of a chord or key that have room, at the size of its text
LETTER = 0.6  # the width of every letter, as a share of its height
TURN = 28  # the height of the letters that say whose turn it is, in pixels
LABEL = 13  # the height of a label below a button, in pixels
NONE = "empty"


def write(surface: Surface) -> bytes:
    """The patch as a file."""
    play, *others = surface.pages
    front = _canvas(BAR + PLAY + OPEN)
    _items(front, surface.bar, Rect(0, 0, WIDTH, BAR))
    _items(front, play, Rect(0, BAR, WIDTH, PLAY))
    # Pure Data draws the box of a subpatch in black, which no property changes
    _cnv(front, Rect(EDGE, BAR + PLAY, WIDTH - 2 * EDGE, OPEN - EDGE), colours.QUIET)
    windows = [_window(page) for page in others]
    for number, window in enumerate([*windows, connections(surface)]):
        front.sub(window, 12 + number * (WIDTH - 24) / (len(windows) + 1), BAR + PLAY + 8)
    return ("\n".join(front.lines()) + "\n").encode()


def _window(page: Page) -> Canvas:
    window = _canvas(PARAMETERS, page.name)
    _items(window, page, Rect(0, 0, WIDTH, PARAMETERS))
    return window


def _canvas(height: int, name: str = "") -> Canvas:
    """A canvas with the colour of the background, in a window where all of it is visible."""
    canvas = Canvas(WIDTH, height, name)
    _cnv(canvas, Rect(EDGE, EDGE, WIDTH - 2 * EDGE, height - 2 * EDGE), colours.GROUND)
    return canvas


def _items(canvas: Canvas, page: Page, frame: Rect) -> None:
    for item, rect in place_items(page, frame, GAP):
        caption, body, figure = split_item(item, rect, LINE)
        if caption is not None:
            _label(canvas, caption, item.label, colours.QUIET, 10)
        if figure is not None:
            _changing_text(
                canvas, figure, f"{item.address}:figure", _initial_value(item), colours.TEXT, 10
            )
        _add_item(canvas, item, body)


def _add_item(canvas: Canvas, item: Item, rect: Rect) -> None:
    bright, rest = colours.bright(item.colour), colours.dim(item.colour, 0.4)
    match item.kind:
        case "tap":
            _bang(canvas, rect, _send_name(item), NONE, item.label, rest)
        case "switch":
            side, x, y = _square(rect, LABEL)
            label = _below(side, item.label)
            canvas.obj("tgl", side, 0, f"{item.address}:say", f"{item.address}:hear", *label,
                       rest, colours.TEXT, colours.TEXT, 0, 1, x=x, y=y)  # fmt: skip
        case "choice" | "pads":
            for option, cell in option_cells(item, rect, GAP):
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
            _display(canvas, item, rect, bright)


def _display(canvas: Canvas, item: Item, rect: Rect, bright: str) -> None:
    match item.kind:
        case "title":
            size = 18 if item.grid.h >= 1 else 11
            colour = colours.TEXT if item.colour == "plain" else bright
            _label(canvas, rect, item.label, colour, size, left=True)
        case "shown":
            size = min(22, int(rect.w / (LETTER * SHOWN)))
            label = (item.first_text or NONE, 4, round(rect.h / 2), 0, size)
            _cnv(canvas, rect, colours.GROUND, label, bright, f"{item.address}:hear")
        case "refused":
            name = f"{item.address}:hear"
            _cnv(canvas, rect, colours.GROUND, (NONE, 2, round(rect.h / 2), 0, 12), bright, name)
        case "turn" | "turn bars":
            ink = bright if item.kind == "turn bars" else colours.GROUND
            text = word(item.label) if item.label else NONE
            label = (text, *_centred(rect.w, item.label or "0", TURN), round(rect.h / 2), 0, TURN)
            _cnv(canvas, rect, colours.GROUND, label, ink, turn_name(item))
        case "beat":
            side = min(int(rect.h), 24)
            _flash(canvas, rect.x, rect.y + (rect.h - side) / 2, side, "/beat:light", bright)
            half = (rect.w - side) / 2
            for number, part in enumerate(("bar", "beat")):
                half_rect = Rect(rect.x + side + number * half, rect.y, half, rect.h)
                _changing_text(
                    canvas, half_rect, f"/beat:{part}", "1", bright if number else colours.QUIET, 22
                )
        case "light":
            side = min(int(rect.h) - LABEL, 26)
            _flash(
                canvas,
                rect.x,
                rect.y + (rect.h - side) / 2,
                side,
                f"/note/{item.value}:light",
                bright,
            )
            beside = Rect(rect.x + side + 2, rect.y, rect.w - side - 2, rect.h)
            _label(canvas, beside, item.label, bright, 12, left=True)
        case _:
            pass  # a latch: a bang of Pure Data does not report its release


def _initial_value(item: Item) -> str:
    """The first value of a fader, as the text below it."""
    return FIGURE % item.bounds[2]


def _send_name(item: Item) -> str:
    """The name that a button sends to: its address, with its value if it has one."""
    return f"{item.address}={item.value}" if item.value else f"{item.address}:say"


def _slider(canvas: Canvas, item: Item, rect: Rect, colour: str) -> None:
    low, high, _ = item.bounds
    horizontal = rect.w > rect.h
    canvas.obj(
        "hsl" if horizontal else "vsl", int(rect.w - 6), int(rect.h - 4), low, high, 0, 0,
        f"{item.address}:say", f"{item.address}:hear", NONE, 0, -8, 0, 10, colours.PANEL, colour,
        colours.TEXT, 0, 1,
        x=rect.x + 3, y=rect.y + 2,
    )  # fmt: skip


def _bang(
    canvas: Canvas, rect: Rect, send: str, receive: str, text: str, colour: str, *,
    inside: bool = False,
) -> None:  # fmt: skip
    side, x, y = _square(rect, 0 if inside else LABEL)
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


def _square(rect: Rect, label: int) -> tuple[int, float, float]:
    """Side and corner of the largest square in a rectangle with a label below it, in pixels."""
    side = int(min(rect.w, rect.h - label))
    return side, rect.x + (rect.w - side) / 2, rect.y + (rect.h - label - side) / 2


def _below(side: int, text: str) -> tuple[object, ...]:
    return (text, *_centred(side, text, 10), side + LABEL // 2 + 1, 0, 10)


def _centred(width: float, text: str, size: int) -> tuple[int]:
    """The distance of a centred label from the left edge, in pixels."""
    return (round((width - LETTER * size * len(text)) / 2),)


def _label(
    canvas: Canvas, rect: Rect, text: str, colour: str, size: int, *, left: bool = False
) -> None:
    size = max(min(size, int((rect.w + GAP - 2) / (LETTER * max(len(text), 1)))), 7)
    indent = (2,) if left else _centred(rect.w, text, size)
    _cnv(
        canvas,
        rect,
        colours.GROUND,
        (text, *indent, round(rect.h / 2), 0, size),
        colour,
    )


def _changing_text(
    canvas: Canvas, rect: Rect, receive: str, text: str, colour: str, size: int
) -> None:
    """A text that messages change: the label of a canvas, aligned to where it begins."""
    label = (word(text), *_centred(rect.w, text, size), round(rect.h / 2), 0, size)
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
