"""What every kind of input has: its table in the rig, its checks, how it is opened.

A kind of input is one module with a subclass of `InputTable` and a line in `perform.inputs.kinds`.
"""

from collections.abc import Iterator, Sequence

from perform.tables import Table


class InputTable(Table, frozen=True):
    """What the rig says of one input."""

    def check(self, voices: Sequence[str]) -> None:
        """RigError for a value that cannot be right in a rig with these voices."""

    def describe(self) -> Iterator[str]:
        """What the input listens to, for the line that `perform run` begins with."""
        yield from ()
