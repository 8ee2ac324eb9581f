"""Spellings of chord symbols: what countries and collections write otherwise, in English.

International: B is a half tone below C. German (also Czech, Polish, Nordic): that is H, and B is
a half tone lower; Es, Fis; lower-case roots are minor. Latin: Do Re Mi, and 7+ is a major seventh.
Cifra (Brazil): letters, but 7+ is a major seventh, C9 has no seventh, and º is a diminished
seventh. Harte: data sets.
"""

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple, Protocol

from perform.music.note_names import translate

SPELLINGS = ("international", "german", "latin", "cifra", "harte")
LowerCase = Literal["", "minor", "typed"]


class Spelling(NamedTuple):
    """How chord symbols are spelled.

    `name`: one of SPELLINGS; empty for letters whose doubtful symbols are refused (Do7). `lower`:
    what a lower-case root is: refused, minor, or only typed so.
    """

    name: str = ""
    lower: LowerCase = ""


UNKNOWN = Spelling()


def spelling_of(name: str) -> Spelling:
    """The spelling of a name; ValueError says which there are. An empty name is for unknown."""
    plain = name.strip().lower()
    if plain and plain not in SPELLINGS:
        raise ValueError(f"{name!r} is no spelling; there are {', '.join(SPELLINGS)}")
    return Spelling(plain, "minor" if plain == "german" else "")


_ROOT = re.compile(r"([A-Ha-h])([#♯b♭]{0,2})(.*)", re.DOTALL)
_GERMAN_ROOT = re.compile(
    r"(?P<flat>(?i:[cdfgh]es|es|as)(?!us|[uU])|(?P<lone>[Bb])(?![b♭#♯]))"
    r"|(?P<sharp>(?i:[cdefgah]is))"
    r"|(?P<h>[Hh])(?=$|[^a-z]|m|dim|dur|aug|sus|add|alt|o7)(?P<signs>[#♯b♭]?)"
)
_MINOR_ENDING = re.compile(r"m(?!aj|a7|M)|-|dim|°|º|o(?=7|$)|ø|aug|\+|sus")
_WORDS = (("-moll", "m"), ("moll", "m"), ("-dur", ""), ("dur", ""))


def english(symbol: str, spelling: Spelling) -> str:
    """A symbol in international spelling; unchanged where it has no name of its own."""
    if spelling.name == "latin":
        return _latin(symbol)
    if spelling.name == "german":
        return _with_bass(symbol, _german)
    if spelling.name == "cifra":
        return _cifra(symbol)
    if spelling.lower:
        return _with_bass(symbol, _upper if spelling.lower == "typed" else _minor)
    return symbol


class _Change(Protocol):
    def __call__(self, text: str, *, bass: bool) -> str: ...


def _with_bass(symbol: str, change: _Change) -> str:
    body, slash, low = symbol.rpartition("/")
    if slash and re.fullmatch(r"[A-Ha-h](?:[#♯b♭]|es|is|s)?", low):
        return f"{change(body, bass=False)}/{change(low, bass=True)}"
    return change(symbol, bass=False)


def _german(text: str, *, bass: bool) -> str:
    found = _GERMAN_ROOT.match(text)
    if found is None:
        return _minor(text, bass=bass)
    letter, rest = found[0][0].upper(), text[found.end() :]
    if found["h"]:
        root = "B" + found["signs"]
    elif found["lone"]:
        root = "Bb"
    elif found["sharp"]:
        root = ("B" if letter == "H" else letter) + "#"
    else:
        root = ("B" if letter == "H" else letter) + "b"
    return _with_ending(root, rest, is_lower=text[0].islower(), bass=bass)


def _minor(text: str, *, bass: bool) -> str:
    found = _ROOT.match(text)
    if found is None or found[1] in "Hh":
        return text
    return _with_ending(
        found[1].upper() + found[2], found[3], is_lower=found[1].islower(), bass=bass
    )


def _upper(text: str, *, bass: bool) -> str:
    return text[:1].upper() + text[1:] if bass or text[:1] in "abcdefg" else text


def _with_ending(root: str, rest: str, *, is_lower: bool, bass: bool) -> str:
    for word, suffix in _WORDS:
        if rest.lower().startswith(word):
            return root + suffix + rest[len(word) :]
    if bass or not is_lower or _MINOR_ENDING.match(rest):
        return root + rest
    return f"{root}m{rest}"


_MAJOR_SEVENTH = re.compile(r"(?<![\d(,])7\+(?!\d)")


def _latin(symbol: str) -> str:
    found = translate(symbol)
    if found is None:
        return symbol
    text = _MAJOR_SEVENTH.sub("maj7", found[2])
    body, slash, low = text.rpartition("/")
    bass = translate(low) if slash else None
    return f"{body}/{bass[2]}" if bass else text


def _cifra(symbol: str) -> str:
    """7+ is a major seventh, C9 an added ninth, and º a diminished seventh."""
    if re.match(r"(?i:do|re|mi|fa|sol|la|si)(?![a-z])", symbol):
        return _latin(symbol)
    text = _MAJOR_SEVENTH.sub("maj7", symbol)
    text = re.sub(r"^([A-G][#b♯♭]?m?)9(?=$|[/(])", r"\1(add9)", text)
    text = re.sub(r"^([A-G][#b♯♭]?)[º°](?=$|[/(])", r"\1dim7", text)
    text = re.sub(r"\)\(", ",", text)
    return re.sub(r"\(add9\)\(", "add9(", text)


_LATIN_ONLY = re.compile(
    r"(?i:sol|l[aá]|si|mi|r[eé]|f[aá]|d[oó]|ut)(?=$|[#♯b♭\d/ (°ºøΔ+:-]|m|dim|aug|sus|add)"
)
_NEVER_LETTERS = re.compile(r"(?i:sol|l[aá]|si|mi|r[eé]|ut|dó|f[aá](?!dd|ug))")
_GERMAN_ONLY = re.compile(
    r"(?:h(?=$|[\d/])|H(?:es|is)?|[CDFG]es|[CDEFGA]is|Es(?!us)|As(?!us)|[cdfg]es|[cdefga]is)"
    r"(?=$|[^a-ln-z]|-moll|-dur)"
)
_CIFRA_SIGNS = re.compile(r"\((?:\d+[-+b#]|4)\)|\)\(|[º]|m7\+|7\+\(|\d\(9\)|\dM")
_LETTER = re.compile(r"([A-Ga-g])(?=[#b♯♭]*(?:$|[^a-z]|m|dim|aug|sus|add|alt))")


def guess(words: Iterable[str]) -> tuple[Spelling, str]:
    """The spelling of the symbols of a chart, and a note of what was guessed; UNKNOWN if none is.

    ValueError where symbols contradict each other: H, B and Bb in one chart.
    """
    symbols = [it for it in words if it not in {"N.C.", "NC", "N", "nc", "n.c.", "X", "%"}]
    if not symbols:
        return UNKNOWN, ""
    if all(map(_LATIN_ONLY.match, symbols)) and any(map(_NEVER_LETTERS.match, symbols)):
        return Spelling("latin"), "read as Do Re Mi (spelling: latin)"
    german = sorted({it for it in symbols if _GERMAN_ONLY.match(it)})
    if german:
        return _guess_german(symbols, german[0])
    plus = [it for it in symbols if re.search(r"7\+(?!\d)", it)]
    if plus:
        if any(map(_CIFRA_SIGNS.search, symbols)):
            return Spelling("cifra"), f"{plus[0]} has a major seventh here (spelling: cifra)"
        return Spelling("international"), (
            f"{plus[0]} has a raised fifth; with 'spelling: cifra' it has a major seventh"
        )
    return _guess_case(symbols)


def _guess_german(symbols: list[str], sign: str) -> tuple[Spelling, str]:
    has_b = any(re.match(r"B(?![b♭#♯])", it) for it in symbols)
    has_flat = any(re.match(r"B[b♭]", it) for it in symbols)
    if has_b and has_flat:
        raise ValueError(
            f"{sign}, B and Bb stand in one chart: begin it with 'spelling: german' (B is Bb) or "
            "'spelling: international', and write B for H"
        )
    note = f"{sign} is German: " + ("B is read as B flat" if has_b else "H is B")
    return Spelling("german", "minor"), f"{note} (spelling: german)"


def _guess_case(symbols: list[str]) -> tuple[Spelling, str]:
    """What lower-case roots mean: minor beside others, only typed where minors are marked too."""
    roots = [found for it in symbols if (found := _LETTER.match(it))]
    lower = [it for it in roots if it[1].islower()]
    if not lower:
        return Spelling("international" if _has_letters(symbols) else ""), ""
    if len(lower) < len(roots):
        return Spelling("international", "minor"), f"{lower[0].string}: a lower-case root is minor"
    if any(re.match(r"[a-g][#b]?(?:m(?!aj)|-)", it) for it in symbols):
        return Spelling("international", "typed"), "lower-case roots are read as capitals"
    return UNKNOWN, ""


def _has_letters(symbols: list[str]) -> bool:
    """Whether symbols tell that Do7 is a diminished D among them."""
    return any(not re.match(r"(?i:do)", it) for it in symbols)
