"""Chords: a root, a quality and a bass, and the symbols that musicians write for them."""

import re
from dataclasses import dataclass
from functools import cache

from perform.errors import ChordError
from perform.music.note_names import translate
from perform.music.pitch import note_name, pitch_class
from perform.music.quality import QUALITIES, Quality, find_quality
from perform.music.scale import SCALES


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord: pitch classes of root and bass (0 = C), and its quality."""

    root: int
    quality: Quality
    bass: int

    @property
    def symbol(self) -> str:
        """The symbol as we write it: Bbm7, C/E, F#m7/C#."""
        slash = "" if self.bass == self.root else f"/{_bass_name(self.root, self.bass)}"
        return f"{note_name(self.root)}{self.quality.name}{slash}"

    @property
    def tones(self) -> frozenset[int]:
        """The pitch classes of the chord, without the bass of a slash chord."""
        return _tones(self.root, self.quality)

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """All pitch classes with the bass, ascending."""
        return _pitch_classes(self.root, self.quality, self.bass)

    @property
    def scale(self) -> tuple[int, ...]:
        """The pitch classes of the default chord scale, ascending.

        It contains all tones of the chord. The bass replaces another note of its degree: the scale
        of C/Bb has no B.
        """
        return _scale(self.root, self.quality, self.bass)


@cache
def _tones(root: int, quality: Quality) -> frozenset[int]:
    return frozenset((root + interval) % 12 for interval in quality.intervals)


@cache
def _pitch_classes(root: int, quality: Quality, bass: int) -> tuple[int, ...]:
    return tuple(sorted(_tones(root, quality) | {bass}))


_DEGREE_OF = (0, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6, 6)  # semitones above a root -> scale degree


@cache
def _bass_name(root: int, bass: int) -> str:
    """The name of a bass as a degree of its chord: C# over F# and A, Bb over G and C."""
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
_NO_CHORD = frozenset({"N.C.", "NC", "N", "N.C", "n.c.", "n.c", "nc", "Nc", "X", "(N.C.)"})
_ROOT = re.compile(r"[A-G](?:##|bb|♯♯|♭♭|[#♯b♭])?")
_DEGREE = re.compile(r"([b#]{0,2})(\d{1,2})")
_MAJOR_DEGREES = (0, 2, 4, 5, 7, 9, 11)


def parse_chord(symbol: str, position: int = 0) -> Chord | None:
    """The chord that a symbol means; None for "no chord" (N.C.).

    Accepts lead-sheet style (`F#m7/C#`, `CΔ7`, `C7(b9,#11)`) and the colon style of annotated data
    sets (`C:maj7/3`, `A:min7/b7`). `position`: where the symbol stands in a longer text. ChordError
    names the symbol and the position of the first wrong character.
    """
    if symbol in _NO_CHORD:
        return None
    if len(symbol) > LONGEST_SYMBOL:
        why = f"it has more than {LONGEST_SYMBOL} characters"
        raise ChordError(f"{symbol[:LONGEST_SYMBOL]}...", position, why)
    if symbol == "%":
        raise ChordError(symbol, position, "a % needs a chord before it to repeat")
    match = _ROOT.match(symbol)
    foreign = _foreign(symbol) if not match or symbol.startswith("Do") else None
    if not match or foreign:  # Do7 is no D diminished
        raise ChordError(symbol, position, foreign or "it begins with no note from A to G")
    root = pitch_class(match.group())
    rest = symbol[match.end() :]
    at = position + match.end()
    if rest == ":":
        raise ChordError(
            symbol, at + 1, "nothing stands after the colon; a label is a comment: # A"
        )
    if rest.startswith(":"):
        return _parse_colon(symbol, root, rest[1:], at + 1)
    # only a note is a bass: C6/9 is no slash chord
    body, slash, low = rest.rpartition("/")
    if slash and _ROOT.fullmatch(low):
        return Chord(root, _quality(symbol, body, at), pitch_class(low))
    if slash and find_quality(rest) is None:
        why = _foreign(low) or f"the bass {low!r} is no note"
        raise ChordError(symbol, at + len(body) + 1, why)
    return Chord(root, _quality(symbol, rest, at), root)


def _foreign(text: str) -> str | None:
    """What is wrong with a text that begins with a note name of another language; else None."""
    translated = translate(text)
    if translated is None:
        return None
    name, english, whole = translated
    body, _, low = whole.partition("/")
    bass = translate(low)
    whole = f"{body}/{bass[2]}" if bass else whole
    root = _ROOT.match(body)
    understood = root is not None and find_quality(body[root.end() :])
    diminished = "; D diminished is Ddim" if text.startswith("Do") else ""
    mend = f", so write {whole}" if understood else ""
    return f"{name} is {english} in chord symbols{mend}{diminished}"


def _quality(symbol: str, suffix: str, at: int) -> Quality:
    found = find_quality(suffix)
    if found is not None:
        return found
    if why := _foreign(symbol):
        raise ChordError(symbol, at, why)
    # the fault is after the longest beginning that is a quality
    good = next(end for end in range(len(suffix), -1, -1) if find_quality(suffix[:end]) is not None)
    raise ChordError(symbol, at + good, f"the ending {suffix!r} is no quality")


def _parse_colon(symbol: str, root: int, body: str, at: int) -> Chord:
    """The chord of the text after the colon, quality(extensions)/degree (Harte et al., 2005)."""
    shorthand, _, degree = body.partition("/")
    if shorthand.startswith("("):
        quality = _quality_of_degrees(symbol, shorthand, at)
    else:
        quality = _quality(symbol, _HARTE.get(shorthand, shorthand), at)
    if not degree:
        return Chord(root, quality, root)
    where = at + len(shorthand) + 1
    return Chord(root, quality, (root + _semitones(symbol, degree, where)) % 12)


# maj9 has a seventh, maj(9) does not
_HARTE = {"maj(9)": "add9", "min(9)": "madd9"}


def _quality_of_degrees(symbol: str, body: str, at: int) -> Quality:
    """The quality with exactly the degrees in brackets."""
    words = body.strip("()").split(",")
    pcs = frozenset(_semitones(symbol, word.strip(), at) % 12 for word in words) | {0}
    for quality in QUALITIES:
        if frozenset(step % 12 for step in quality.intervals) == pcs:
            return quality
    raise ChordError(symbol, at, f"{body} is no known chord")


def _semitones(symbol: str, degree: str, at: int) -> int:
    match = _DEGREE.fullmatch(degree)
    if not match or not 1 <= int(match.group(2)) <= 14:
        raise ChordError(symbol, at, f"{degree!r} is no degree like 3, b7 or #11")
    octave, step = divmod(int(match.group(2)) - 1, 7)
    signs = match.group(1)
    return _MAJOR_DEGREES[step] + 12 * octave + signs.count("#") - signs.count("b")
