"""The base of every table of the rig, and the checks that several tables share."""

import contextlib
from collections.abc import Iterator

import msgspec

from perform.errors import RigError, SidemanError


class RigTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the rig. A key that the table does not have is an error."""


@contextlib.contextmanager
def rig_errors(where: str) -> Iterator[None]:
    """Inside `with`, an error about a value becomes a RigError that begins with `where`."""
    try:
        yield
    except (ValueError, SidemanError) as error:
        raise RigError(f"{where}: {error}") from None


def check_port(where: str, port: str | None, virtual: str | None) -> None:
    """RigError unless exactly one of `port` and `virtual` is given."""
    if (port is None) == (virtual is None):
        raise RigError(f'{where} takes either port = "..." or virtual = "..."')
