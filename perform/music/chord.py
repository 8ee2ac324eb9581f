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


# `_plain` makes one spelling of Cmin7, C-7, CMI7 and C(m7), so aliases list only what it cannot.
QUALITIES: tuple[Quality, ...] = (
    Quality("", (0, 4, 7), "ionian", ("maj",)),
    Quality("m", (0, 3, 7), "dorian"),
    Quality("7", (0, 4, 7, 10), "mixolydian", ("dom7", "dom")),
    Quality("maj7", (0, 4, 7, 11), "ionian", ("j7", "7M", "7maj")),
    Quality("m7", (0, 3, 7, 10), "dorian"),
    Quality("6", (0, 4, 7, 9), "ionian", ("maj6",)),
    Quality("m6", (0, 3, 7, 9), "melodic minor"),
    Quality("dim", (0, 3, 6), "whole-half", ("mb5", "m-5")),
    Quality("dim7", (0, 3, 6, 9), "whole-half"),
    Quality("m7b5", (0, 3, 6, 10), "locrian", ("hdim7", "hdim", "h7", "h")),
    Quality("aug", (0, 4, 8), "whole tone", ("+", "#5", "maj#5", "+5")),
    Quality("sus4", (0, 5, 7), "mixolydian", ("sus", "4")),
    Quality("sus2", (0, 2, 7), "ionian", ("2",)),
    Quality(
        "7sus4", (0, 5, 7, 10), "mixolydian", ("7sus", "sus7", "sus47", "7sus24", "sus4b7", "74")
    ),
    Quality("9sus4", (0, 5, 7, 10, 14), "mixolydian", ("9sus", "sus9", "sus4b79")),
    Quality("13sus4", (0, 5, 7, 10, 14, 21), "mixolydian", ("13sus", "sus13")),
    Quality(
        "7b9sus4", (0, 5, 7, 10, 13), "phrygian", ("7susb9", "7sus4b9", "sus4b9", "susb9", "7b9sus")
    ),
    Quality("mMaj7", (0, 3, 7, 11), "melodic minor", ("m7maj",)),
    Quality("add9", (0, 4, 7, 14), "ionian", ("add2", "(9)", "(add9)", "majadd9")),
    Quality("madd9", (0, 3, 7, 14), "dorian", ("madd2",)),
    Quality("6/9", (0, 4, 7, 9, 14), "ionian", ("69", "6add9", "maj69", "maj6/9")),
    Quality("m6/9", (0, 3, 7, 9, 14), "melodic minor", ("m69", "m6add9")),
    Quality("9", (0, 4, 7, 10, 14), "mixolydian", ("dom9", "7add9", "79")),
    Quality("maj9", (0, 4, 7, 11, 14), "ionian", ("maj7add9", "maj79")),
    Quality("m9", (0, 3, 7, 10, 14), "dorian", ("m7add9", "m79")),
    Quality("mMaj9", (0, 3, 7, 11, 14), "melodic minor", ("mMaj79",)),
    Quality("m9b5", (0, 3, 6, 10, 14), "locrian natural 2", ("hdim9",)),
    Quality("11", (0, 4, 7, 10, 14, 17), "mixolydian", ("dom11", "711", "911")),
    Quality("m11", (0, 3, 7, 10, 14, 17), "dorian", ("m711", "m911", "m7911")),
    Quality("maj11", (0, 4, 7, 11, 14, 17), "ionian"),
    Quality("13", (0, 4, 7, 10, 14, 21), "mixolydian", ("dom13", "713", "913", "7913", "7add13")),
    Quality("m13", (0, 3, 7, 10, 14, 21), "dorian", ("m713", "m913", "m7add13")),
    Quality("maj13", (0, 4, 7, 11, 14, 21), "ionian", ("maj713", "maj913", "maj7add13")),
    Quality("7b9", (0, 4, 7, 10, 13), "mixolydian b9", ("7addb9",)),
    Quality("7#9", (0, 4, 7, 10, 15), "half-whole", ("7add#9",)),
    Quality("7#11", (0, 4, 7, 10, 18), "lydian dominant", ("7add#11",)),
    Quality("9#11", (0, 4, 7, 10, 14, 18), "lydian dominant", ("79#11",)),
    Quality("13#11", (0, 4, 7, 10, 14, 18, 21), "lydian dominant", ("7#1113", "13b5")),
    Quality("13b9", (0, 4, 7, 10, 13, 21), "half-whole", ("7b913",)),
    Quality("7b13", (0, 4, 7, 10, 20), "mixolydian b13"),
    Quality("7b5", (0, 4, 6, 10), "whole tone", ("7dim5",)),
    Quality("7#5", (0, 4, 8, 10), "whole tone", ("7+", "+7", "aug7", "7aug")),
    Quality("9#5", (0, 4, 8, 10, 14), "whole tone", ("9+", "+9", "aug9")),
    Quality("9b5", (0, 4, 6, 10, 14), "whole tone"),
    Quality("7b9#9", (0, 4, 7, 10, 13, 15), "half-whole"),
    Quality("7b9#11", (0, 4, 7, 10, 13, 18), "half-whole"),
    Quality("7b9b13", (0, 4, 7, 10, 13, 20), "phrygian dominant"),
    Quality("7#9#11", (0, 4, 7, 10, 15, 18), "half-whole"),
    Quality("7#9b13", (0, 4, 7, 10, 15, 20), "altered"),
    Quality("7b5b9", (0, 4, 6, 10, 13), "altered"),
    Quality("7b5#9", (0, 4, 6, 10, 15), "altered"),
    Quality("7#5#9", (0, 4, 8, 10, 15), "altered", ("+7#9", "7+#9")),
    Quality("7#5b9", (0, 4, 8, 10, 13), "altered", ("+7b9", "7+b9")),
    Quality("alt", (0, 4, 10, 13, 15, 18, 20), "altered", ("7alt", "7alt.", "alt.", "7b9#9b13")),
    Quality("maj7#11", (0, 4, 7, 11, 18), "lydian", ("lyd",)),
    Quality("maj9#11", (0, 4, 7, 11, 14, 18), "lydian"),
    Quality("maj7#5", (0, 4, 8, 11), "lydian augmented", ("+maj7", "augmaj7", "maj7+")),
    Quality("maj7b5", (0, 4, 6, 11), "lydian"),
    Quality("m7#5", (0, 3, 8, 10), "aeolian", ("m7+",)),
    Quality("mb6", (0, 3, 7, 8), "aeolian"),
    Quality("7add4", (0, 4, 5, 7, 10), "mixolydian", ("7add11",)),
    Quality("add4", (0, 4, 5, 7), "ionian", ("add11", "(add4)")),
    Quality("m7add4", (0, 3, 5, 7, 10), "dorian", ("m7add11",)),
    Quality("dimMaj7", (0, 3, 6, 11), "whole-half"),
    Quality("majb5", (0, 4, 6), "lydian", ("-5", "(b5)")),
    Quality("5", (0, 7), "mixolydian", ("no3", "power", "no3d")),
    Quality("1", (0,), "ionian", ("unison",)),
    Quality("13#9", (0, 4, 7, 10, 15, 21), "half-whole", ("7#913",)),
    Quality("13b9#11", (0, 4, 7, 10, 13, 18, 21), "half-whole"),
    Quality("maj13#11", (0, 4, 7, 11, 14, 18, 21), "lydian"),
    Quality("m11b5", (0, 3, 6, 10, 14, 17), "locrian natural 2"),
    Quality("9b13", (0, 4, 7, 10, 14, 20), "mixolydian b13"),
    Quality("7#11b13", (0, 4, 7, 10, 18, 20), "altered"),
    Quality("sus2sus4", (0, 2, 5, 7), "mixolydian", ("sus24", "sus4add9", "sus2add4")),
    Quality("maj7sus4", (0, 5, 7, 11), "ionian", ("maj7sus",)),
    Quality("maj7sus2", (0, 2, 7, 11), "ionian"),
    Quality("7sus2", (0, 2, 7, 10), "mixolydian"),
    Quality("13b9sus4", (0, 5, 7, 10, 13, 21), "dorian b2", ("13susb9", "13b9sus")),
    Quality("madd4", (0, 3, 5, 7), "dorian"),
    Quality("m#5", (0, 3, 8), "aeolian"),
    Quality("m7b13", (0, 3, 7, 10, 20), "aeolian"),
    Quality("6/9#11", (0, 4, 7, 9, 14, 18), "lydian"),
    Quality("add#11", (0, 4, 7, 18), "lydian", ("(#11)",)),
)
BY_NAME = {quality.name: quality for quality in QUALITIES}

_GLYPHS = str.maketrans(
    {
        "♭": "b",
        "♯": "#",
        "△": "Δ",
        "∆": "Δ",
        "^": "Δ",
        "º": "°",
        "Ø": "ø",
        "\u2212": "-",
        "\u2013": "-",
    }
)
# In this order; what stands for the seventh comes first, for Δ and ø need none written.
_REWRITES = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        (r"[(),\[\]\s]|(?i:no|omit)5", ""),  # the scale is the same without the fifth
        (r"(?<=[\dM])/(?=[b#]?\d)", ""),  # 6/9, and 7/13 as it is written in Brazil
        (r"Δ(?=\d)", "maj"),
        (r"Δ", "maj7"),
        (r"^ø(?:7?(?!\d)|7(?=\d))", "m7b5"),
        (r"^ø(9|11)", r"m\1b5"),
        (r"^(?:°|o|0|(?i:diminished))", "dim"),
        (r"(?i:augmented)", "aug"),
        (r"(?i:dominant)", "dom"),
        (r"M(?![AaIi])|M(?=add)|(?i:major|maj|ma(?!dd))", "maj"),
        (r"(?i:minor|min|mi)", "m"),
        (r"(?i:sus)", "sus"),
        (r"(?i:add)", "add"),
        (r"(?i:alt)", "alt"),
        (r"(?<=\d)-(?=5|9|11|13)", "b"),
        (r"(?<=\d)\+(?=5|9|11)", "#"),
        (r"^-(?!5$)", "m"),
    )
)
_TENSIONS = re.compile(r"(?:[b#](?:5|9|11|13))+$")
_TENSION = re.compile(r"([b#])(\d+)")


def _plain(suffix: str) -> str:
    """The one spelling that stands for a suffix and its look-alikes; tensions from low to high."""
    text = suffix.translate(_GLYPHS)
    for pattern, by in _REWRITES:
        text = pattern.sub(by, text)
    tensions = _TENSIONS.search(text)
    if tensions is None:
        return text
    found = sorted(_TENSION.findall(tensions.group()), key=lambda it: (int(it[1]), it[0] == "#"))
    return text[: tensions.start()] + "".join(sign + number for sign, number in found)


# As written first: (9) and (b5) mean something else without their brackets.
_AS_WRITTEN = {word: quality for quality in QUALITIES for word in (*quality.aliases, quality.name)}
_BY_SUFFIX = {_plain(word): quality for quality in QUALITIES for word in quality.aliases} | {
    _plain(quality.name): quality for quality in QUALITIES
}


LONGEST_SUFFIX = 24
_DEGREES = {"2": 2, "4": 5, "5": 7, "6": 9, "7": 10, "9": 14, "11": 17, "13": 21}
_ADDED = re.compile(r"maj7|sus[24]?|(?:add)?[b#]?(?:2|4|5|6|7|9|11|13)")
_BY_TONES = {
    frozenset(step % 12 for step in quality.intervals): quality for quality in reversed(QUALITIES)
}


def _find(suffix: str) -> Quality | None:
    found = _AS_WRITTEN.get(suffix) or _BY_SUFFIX.get(_plain(suffix))
    # C-5 is a triad with a flat fifth, so C-5(9) is no minor chord
    return found or (None if suffix.startswith("-5") else _made_up(_plain(suffix)))


def _made_up(plain: str) -> Quality | None:
    """The quality with just the tones of a shorter suffix and what is added to it, in any order: 7(13,b9), m9(maj7)."""
    if len(plain) > LONGEST_SUFFIX:
        return None
    for end in range(len(plain) - 1, -1, -1):
        base, rest = _BY_SUFFIX.get(plain[:end]), plain[end:]
        # C9 is no triad with a ninth, and C9sus2 no C9sus with a second
        if base is None or not (end or rest.startswith("add")) or plain[:end].endswith("sus"):
            continue
        added = _ADDED.findall(rest)
        if "".join(added) == rest:
            tones = set(base.intervals)
            for word in added:
                tones = _with(tones, word)
            classes = frozenset(tone % 12 for tone in tones)
            whole = (
                classes | {2} if "13" in added else classes
            )  # a thirteenth is named with its ninth
            return _BY_TONES.get(classes) or _BY_TONES.get(whole)
    return None


def _with(tones: set[int], word: str) -> set[int]:
    """Intervals with one more; what is altered or suspended is there no longer."""
    if word == "maj7":
        return tones - {10} | {11}
    if word.startswith("sus"):
        return tones - {3, 4} | {2 if word == "sus2" else 5}
    if word.endswith("b7"):  # as data sets spell it, where 7 alone is one already
        return tones | {10}
    sign, degree = re.fullmatch(r"(?:add)?([b#]?)(\d+)", word).groups()  # type: ignore[union-attr]
    natural = _DEGREES[degree]
    return tones - ({natural} if sign else set()) | {natural + {"b": -1, "#": 1, "": 0}[sign]}


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord: pitch classes of root and bass (0 = C), and its quality."""

    root: int
    quality: Quality
    bass: int

    @property
    def symbol(self) -> str:
        """How we write it: Bbm7, C/E, F#m7/C#."""
        slash = "" if self.bass == self.root else f"/{_bass_name(self.root, self.bass)}"
        return f"{note_name(self.root)}{self.quality.name}{slash}"

    @property
    def tones(self) -> frozenset[int]:
        """The pitch classes of the chord itself, the bass of a slash chord left out."""
        return _tones(self.root, self.quality)

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """All pitch classes, the bass with them, ascending."""
        return _pitch_classes(self.root, self.quality, self.bass)

    @property
    def scale(self) -> tuple[int, ...]:
        """The pitch classes of the default chord-scale, ascending; always contains the tones, and the bass instead of
        another note of its degree: over C/Bb there is no B.
        """
        return _scale(self.root, self.quality, self.bass)


@cache
def _tones(root: int, quality: Quality) -> frozenset[int]:
    return frozenset((root + interval) % 12 for interval in quality.intervals)


@cache
def _pitch_classes(root: int, quality: Quality, bass: int) -> tuple[int, ...]:
    return tuple(sorted(_tones(root, quality) | {bass}))


_DEGREE_OF = (0, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6, 6)  # semitones above a root -> steps of a scale


@cache
def _bass_name(root: int, bass: int) -> str:
    """A bass spelled as a degree of its chord: C# over F# and A, Bb over G and C."""
    letters = "CDEFGAB"
    degree = _DEGREE_OF[(bass - root) % 12]
    letter = letters[(letters.index(note_name(root)[0]) + degree) % 7]
    for name in (letter, letter + "b", letter + "#"):
        if pitch_class(name) == bass and name not in {"Cb", "Fb", "E#", "B#"}:
            return name
    return note_name(bass)


@cache
def _scale(root: int, quality: Quality, bass: int) -> tuple[int, ...]:
    steps = frozenset((root + step) % 12 for step in SCALES[quality.scale])
    if bass not in steps:
        degree = _DEGREE_OF[(bass - root) % 12]
        others = (step for step in steps if _DEGREE_OF[(step - root) % 12] != degree)
        steps = frozenset((*others, bass))
    return tuple(sorted(steps | _tones(root, quality)))


LONGEST_SYMBOL = 64
_SILENCE = ("N.C.", "NC", "N", "N.C", "n.c.", "X")
_ROOT = re.compile(r"[A-G](?:##|bb|♯♯|♭♭|[#♯b♭])?")
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
    if len(symbol) > LONGEST_SYMBOL:
        why = f"it has more than {LONGEST_SYMBOL} characters"
        raise ChordError(f"{symbol[:LONGEST_SYMBOL]}...", position, why)
    if symbol == "%":
        raise ChordError(symbol, position, "a % needs a chord before it to repeat")
    match = _ROOT.match(symbol)
    if not match:
        raise ChordError(symbol, position, "it begins with no note from A to G")
    root = pitch_class(match.group())
    rest = symbol[match.end() :]
    at = position + match.end()
    if rest == ":":
        raise ChordError(
            symbol, at + 1, "nothing stands after the colon; a label is a comment: # A"
        )
    if rest.startswith(":"):
        return _parse_colon(symbol, root, rest[1:], at + 1)
    # Bb5 is a B flat fifth; but C6/9 is no chord over a bass called 9
    body, slash, low = rest.rpartition("/")
    if slash and _ROOT.fullmatch(low):
        return Chord(root, _quality(symbol, body, at), pitch_class(low))
    if slash and _find(rest) is None:
        raise ChordError(symbol, at + len(body) + 1, f"the bass {low!r} is no note")
    return Chord(root, _quality(symbol, rest, at), root)


def _quality(symbol: str, suffix: str, at: int) -> Quality:
    found = _find(suffix)
    if found is not None:
        return found
    # The fault begins where the longest beginning that means something ends.
    good = next(end for end in range(len(suffix), -1, -1) if _find(suffix[:end]) is not None)
    raise ChordError(symbol, at + good, f"the ending {suffix!r} is no quality")


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


# maj9 has a seventh, maj(9) has none
_HARTE = {"maj(9)": "add9", "min(9)": "madd9"}


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
