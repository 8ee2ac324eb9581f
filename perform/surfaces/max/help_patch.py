"""The help patcher of the Max surface: what it does, example messages, and what it publishes."""

from perform.control.published import FEEDBACK
from perform.control.registry import CONTROLS, NAME, STATE, STATS, Control
from perform.surfaces.layout import Surface
from perform.surfaces.max.patcher import Patcher, to_file

LINES = 5  # examples below each other
EXAMPLES = "sideman.help"  # the send name of all examples
INK, QUIET = "#1c2128", "#55606e"


def write(surface: Surface) -> bytes:
    """The help patcher as a file: examples of messages into `sideman`, and a route behind it."""
    patcher = Patcher(1580, 880, 520.0, 3, presentation=False)
    patcher.lane()
    _text(patcher, "sideman", INK, 26.0)
    _text(patcher, "an improvising partner: send it chords, and it plays phrases", QUIET, 12.0)
    _text(
        patcher,
        "Open sideman.maxpat and play it, or use it as an object in your own patcher,",
        QUIET,
        12.0,
    )
    _text(
        patcher,
        "as here: the inlet sends to the daemon, the outlet gives what the daemon publishes.",
        QUIET,
        12.0,
    )
    _text(
        patcher,
        f"The daemon listens at {surface.host} {surface.port}, "
        f"the patcher at {surface.feedback_port}.",
        QUIET,
        12.0,
    )
    patcher.lane()
    examples_in = patcher.object(f"r {EXAMPLES}", 0, 1)
    box = patcher.object("sideman", 1, 1)
    patcher.cord(examples_in, 0, box)
    published = [row.address for row in FEEDBACK if not row.address.startswith((STATE, STATS))]
    names = [f"{surface.prefix}{address}" for address in published]
    route = patcher.object(f"route {' '.join(names)}", len(names) + 1, len(names) + 1)
    patcher.cord(box, 0, route)
    for number, name in enumerate(names):
        shown = patcher.object(f"print {name}", 1, 0)
        patcher.cord(route, number, shown)
    examples = [example for control in CONTROLS if (example := _example(surface, control))]
    for start in range(0, len(examples), LINES):
        patcher.lane()
        boxes = []
        for message, meaning in examples[start : start + LINES]:
            boxes.append(patcher.message(message))
            _text(patcher, meaning, QUIET, 10.0)
        examples_out = patcher.object(f"s {EXAMPLES}", 1, 0)
        for box in boxes:
            patcher.cord(box, 0, examples_out)
    return to_file(patcher)


def _text(patcher: Patcher, text: str, colour: str, size: float) -> None:
    patcher.comment(text, None, colour, size, textjustification=0)


def _example(surface: Surface, control: Control) -> tuple[str, str] | None:
    """An example message and what it does; None for a control that a surface uses by itself."""
    if control.kind in ("request", "note") or (
        NAME in control.address and control.kind != "switch"
    ):
        return None
    address = surface.prefix + control.address_of(surface.voices[0])
    value = {
        "action": "", "chord": "Dm7", "text": str(control.default or surface.models[0]),
        "switch": "1", "number": "1" if control.high == 1 else str(control.default),
        "choice": control.choices[0] if control.choices else "",
    }[control.kind]  # fmt: skip
    if control.address == "/chart":
        value = '"Dm7 | G7 | Cmaj7 | %"'
    if control.address.startswith("/snapshot"):
        value = "A"
    if control.address == "/song":
        value = "2"
    return f"{address} {value}".strip(), control.help
