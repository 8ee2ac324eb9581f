"""`perform controls`: the registry of controls as tables, JSON or the reference page."""

import json
import sys
from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from perform.commands.control_reference import default_of, markdown, messages, pairs, range_of
from perform.control.published import FEEDBACK
from perform.control.registry import CONTROLS, NAME, ONE_VOICE, Control

WIDE = 220  # columns where there is no terminal: each row on one line, for grep
ROOMY, RANGE = 120, 13  # columns of a wide terminal; of the ranges in a narrow one
PER_VOICE = "*"


def run(*, as_json: bool, as_markdown: bool) -> None:
    """Print every control and every published message."""
    if as_markdown:
        print(markdown(), end="")
    elif as_json:
        rows = [row.as_json() for row in CONTROLS]
        print(json.dumps(rows + [row.as_json() for row in FEEDBACK]))
    else:
        console = Console(width=None if sys.stdout.isatty() else WIDE)
        console.print(tables(console.width))


def tables(columns: int) -> Group:
    """Two tables for a terminal of so many columns: the controls, and the published messages."""
    controls = _table("controls", "address", "takes", "range", "default", "what it does")
    if columns < ROOMY:
        controls.columns[2].max_width = RANGE  # leaves columns for the help
    for pair in pairs(CONTROLS):
        controls.add_row(*map(Text, _row(pair)))
    published = _table("published messages", "address", "types", "meaning")
    for row in messages():
        published.add_row(*map(Text, (row.address, row.types, row.help)))
    note = (
        f"{PER_VOICE} for every voice, or with {ONE_VOICE} before it for one voice. "
        "Values are published at /state and the address."
    )
    return Group(controls, Text(note, "dim"), Text(), published)


def _table(title: str, *heads: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for head in heads:
        table.add_column(head, no_wrap=head in ("address", "takes", "types"))
    return table


def _row(pair: Iterable[Control]) -> tuple[str, ...]:
    first, *more = pair
    return (
        f"{first.address} {PER_VOICE}" if more else first.address,
        first.takes,
        ", ".join(first.choices) or range_of(first),
        f"{default_of(first)} {'' if first.unit.startswith('-1') else first.unit}".strip(),
        first.help.removeprefix("of one voice: ") if NAME in first.address else first.help,
    )
