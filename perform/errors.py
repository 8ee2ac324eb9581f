"""One exception class for each kind of error that a user can mend; the message names the mend."""

import difflib
from collections.abc import Iterable

CUTOFF = 0.6  # how alike two names must be (0 to 1) before one is suggested for the other


def did_you_mean(
    word: str, known: Iterable[str], cutoff: float = CUTOFF, listed: Iterable[str] | None = None
) -> str:
    """The end of an error message: the known name that is nearest to a word, or all known names.

    `cutoff`: how alike they must be, 0 to 1; with 0 the nearest name is always suggested. `listed`:
    the names to list where there are too many known ones.
    """
    names = sorted(known)
    near = nearest_name(word, names, cutoff)
    if near is not None:
        return f"; did you mean {near!r}?"
    return f"; known are {', '.join(names if listed is None else listed) or 'none'}"


def nearest_name(word: str, known: Iterable[str], cutoff: float = CUTOFF) -> str | None:
    """The known name that is nearest to a word; None where none is as alike as `cutoff`."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)), None)


class SidemanError(Exception):
    """An error that the user can mend. `exit_code`: the exit code of the command line."""

    exit_code = 2


class StartError(SidemanError):
    """A port, a device or a library outside Sideman cannot be opened."""

    exit_code = 3


class ChordError(SidemanError):
    """A chord symbol that is not known, with its position in the text.

    `line` and `bar` (from 1) say where it stands in a chart; 0 outside one. `offer`: the known
    symbol that is nearest to it, or nothing.
    """

    def __init__(
        self, symbol: str, position: int, reason: str = "", *, offer: str = "", line: int = 0,
        bar: int = 0,
    ) -> None:  # fmt: skip
        self.symbol, self.position, self.offer = symbol, position, offer
        self.line, self.bar = line, bar
        self.reason = reason
        why = f": {reason}" if reason else ""
        nearest = f"; did you mean {offer}?" if offer else ""
        super().__init__(
            f"{_in_chart(line, bar)}chord {symbol!r} at character {position + 1} is not known{why}"
            f"{nearest}; write it like Cm7, F#m7/C#, Bb7#9 or C:min7/b3"
        )

    def at(self, line: int, bar: int) -> "ChordError":
        """The same error with its line and bar in a chart."""
        return ChordError(
            self.symbol, self.position, self.reason, offer=self.offer, line=line, bar=bar
        )


class ChartError(SidemanError):
    """A chart that cannot be played as written: `symbol` in a line and bar (from 1; 0: none)."""

    def __init__(self, reason: str, *, line: int = 0, bar: int = 0, symbol: str = "") -> None:
        self.line, self.bar, self.symbol = line, bar, symbol
        super().__init__(f"{_in_chart(line, bar)}{reason}")


def _in_chart(line: int, bar: int) -> str:
    return f"line {line}, bar {bar}: " if line else ""


class RigError(SidemanError):
    """A rig file with a wrong key, type or value."""


class SetError(SidemanError):
    """A set file that cannot be read, or a song in it that cannot be played as written."""


class BundleError(SidemanError):
    """A bundle whose files are missing, or do not agree with its manifest."""


class OutputError(StartError):
    """An output that cannot be opened, or that is gone."""


class InputError(StartError):
    """An input that cannot be opened."""


class PortTakenError(InputError):
    """A port of our own that cannot be opened on this machine, mostly because it is taken."""


class DatasetError(SidemanError):
    """Bars that cannot be trained on."""


class RunFolderError(SidemanError):
    """A training run's folder that cannot be used or continued."""


class DivergenceError(SidemanError):
    """Training that diverged: its losses or weights are no longer finite numbers."""


class MessageError(SidemanError):
    """A message of a client that is rejected: the client is told why, and the music goes on."""


class FeatureError(SidemanError):
    """A feature extractor that is unknown or not installed."""


class SessionError(SidemanError):
    """A recorded session that cannot be written or read."""
