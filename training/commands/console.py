"""What commands print beside their results, on standard error."""

import sys
from collections.abc import Iterable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn


def progress_bar() -> Progress:
    """A progress bar with a description, the number done, the total and the time left."""
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))


def print_notes(lines: Iterable[str]) -> None:
    """Print lines on standard error, so that they do not mix with results."""
    for line in lines:
        print(line, file=sys.stderr)
