"""Chords: one table of qualities drives parsing, naming, recognition and the choice of scale."""

import re
from dataclasses import dataclass
from functools import cache

from perform.errors import ChordError
from perform.music.pitch import note_name, pitch_class
from perform.music.scale import SCALES


@dataclass(frozen=True, slots=True)
class Quality:
    """A kind of chord.

    `name`: the suffix that we write. `intervals`: semitones above the root, ascending, extensions
    above 12. `scale`: its default chord-scale. `aliases`: other suffixes found on lead sheets.
    """

    name: str
    intervals: tuple[int, ...]
    scale: str
    aliases: tuple[str, ...] = ()


QUALITIES: tuple[Quality, ...] = (
    Quality("", (0, 4, 7), "ionian", ("maj", "M", "major", "Maj", "ma")),
    Quality("m", (0, 3, 7), "dorian", ("-", "min", "mi", "minor")),
    Quality("7", (0, 4, 7, 10), "mixolydian", ("dom7", "dom")),
    Quality(
        "maj7", (0, 4, 7, 11), "ionian", ("M7", "Δ7", "Δ", "^7", "^", "ma7", "Maj7", "j7", "7M")
    ),
    Quality("m7", (0, 3, 7, 10), "dorian", ("-7", "min7", "mi7")),
    Quality("6", (0, 4, 7, 9), "ionian", ("maj6", "M6", "ma6")),
    Quality("m6", (0, 3, 7, 9), "melodic minor", ("-6", "min6", "mi6")),
    Quality("dim", (0, 3, 6), "whole-half", ("°", "o", "mb5", "-b5")),
    Quality("dim7", (0, 3, 6, 9), "whole-half", ("°7", "o7")),
    Quality(
        "m7b5", (0, 3, 6, 10), "locrian", ("ø", "ø7", "-7b5", "min7b5", "mi7b5", "hdim7", "hdim")
    ),
    Quality("aug", (0, 4, 8), "whole tone", ("+", "#5", "maj#5")),
    Quality("sus4", (0, 5, 7), "mixolydian", ("sus",)),
    Quality("sus2", (0, 2, 7), "ionian", ("2",)),
    Quality("7sus4", (0, 5, 7, 10), "mixolydian", ("7sus", "sus7", "sus47", "7sus24")),
    Quality("9sus4", (0, 5, 7, 10, 14), "mixolydian", ("9sus", "sus9")),
    Quality("13sus4", (0, 5, 7, 10, 14, 21), "mixolydian", ("13sus",)),
    Quality("7b9sus4", (0, 5, 7, 10, 13), "phrygian", ("7susb9", "7sus4b9", "sus4b9")),
    Quality(
        "mMaj7",
        (0, 3, 7, 11),
        "melodic minor",
        ("mM7", "minmaj7", "-Δ7", "-Δ", "-^7", "-M7", "mmaj7", "-maj7", "mΔ7", "mΔ", "m^7"),
    ),
    Quality("add9", (0, 4, 7, 14), "ionian", ("add2", "(9)", "majadd9")),
    Quality("madd9", (0, 3, 7, 14), "dorian", ("madd2", "-add9", "minadd9")),
    Quality("6/9", (0, 4, 7, 9, 14), "ionian", ("69", "6add9", "maj69")),
    Quality("m6/9", (0, 3, 7, 9, 14), "melodic minor", ("m69", "-69", "-6/9", "min69")),
    Quality("9", (0, 4, 7, 10, 14), "mixolydian", ("dom9", "7add9")),
    Quality("maj9", (0, 4, 7, 11, 14), "ionian", ("M9", "Δ9", "^9", "ma9", "Maj9", "maj7add9")),
    Quality("m9", (0, 3, 7, 10, 14), "dorian", ("-9", "min9", "mi9")),
    Quality("mMaj9", (0, 3, 7, 11, 14), "melodic minor", ("mM9", "-Δ9", "minmaj9", "-^9")),
    Quality("m9b5", (0, 3, 6, 10, 14), "locrian natural 2", ("ø9", "-9b5", "hdim9")),
    Quality("11", (0, 4, 7, 10, 14, 17), "mixolydian", ("dom11",)),
    Quality("m11", (0, 3, 7, 10, 14, 17), "dorian", ("-11", "min11", "mi11")),
    Quality("maj11", (0, 4, 7, 11, 14, 17), "ionian", ("M11", "Δ11", "^11")),
    Quality("13", (0, 4, 7, 10, 14, 21), "mixolydian", ("dom13",)),
    Quality("m13", (0, 3, 7, 10, 14, 21), "dorian", ("-13", "min13", "mi13")),
    Quality("maj13", (0, 4, 7, 11, 14, 21), "ionian", ("M13", "Δ13", "^13")),
    Quality("7b9", (0, 4, 7, 10, 13), "mixolydian b9", ("7-9", "7addb9")),
    Quality("7#9", (0, 4, 7, 10, 15), "half-whole", ("7+9", "7add#9")),
    Quality("7#11", (0, 4, 7, 10, 18), "lydian dominant", ("7+11", "7add#11")),
    Quality("9#11", (0, 4, 7, 10, 14, 18), "lydian dominant", ()),
    Quality("13#11", (0, 4, 7, 10, 14, 18, 21), "lydian dominant", ()),
    Quality("13b9", (0, 4, 7, 10, 13, 21), "half-whole", ("7b913",)),
    Quality("7b13", (0, 4, 7, 10, 20), "mixolydian b13", ("7-13",)),
    Quality("7b5", (0, 4, 6, 10), "whole tone", ("7-5",)),
    Quality("7#5", (0, 4, 8, 10), "whole tone", ("7+", "+7", "aug7", "7+5", "7aug")),
    Quality("9#5", (0, 4, 8, 10, 14), "whole tone", ("9+", "+9", "aug9")),
    Quality("9b5", (0, 4, 6, 10, 14), "whole tone", ()),
    Quality("7b9#9", (0, 4, 7, 10, 13, 15), "half-whole", ()),
    Quality("7b9#11", (0, 4, 7, 10, 13, 18), "half-whole", ("7#11b9",)),
    Quality("7b9b13", (0, 4, 7, 10, 13, 20), "altered", ("7b13b9",)),
    Quality("7#9#11", (0, 4, 7, 10, 15, 18), "half-whole", ()),
    Quality("7#9b13", (0, 4, 7, 10, 15, 20), "altered", ("7b13#9",)),
    Quality("7b5b9", (0, 4, 6, 10, 13), "altered", ("7b9b5",)),
    Quality("7b5#9", (0, 4, 6, 10, 15), "altered", ("7#9b5",)),
    Quality("7#5#9", (0, 4, 8, 10, 15), "altered", ("7#9#5", "+7#9", "7+#9")),
    Quality("7#5b9", (0, 4, 8, 10, 13), "altered", ("7b9#5", "+7b9", "7+b9")),
    Quality("alt", (0, 4, 10, 13, 15, 18, 20), "altered", ("7alt",)),
    Quality(
        "maj7#11", (0, 4, 7, 11, 18), "lydian", ("M7#11", "Δ7#11", "Δ#11", "^7#11", "^#11", "lyd")
    ),
    Quality("maj9#11", (0, 4, 7, 11, 14, 18), "lydian", ("M9#11", "Δ9#11", "^9#11")),
    Quality(
        "maj7#5",
        (0, 4, 8, 11),
        "lydian augmented",
        ("M7#5", "+M7", "Δ7#5", "Δ#5", "^7#5", "augmaj7", "+maj7"),
    ),
    Quality("maj7b5", (0, 4, 6, 11), "lydian", ("M7b5", "Δ7b5", "^7b5")),
    Quality("m7#5", (0, 3, 8, 10), "aeolian", ("-7#5", "min7#5")),
    Quality("mb6", (0, 3, 7, 8), "aeolian", ("-b6", "minb6")),
    Quality("7add4", (0, 4, 5, 7, 10), "mixolydian", ("7add11",)),
    Quality("add4", (0, 4, 5, 7), "ionian", ("add11",)),
    Quality("m7add4", (0, 3, 5, 7, 10), "dorian", ("m7add11", "-7add11")),
    Quality("dimMaj7", (0, 3, 6, 11), "whole-half", ("°M7", "°Δ7", "oM7", "dimM7")),
    Quality("majb5", (0, 4, 6), "lydian", ("-5", "(b5)")),
    Quality("5", (0, 7), "mixolydian", ("no3", "power", "no3d")),
    Quality("1", (0,), "ionian", ("unison",)),
)
BY_NAME = {quality.name: quality for quality in QUALITIES}


def _plain(suffix: str) -> str:
    """A suffix with what only decorates it taken away: brackets, commas, unicode signs."""
    text = suffix.replace("♭", "b").replace("♯", "#").replace("△", "Δ").replace("º", "°")
    return re.sub(r"[(),\s]", "", text)


_BY_SUFFIX = {
    _plain(word): quality for quality in QUALITIES for word in (quality.name, *quality.aliases)
}


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord: pitch classes of root and bass (0 = C), and its quality."""

    root: int
    quality: Quality
    bass: int

    @property
    def symbol(self) -> str:
        """How we write it: Bbm7, C/E."""
        slash = "" if self.bass == self.root else f"/{note_name(self.bass)}"
        return f"{note_name(self.root)}{self.quality.name}{slash}"

    @property
    def tones(self) -> frozenset[int]:
        """The pitch classes of the chord itself, the bass of a slash chord left out."""
        return _tones(self.root, self.quality)

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """All pitch classes, the bass with them, ascending."""
        return tuple(sorted(self.tones | {self.bass}))

    @property
    def scale(self) -> tuple[int, ...]:
        """The pitch classes of the default chord-scale, ascending; always contains the tones."""
        return _scale(self.root, self.quality)


@cache
def _tones(root: int, quality: Quality) -> frozenset[int]:
    return frozenset((root + interval) % 12 for interval in quality.intervals)


@cache
def _scale(root: int, quality: Quality) -> tuple[int, ...]:
    steps = frozenset((root + step) % 12 for step in SCALES[quality.scale])
    return tuple(sorted(steps | _tones(root, quality)))


_SILENCE = ("N.C.", "NC", "N", "N.C", "n.c.", "X")
_ROOT = re.compile(r"[A-G](?:##|bb|[#♯b♭])?")
_DEGREE = re.compile(r"([b#]{0,2})(\d{1,2})")
_MAJOR_DEGREES = (0, 2, 4, 5, 7, 9, 11)


def parse_chord(symbol: str, position: int = 0) -> Chord | None:
    """The chord that a symbol means; None for "no chord" (N.C.).

    Takes lead-sheet style (`F#m7/C#`, `CΔ7`, `C7(b9,#11)`) and the colon style of annotated data
    sets (`C:maj7/3`, `A:min7/b7`). `position`: where the symbol stands in a longer text. ChordError
    names the symbol and the position of the character that cannot be read.
    """
    if symbol in _SILENCE:
        return None
    if symbol == "%":
        raise ChordError(symbol, position, "a % needs a chord before it to repeat")
    match = _ROOT.match(symbol)
    if not match:
        raise ChordError(symbol, position, "it begins with no note from A to G")
    root = pitch_class(match.group())
    rest = symbol[match.end() :]
    at = position + match.end()
    if rest.startswith(":"):
        return _parse_colon(symbol, root, rest[1:], at + 1)
    # Bb5 is a B flat fifth; but C6/9 is no chord over a bass called 9
    body, slash, low = rest.rpartition("/")
    if slash and _ROOT.fullmatch(low):
        return Chord(root, _quality(symbol, body, at), pitch_class(low))
    if slash and _plain(rest) not in _BY_SUFFIX:
        raise ChordError(symbol, at + len(body) + 1, f"the bass {low!r} is no note")
    return Chord(root, _quality(symbol, rest, at), root)


def _quality(symbol: str, suffix: str, at: int) -> Quality:
    found = _BY_SUFFIX.get(_plain(suffix))
    if found is None:
        raise ChordError(symbol, at, f"the ending {suffix!r} is no quality")
    return found


def _parse_colon(symbol: str, root: int, body: str, at: int) -> Chord:
    """`quality(extensions)/degree`, after the colon (Harte et al., ISMIR 2005)."""
    shorthand, _, degree = body.partition("/")
    if shorthand.startswith("("):
        quality = _spelled(symbol, shorthand, at)
    else:
        quality = _quality(symbol, _HARTE.get(shorthand, shorthand), at)
    if not degree:
        return Chord(root, quality, root)
    where = at + len(shorthand) + 1
    return Chord(root, quality, (root + _semitones(symbol, degree, where)) % 12)


_HARTE = {"sus4(b7)": "7sus4", "sus4(b7,9)": "9sus4", "maj(9)": "add9", "min(9)": "madd9"}


def _spelled(symbol: str, body: str, at: int) -> Quality:
    """The quality with exactly the degrees that stand in brackets."""
    words = body.strip("()").split(",")
    pcs = frozenset(_semitones(symbol, word.strip(), at) % 12 for word in words) | {0}
    for quality in QUALITIES:
        if frozenset(step % 12 for step in quality.intervals) == pcs:
            return quality
    raise ChordError(symbol, at, f"{body} is no chord with a name")


def _semitones(symbol: str, degree: str, at: int) -> int:
    match = _DEGREE.fullmatch(degree)
    if not match or not 1 <= int(match.group(2)) <= 14:
        raise ChordError(symbol, at, f"{degree!r} is no degree like 3, b7 or #11")
    octave, step = divmod(int(match.group(2)) - 1, 7)
    signs = match.group(1)
    return _MAJOR_DEGREES[step] + 12 * octave + signs.count("#") - signs.count("b")
