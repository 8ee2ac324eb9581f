"""The reference page, written from the one table: patches/REFERENCE.md, `perform controls --markdown`."""

from collections.abc import Iterable, Sequence

from perform.control.published import FEEDBACK, FeedbackMessage
from perform.control.registry import (
    CONTROLS,
    ONE_VOICE,
    SETTABLE_BY_MIDI,
    STATE,
    Control,
)

_GROUPS = {
    "Chords and charts": ("chord", "chart", "key", "note"),
    "Time": ("transport", "tempo", "tap", "metre"),
    "Voices": ("model", "other", "blend", "mode", "share", "mute", "solo", "more", "no"),
    "What is liked": ("weight",),
    "What it aims at": ("target",),
    "How bars follow each other": ("repeat", "vary", "land", "approach"),
    "How a line is played": ("swing", "humanise", "accent", "articulation"),
    "All at once": ("snapshot", "panic"),
    "Asked for": ("subscribe", "unsubscribe", "learn", "stats"),
}
_OTHERS = "Others"

_HEAD = """\
# Reference

Everything that can be said to Sideman, and everything it tells. Written by `perform controls --markdown` from the
table that dispatch, feedback, surfaces and the panel come from; `perform controls --json` gives it to programs.

## How to read it

| over | `/swing` becomes |
| --- | --- |
| OSC | `/sideman/swing 0.3`; `/sideman` is the `prefix` of `[inputs.osc]` |
| MQTT | topic `sideman/NAME/swing`, payload `0.3`; `PREFIX/group/GROUP/swing` for a group, `PREFIX/all/swing` for all |
| MIDI | `"21" = "/swing"` in `[inputs.surface]` `cc`: controller 21 sweeps the range |

`NAME` in an address is a voice of the rig. Where both forms stand, the first turns every voice and the second one; what is told at the first is
where the first voice of the rig stands, so an "all voices" fader may differ from others.
`takes` names OSC types: `s` a text, `i` a whole number, `f` a number (whole numbers do too), `|` or, `[ ]` if you
like, `...` several; nothing: a button, whose 0 as it comes up means nothing. `told`: where it stands comes at
`/state` and the address, when somebody subscribes and whenever it moves. `MIDI`: what a controller can turn; a
`knob` sweeps the range, a `button` acts when it goes down, however softly. What takes more than that has one word behind the address, a chord
or a name say, and acts so when a pad goes down or a controller comes to its upper half: `"41" = "/transport start"`, `"note 40" = "/mode trade"`.

### Payloads over MQTT

A value as it is: `Cm7`, `0.3`, `on`. Notes: `60 63 67` or `[60, 63, 67]`. A mode with its bars: `trade 4`. A button: any text but `0` and
`off`. An empty payload says nothing, but to `chart`, which it ends. A retained one is heard when Sideman comes, where it
says where something stands; of a button it is let be. What is told is at `PREFIX/NAME/state/...`, retained (`state/swing`, `state/chord`,
`state/stats` as JSON); `availability` is `online` or `offline`; what could not be read, and what no address is called, comes
at `error`; with
`notes = true` every note at `notes/VOICE` as `60 100`, and `beat`.
"""


def markdown() -> str:
    """The whole page, as Markdown with one table a group."""
    parts = [_HEAD]
    for title, controls in _grouped():
        parts += [f"## {title}\n", _table(_CONTROL_HEAD, map(_row, pairs(controls)))]
    parts += [_FEEDBACK_TEXT, _table(_TOLD_HEAD, map(_told_row, happenings()))]
    return "\n".join(parts)


_CONTROL_HEAD = ("address", "takes", "range", "default", "unit", "told", "MIDI", "what it does")
_TOLD_HEAD = ("address", "says", "unit", "what it means")
_FEEDBACK_TEXT = f"""\
## What is told

To every OSC output and subscriber, and to what else follows. Of a value that moves faster than 60 times a second the
last is told; whoever moves it hears where it is when they hold still for a quarter of a second, be it refused or moved by others meanwhile. What
comes back within that time as it was told is no wish. `/chord` and `/error` too come at most 60 times a second, the last for certain. Beside
these rows come the values that are marked `told`, at `{STATE}` and their address.
"""


def _grouped() -> list[tuple[str, list[Control]]]:
    """Controls by group; what belongs to none stands at the end, so that nothing is ever left out."""
    title_of = {word: title for title, words in _GROUPS.items() for word in words}
    found: dict[str, list[Control]] = {title: [] for title in (*_GROUPS, _OTHERS)}
    for control in CONTROLS:
        word = _of_all(control.address).split("/")[1]
        found[title_of.get(word, _OTHERS)].append(control)
    return [(title, controls) for title, controls in found.items() if controls]


def _of_all(address: str) -> str:
    return address.removeprefix(ONE_VOICE)


def pairs(controls: Iterable[Control]) -> list[tuple[Control, ...]]:
    """Each control of all voices together with the same of one."""
    rows: dict[str, list[Control]] = {}
    for control in controls:
        rows.setdefault(_of_all(control.address), []).append(control)
    return [tuple(row) for row in rows.values()]


def _row(pair: tuple[Control, ...]) -> Sequence[str]:
    first = pair[0]
    return (
        "<br>".join(f"`{control.address}`" for control in pair),
        _code(first.takes),
        _choices(first) or range_of(first),
        _code_of(first),
        "" if first.unit.startswith("-1") else first.unit,
        "told" if first.published else "",
        _midi(first),
        first.help,
    )


def _choices(control: Control) -> str:
    return ", ".join(f"`{choice}`" for choice in control.choices)


def range_of(control: Control) -> str:
    """From where to where a number goes, in words; "" for what is none."""
    if control.low is None or control.high is None:
        return ""
    if control.unit.startswith("-1"):  # a target: chance, or a place
        return control.unit
    return f"{control.low:g} to {control.high:g}"


def default_of(control: Control) -> str:
    """Where a control stands at first, spelled; "" where the rig says that, or nothing stands."""
    number = isinstance(control.default, int | float)
    return f"{control.default:g}" if number else str(control.default or "")


def _code_of(control: Control) -> str:
    text = default_of(control)
    return _code(text) if isinstance(control.default, str) else text


def _midi(control: Control) -> str:
    if control.kind not in SETTABLE_BY_MIDI:
        return ""
    return "knob" if control.kind == "number" else "button"


def happenings() -> list[FeedbackMessage]:
    """Every row of what is told beside where controls stand."""
    values = {f"{STATE}{control.address}" for control in CONTROLS}
    return [row for row in FEEDBACK if row.address not in values]


def _told_row(row: FeedbackMessage) -> Sequence[str]:
    return (f"`{row.address}`", _code(row.types), row.unit, row.help)


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; a bar in a cell is escaped."""
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"
