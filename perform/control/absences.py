"""What the rig names and is not there: devices, hosts, a broker. Everything else plays."""

import contextlib
import logging
from collections.abc import Callable, Hashable, Iterator
from contextvars import ContextVar
from typing import Literal

from perform.errors import PortTakenError, SidemanError
from perform.events import StateChanged

log = logging.getLogger(__name__)
ABSENT_ADDRESS = "/absent"  # the address with the names of what is absent
OnAbsence = Literal["wait", "note", "fail"]
_WHERE = ContextVar("where", default="")  # the table of the part that this task opens


class Absences:
    """Keeps what is absent, by the part that needs it; logs and publishes each change.

    `on_absence`: "wait": a part that may take long to find is looked for while the rest starts;
    "note": every part is looked for before the start; "fail": so too, and an absence is an error.
    `tables`: of parts that cannot be opened at all, such as "outputs.synth".
    """

    def __init__(self, on_absence: OnAbsence = "wait") -> None:
        self._on_absence = on_absence
        self._names: dict[Hashable, str] = {}
        self._lines: dict[Hashable, str] = {}
        self._logs = False
        self._publish: Callable[[StateChanged], None] = lambda _: None
        self.tables: set[str] = set()

    @property
    def waits(self) -> bool:
        """Whether a part may be looked for while the rest starts."""
        return self._on_absence == "wait"

    @property
    def names(self) -> str:
        """What is absent, each once; "" where all is there."""
        return ", ".join(dict.fromkeys(self._names.values()))

    @property
    def lines(self) -> list[str]:
        """A line for each absence, with its reason and its mend."""
        return list(dict.fromkeys(self._lines.values()))

    @contextlib.contextmanager
    def expected(self, key: str) -> Iterator[None]:
        """Inside `with`, the part of the table `key` is opened; where that fails, it is absent.

        PortTakenError passes; with "fail" every error does, with what to do.
        """
        where = _WHERE.set(f"[{key}] ")
        try:
            yield
        except PortTakenError:
            raise
        except SidemanError as error:
            if self._on_absence == "fail":
                raise type(error)(
                    f"[{key}] {error}; or play without it: leave out --strict"
                ) from None
            self.begin(key, f"[{key}]", error)
            self.tables.add(key)
        finally:
            _WHERE.reset(where)

    def begin(
        self, key: Hashable, name: str, reason: SidemanError, *, is_logged: bool = False
    ) -> None:
        """A part is absent, which `key` needs. With "fail", before the start, its error.

        `is_logged`: the caller has logged it.
        """
        if self._on_absence == "fail":
            raise reason
        line = f"{_WHERE.get()}{reason}"
        is_new = line not in self._lines.values()
        self._names[key], self._lines[key] = name, line
        if is_new:
            self._tell("" if is_logged else line)

    def end(self, key: Hashable, *, is_logged: bool = False) -> None:
        """A part is there."""
        name = self._names.pop(key, None)
        self._lines.pop(key, None)
        if name is not None and name not in self._names.values():
            self._tell("" if is_logged else f"{name} is back")

    def publish_by(self, publish: Callable[[StateChanged], None]) -> None:
        """Publish what is absent now, and each change; no absence is an error from now on."""
        self._on_absence = "wait"
        self._publish = publish
        if self._names:
            publish(StateChanged(ABSENT_ADDRESS, self.names))

    def log(self) -> None:
        """Log what is absent now, and each change from now on."""
        self._logs = True
        for line in self.lines:
            log.warning("%s", line)

    def _tell(self, line: str) -> None:
        if self._logs and line:
            log.warning("%s", line)
        self._publish(StateChanged(ABSENT_ADDRESS, self.names))
