"""Chord symbols of annotated data sets, `root:quality(degrees)/degree` (Harte et al., 2005)."""

import re

from perform.music.quality import Quality, quality_of

_SHORTHANDS = {
    "": (0, 4, 7), "maj": (0, 4, 7), "min": (0, 3, 7), "dim": (0, 3, 6), "aug": (0, 4, 8),
    "maj7": (0, 4, 7, 11), "min7": (0, 3, 7, 10), "7": (0, 4, 7, 10), "dim7": (0, 3, 6, 9),
    "hdim7": (0, 3, 6, 10), "minmaj7": (0, 3, 7, 11), "maj6": (0, 4, 7, 9), "min6": (0, 3, 7, 9),
    "9": (0, 4, 7, 10, 14), "maj9": (0, 4, 7, 11, 14), "min9": (0, 3, 7, 10, 14),
    "11": (0, 4, 7, 10, 14, 17), "maj11": (0, 4, 7, 11, 14, 17), "min11": (0, 3, 7, 10, 14, 17),
    "13": (0, 4, 7, 10, 14, 21), "maj13": (0, 4, 7, 11, 14, 21), "min13": (0, 3, 7, 10, 14, 21),
    "sus2": (0, 2, 7), "sus4": (0, 5, 7), "5": (0, 7), "1": (0,),
}  # fmt: skip
_DEGREE = re.compile(r"([b#]{0,2})(\d{1,2})")
_MAJOR_DEGREES = (0, 2, 4, 5, 7, 9, 11)


def semitones(degree: str) -> int:
    """Semitones above the root of a degree of the major scale: b7 is 10.

    ValueError for anything else.
    """
    match = _DEGREE.fullmatch(degree)
    if not match or not 1 <= int(match[2]) <= 14:
        raise ValueError(f"{degree!r} is no degree like 3, b7 or #11")
    octave, step = divmod(int(match[2]) - 1, 7)
    return _MAJOR_DEGREES[step] + 12 * octave + match[1].count("#") - match[1].count("b")


def harte_quality(body: str) -> Quality | None:
    """The quality of the text between colon and slash; None where the shorthand is none of Harte's.

    Degrees in brackets are added to those of the shorthand, as degrees of the major scale: min(7)
    has a major seventh. An altered fifth replaces the fifth; `*3` leaves the third out. The root
    stays, also after `*1`. ValueError for a degree that is none.
    """
    shorthand, bracket, inside = body.partition("(")
    if shorthand not in _SHORTHANDS or (bracket and not inside.endswith(")")):
        return None
    words = [word.strip() for word in inside.removesuffix(")").split(",")] if bracket else []
    steps = {0} if bracket and not shorthand else {step % 12 for step in _SHORTHANDS[shorthand]}
    added = {semitones(word) % 12 for word in words if not word.startswith("*")}
    if shorthand and {"b5", "#5"} & set(words):
        steps -= {7}
    steps |= added
    for word in words:
        if word.startswith("*"):
            steps -= {semitones(word[1:]) % 12}
    return quality_of(steps)
