"""The parts of a rig that cannot be opened: a fault, or one line while everything else plays."""

import contextlib
from collections.abc import Iterator

from perform.errors import StartError


class Missing:
    """Collects what cannot be opened. `strict`: the first is a fault instead.

    `lines`: one for each, which names it and the mend. `keys`: its tables, as "outputs.synth".
    """

    def __init__(self, *, strict: bool = True) -> None:
        self.lines: list[str] = []
        self.keys: set[str] = set()
        self._strict = strict

    @contextlib.contextmanager
    def expected(self, key: str) -> Iterator[None]:
        """While inside `with`, a part of the table `key` is opened."""
        try:
            yield
        except StartError as fault:
            line = f"[{key}] {fault}"
            if self._strict:
                raise type(fault)(f"{line}; or play without it: add --panel") from None
            self.lines.append(line)
            self.keys.add(key)
