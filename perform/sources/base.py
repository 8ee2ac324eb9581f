"""What a source is."""

from typing import Protocol

from perform.music.note import Phrase


class Source(Protocol):
    """Invents bars. The same seed gives the same phrase, whatever was asked before."""

    def phrase(self, seed: int) -> Phrase:
        """One bar for a seed (0 to 2**48 - 1)."""
        ...
