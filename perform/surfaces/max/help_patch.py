"""The help patcher of the Max surface: what it is, what can be said to it, what comes out of it."""

from perform.control.published import FEEDBACK
from perform.control.registry import CONTROLS, NAME, STATE, STATS, Control
from perform.surfaces.layout import Surface
from perform.surfaces.max.patcher import Patcher, written

LINES = 5  # examples below each other
SAID = "sideman.help"  # where the examples meet
INK, QUIET = "#1c2128", "#55606e"


def write(surface: Surface) -> bytes:
    """The help patcher as a file: an example of each kind of message into `sideman`, and a route behind it."""
    patcher = Patcher(1580, 880, 520.0, 3, presentation=False)
    patcher.lane()
    _text(patcher, "sideman", INK, 26.0)
    _text(patcher, "a partner that improvises: it hears chords, and plays phrases", QUIET, 12.0)
    _text(
        patcher, "Open sideman.maxpat and play it, or put it into a patcher of yours,", QUIET, 12.0
    )
    _text(
        patcher,
        "as here: whatever comes in goes to the daemon, what it tells comes out.",
        QUIET,
        12.0,
    )
    _text(
        patcher,
        f"It hears at {surface.host} {surface.port}; this computer hears at {surface.back}.",
        QUIET,
        12.0,
    )
    patcher.lane()
    said = patcher.object(f"r {SAID}", 0, 1)
    box = patcher.object("sideman", 1, 1)
    patcher.cord(said, 0, box)
    told = [row.address for row in FEEDBACK if not row.address.startswith((STATE, STATS))]
    names = [f"{surface.prefix}{address}" for address in told]
    route = patcher.object(f"route {' '.join(names)}", len(names) + 1, len(names) + 1)
    patcher.cord(box, 0, route)
    for number, name in enumerate(names):
        shown = patcher.object(f"print {name}", 1, 0)
        patcher.cord(route, number, shown)
    examples = [example for control in CONTROLS if (example := _example(surface, control))]
    for start in range(0, len(examples), LINES):
        patcher.lane()
        boxes = []
        for says, means in examples[start : start + LINES]:
            boxes.append(patcher.message(says))
            _text(patcher, means, QUIET, 10.0)
        said = patcher.object(f"s {SAID}", 1, 0)
        for message in boxes:
            patcher.cord(message, 0, said)
    return written(patcher)


def _text(patcher: Patcher, text: str, colour: str, size: float) -> None:
    patcher.comment(text, None, colour, size, textjustification=0)


def _example(surface: Surface, control: Control) -> tuple[str, str] | None:
    """A message that the daemon takes, and what it does; None for what a surface says by itself."""
    if control.kind in ("request", "note") or (
        NAME in control.address and control.kind != "switch"
    ):
        return None
    address = surface.prefix + control.address_of(surface.voices[0])
    says = {
        "action": "", "chord": "Dm7", "text": str(control.default or surface.models[0]),
        "switch": "1", "number": "1" if control.high == 1 else str(control.default),
        "choice": control.choices[0] if control.choices else "",
    }[control.kind]  # fmt: skip
    if control.address == "/chart":
        says = '"Dm7 | G7 | Cmaj7 | %"'
    if control.address.startswith("/snapshot"):
        says = "A"
    return f"{address} {says}".strip(), control.help
