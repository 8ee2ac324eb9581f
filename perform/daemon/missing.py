"""The parts of a rig that cannot be opened: an error, or a line while everything else plays."""

import contextlib
from collections.abc import Iterator

from perform.errors import StartError


class Missing:
    """Collects the parts that cannot be opened. `strict`: the first one is an error instead.

    `lines`: one for each part, with its reason and its mend. `keys`: their tables, such as
    "outputs.synth".
    """

    def __init__(self, *, strict: bool = True) -> None:
        self.lines: list[str] = []
        self.keys: set[str] = set()
        self._strict = strict

    @contextlib.contextmanager
    def expected(self, key: str) -> Iterator[None]:
        """Inside `with`, the part of the table `key` is opened."""
        try:
            yield
        except StartError as error:
            line = f"[{key}] {error}"
            if self._strict:
                raise type(error)(f"{line}; or play without it: add --panel") from None
            self.lines.append(line)
            self.keys.add(key)
