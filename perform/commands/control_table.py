"""`perform controls`: the registry of controls, for a terminal, as JSON or as the reference page."""

import json
import sys
from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from perform.commands.control_reference import default_of, happenings, markdown, pairs, range_of
from perform.control.published import FEEDBACK
from perform.control.registry import CONTROLS, NAME, ONE_VOICE, Control

WIDE = 200  # columns where nobody looks: a line for each row, to be searched
ROOMY, RANGE = 120, 13
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
    """Both tables, of what can be said and of what is told, for a terminal of so many columns."""
    said = _table("what can be said", "address", "takes", "range", "default", "what it does")
    if columns < ROOMY:
        said.columns[2].max_width = RANGE  # so that there are some for what a control does
    for pair in pairs(CONTROLS):
        said.add_row(*map(Text, _row(pair)))
    told = _table("what is told", "address", "says", "what it means")
    for row in happenings():
        told.add_row(*map(Text, (row.address, row.types, row.help)))
    note = f"{PER_VOICE} of every voice; {ONE_VOICE} before it: of one. Where a value stands is told at /state before it."
    return Group(said, Text(note, "dim"), Text(), told)


def _table(title: str, *heads: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for head in heads:
        table.add_column(head, no_wrap=head in ("address", "takes", "says"))
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
