"""The chord that sounds now, and what it allows."""

from functools import cache

from perform.music.chord import Chord

_MAJOR_THIRD, _MINOR_THIRD, _MINOR_SEVENTH = 4, 3, 10


@cache
def colours(chord: Chord) -> frozenset[int]:
    """The pitch classes that a line may rest on or pass through over a chord.

    The chord-scale of the quality, and over a dominant seventh the blue third as well: there it is
    the #9, and a blues without it is none.
    """
    allowed = frozenset(chord.scale) | chord.tones
    above_root = {(tone - chord.root) % 12 for tone in chord.tones}
    if {_MAJOR_THIRD, _MINOR_SEVENTH} <= above_root:
        allowed |= {(chord.root + _MINOR_THIRD) % 12}
    return allowed
