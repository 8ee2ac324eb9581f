"""The reference page, patches/REFERENCE.md, from the registry: `perform controls --markdown`."""

from collections.abc import Iterable, Sequence

from perform.control.published import FEEDBACK, FeedbackMessage
from perform.control.registry import (
    CONTROLS,
    GROUPS,
    ONE_VOICE,
    SETTABLE_BY_MIDI,
    STATE,
    Control,
)

_OTHERS = "Others"

_HEAD = """\
# Reference

Every message that Sideman accepts, and every message that it publishes.
`perform controls --markdown` writes this page from the registry of controls, from which the
surfaces and the panel are made too. `perform controls --json` prints the registry for programs.

## How to read it

| over | `/swing` becomes |
| --- | --- |
| OSC | `/sideman/swing 0.3`; `/sideman` is the `prefix` of `[inputs.osc]` |
| MQTT | topic `sideman/NAME/swing`, payload `0.3`; for a group or all, see below |
| MIDI | `"21" = "/swing"` in `[inputs.surface]` `cc`: controller 21 covers the range |

`NAME` in an address is a voice of the rig. Where a row has two addresses, the first one sets
every voice and the second one sets one voice. The value that is published at the first one is
that of the first voice, so a fader for all voices may differ from the others.

- `takes` names OSC types: `s` a text, `i` a whole number, `f` a number (whole or not), `|` or,
  `[ ]` optional, `...` several. Nothing: a button. The 0 of its release is ignored.
- `published`: the value is published at `/state` and the address, to each new subscriber and
  whenever it changes.
- `MIDI`: what a MIDI controller can set. A `knob` covers the range; a `button` acts when it is
  pressed, at any velocity. A control that takes a text needs its value behind the address. It
  acts when a pad is pressed, or when a controller comes to its upper half:
  `"41" = "/transport start"`, `"note 40" = "/mode trade"`.

### Payloads over MQTT

- The topic of a group is `PREFIX/group/GROUP/swing`, of all daemons `PREFIX/all/swing`.
- A value as it is: `Cm7`, `0.3`, `on`. Notes: `60 63 67` or `[60, 63, 67]`. A mode with its bars:
  `trade 4`. A button: any text but `0` and `off`.
- An empty payload is ignored; only at `chart` it ends the chart.
- A retained message that sets a value is applied when Sideman connects. A retained press of a
  button is ignored.
- Sideman publishes values at `PREFIX/NAME/state/...`, retained: `state/swing`, `state/chord`, and
  `state/stats` as JSON. `availability` is `online` or `offline`.
- Messages that cannot be parsed, and unknown topics, are answered at `error`.
- With `notes = true` every note is published at `notes/VOICE` as `60 100`, and every beat at
  `beat`.
"""


def markdown() -> str:
    """The whole page, as Markdown with a table for each group."""
    parts = [_HEAD]
    for title, controls in _grouped():
        parts += [f"## {title}\n", _table(_CONTROL_HEAD, map(_row, pairs(controls)))]
    parts += [_FEEDBACK_TEXT, _table(_MESSAGE_HEAD, map(_message_row, messages()))]
    return "\n".join(parts)


_CONTROL_HEAD = (
    "address",
    "takes",
    "range",
    "default",
    "unit",
    "published",
    "MIDI",
    "what it does",
)
_MESSAGE_HEAD = ("address", "types", "unit", "meaning")
_FEEDBACK_TEXT = f"""\
## Published messages

These messages go to every OSC output and subscriber, to the panel and to MQTT, beside the values
that are marked `published` above, which go out at `{STATE}` and their address.

- A value is published at most 60 times a second; the last change is always published.
- While a client moves a fader, it gets no feedback for it. After a quarter of a second of rest it
  gets the current value, also where its own was rejected or another client moved it.
- A value that comes back within that time just as it was published is ignored.
- `/chord` and `/error` too are published at most 60 times a second; the last one is always
  published.
"""


def _grouped() -> list[tuple[str, list[Control]]]:
    """Controls by group; those without a group are at the end."""
    title_of = {word: title for title, words in GROUPS.items() for word in words}
    found: dict[str, list[Control]] = {title: [] for title in (*GROUPS, _OTHERS)}
    for control in CONTROLS:
        word = _without_voice(control.address).split("/")[1]
        found[title_of.get(word, _OTHERS)].append(control)
    return [(title, controls) for title, controls in found.items() if controls]


def _without_voice(address: str) -> str:
    return address.removeprefix(ONE_VOICE)


def pairs(controls: Iterable[Control]) -> list[tuple[Control, ...]]:
    """Each control of all voices, paired with the same control of one voice."""
    rows: dict[str, list[Control]] = {}
    for control in controls:
        rows.setdefault(_without_voice(control.address), []).append(control)
    return [tuple(row) for row in rows.values()]


def _row(pair: tuple[Control, ...]) -> Sequence[str]:
    first = pair[0]
    return (
        "<br>".join(f"`{control.address}`" for control in pair),
        _code(first.takes),
        _choices(first) or range_of(first),
        _code_of(first),
        "" if first.unit.startswith("-1") else first.unit,
        "yes" if first.published else "",
        _midi(first),
        first.help,
    )


def _choices(control: Control) -> str:
    return ", ".join(f"`{choice}`" for choice in control.choices)


def range_of(control: Control) -> str:
    """The range of a number as text; "" for other values."""
    if control.low is None or control.high is None:
        return ""
    if control.unit.startswith("-1"):  # a target: not set, or a value
        return control.unit
    return f"{control.low:g} to {control.high:g}"


def default_of(control: Control) -> str:
    """The default value of a control as text; "" where the rig gives it, or where there is none."""
    number = isinstance(control.default, int | float)
    return f"{control.default:g}" if number else str(control.default or "")


def _code_of(control: Control) -> str:
    text = default_of(control)
    return _code(text) if isinstance(control.default, str) else text


def _midi(control: Control) -> str:
    if control.kind not in SETTABLE_BY_MIDI:
        return ""
    return "knob" if control.kind == "number" else "button"


def messages() -> list[FeedbackMessage]:
    """The rows of the published messages that are not values of controls."""
    values = {f"{STATE}{control.address}" for control in CONTROLS}
    return [row for row in FEEDBACK if row.address not in values]


def _message_row(row: FeedbackMessage) -> Sequence[str]:
    return (f"`{row.address}`", _code(row.types), row.unit, row.help)


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; a vertical bar in a cell is escaped."""
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"
