"""What a source is."""

from typing import Protocol

from perform.music.condition import ANYTHING, Wish
from perform.music.note import Phrase


class Source(Protocol):
    """Invents bars. The same seed and wish give the same phrase, whatever was asked before."""

    def phrase(self, seed: int, wish: Wish = ANYTHING) -> Phrase:
        """One bar for a seed (0 to 2**48 - 1), as near to the wish as the source can."""
        ...
