"""Chords: a root, a quality and a bass, and the symbols that musicians write for them."""

import re
from dataclasses import dataclass
from functools import cache

from perform.errors import ChordError
from perform.music.harte import harte_quality, semitones
from perform.music.note_names import translate
from perform.music.pitch import note_name, pitch_class
from perform.music.quality import Quality, find_quality, nearest_suffix
from perform.music.scale import SCALES
from perform.music.spelling import UNKNOWN, Spelling, english


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


def parse_chord(symbol: str, position: int = 0, spelling: Spelling = UNKNOWN) -> Chord | None:
    """The chord that a symbol means; None for "no chord" (N.C.).

    Accepts lead-sheet style (`F#m7/C#`, `CΔ7`, `C7(b9,#11)`) and, after a colon, the style of
    annotated data sets (`C:maj7/3`, `A:min7/b7`). A chord in brackets behind it is an alternate,
    which is left out. `position`: where the symbol stands in a longer text. `spelling`: see
    `perform.music.spelling`. ChordError names the symbol and the position of the first wrong
    character.
    """
    if symbol in _NO_CHORD:
        return None
    if len(symbol) > LONGEST_SYMBOL:
        why = f"it has more than {LONGEST_SYMBOL} characters"
        raise ChordError(f"{symbol[:LONGEST_SYMBOL]}...", position, why)
    if symbol == "%":
        raise ChordError(symbol, position, "a % needs a chord before it to repeat")
    written = english(symbol, spelling)
    try:
        return _parse(written, position, known=bool(spelling.name))
    except ChordError as error:
        main, alternate = split_alternate(written)
        if alternate:
            try:
                _parse(alternate.split()[0], 0, known=bool(spelling.name))
                return _parse(main, position, known=bool(spelling.name))
            except ChordError:
                pass
        if written == symbol:
            raise
        raise ChordError(symbol, position, error.reason, offer=error.offer) from None


_ALTERNATE = re.compile(r"([^(]+(?:\([^()]*\)[^()]*)*?)\(([A-H][^()]*(?:\([^()]*\)[^()]*)*)\)")


def split_alternate(symbol: str) -> tuple[str, str]:
    """A symbol, and the alternate in brackets behind it: C7(Gm7); the second may be empty."""
    found = _ALTERNATE.fullmatch(symbol)
    return (found[1], found[2].strip()) if found else (symbol, "")


def _parse(symbol: str, position: int, *, known: bool) -> Chord | None:
    """The chord of a symbol in international spelling. `known`: Do7 is a diminished D."""
    match = _ROOT.match(symbol)
    foreign = _foreign(symbol) if not match or (symbol.startswith("Do") and not known) else None
    if not match or foreign:  # Do7 is no D diminished
        raise ChordError(
            symbol,
            position,
            foreign or "it begins with no note from A to G",
            offer=_capital(symbol),
        )
    root = pitch_class(match.group())
    rest = symbol[match.end() :].rstrip("_")
    at = position + match.end()
    if rest == ":":
        raise ChordError(
            symbol, at + 1, "nothing stands after the colon; a label stands alone: [A]"
        )
    if rest.startswith(":"):
        return _parse_colon(symbol, root, rest[1:], at + 1)
    # only a note is a bass: C6/9 is no slash chord
    body, slash, low = rest.rpartition("/")
    if slash and _ROOT.fullmatch(low[:1].upper() + low[1:]):
        return Chord(root, _quality(symbol, body, at), pitch_class(low))
    # C7/4 and C7/9 are written for C7(4) and C7(9), but a third below is a bass
    is_bass = low in _BASS_DEGREES or (low in "246" and find_quality(rest) is None)
    if slash and is_bass and low and (quality := find_quality(body)):
        return Chord(root, quality, (root + _chord_degree(quality, low)) % 12)
    if slash and find_quality(rest) is None:
        why = _foreign(low) or f"the bass {low!r} is no note"
        raise ChordError(symbol, at + len(body) + 1, why)
    return Chord(root, _quality(symbol, rest, at), root)


_BASS_DEGREES = frozenset({"3", "b3", "5", "7", "b7"})


def _chord_degree(quality: Quality, degree: str) -> int:
    """Semitones above the root of a degree of a chord: 3 is the minor third of a minor chord."""
    natural = semitones(degree)
    if degree[0] in "b#" or natural in quality.intervals:
        return natural
    near = (natural - 1, natural + 1)
    return next((step for step in near if step in quality.intervals), natural)


def _capital(symbol: str) -> str:
    """The symbol with a capital, where that is one: dm7 may be Dm7."""
    upper = symbol[:1].upper() + symbol[1:]
    match = _ROOT.match(upper)
    is_known = match is not None and upper != symbol and find_quality(upper[match.end() :])
    return upper if is_known else ""


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
    near = nearest_suffix(suffix)
    root = _ROOT.match(symbol)
    offer = f"{root.group()}{near}" if root and near is not None else ""
    raise ChordError(symbol, at + good, f"the ending {suffix!r} is no quality", offer=offer)


def _parse_colon(symbol: str, root: int, body: str, at: int) -> Chord:
    """The chord of the text after the colon, quality(degrees)/degree; a bass may be a note."""
    shorthand, _, low = body.partition("/")
    try:
        quality = harte_quality(shorthand)
    except ValueError as error:
        raise ChordError(symbol, at, str(error)) from None
    if quality is None:
        quality = _quality(symbol, shorthand, at)
    if not low:
        return Chord(root, quality, root)
    if _ROOT.fullmatch(low):
        return Chord(root, quality, pitch_class(low))
    try:
        return Chord(root, quality, (root + semitones(low)) % 12)
    except ValueError as error:
        raise ChordError(symbol, at + len(shorthand) + 1, str(error)) from None
