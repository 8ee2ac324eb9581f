"""What a source is."""

from typing import Protocol

from perform.events import Steering
from perform.music.condition import ANYTHING, Wish
from perform.music.note import Phrase


class Source(Protocol):
    """Invents bars. The same seed, wish and steering give the same phrase, whatever was asked before."""

    def phrase(self, seed: int, wish: Wish = ANYTHING, steering: Steering | None = None) -> Phrase:
        """One bar for a seed (0 to 2**48 - 1), as near to wish and steering as the source can."""
        ...
