"""Note names of other languages: what they are in English, which chord symbols are written in."""

import re

_LATIN = {"do": "C", "ut": "C", "re": "D", "ré": "D", "mi": "E", "fa": "F", "sol": "G", "la": "A",
          "si": "B", "dó": "C", "fá": "F", "lá": "A"}  # fmt: skip
_GERMAN = {
    "H": "B", "Hes": "Bb", "His": "B#", "Es": "Eb", "As": "Ab",
    **{f"{letter}is": f"{letter}#" for letter in "CDEFGA"},
    **{f"{letter}es": f"{letter}b" for letter in "CDFG"},
}  # fmt: skip
# Not Fadd9, Faug and Falt; what follows a name is a sign, a number, a bass or a quality.
_LATIN_NAME = re.compile(
    r"(d[oó]|ut|r[eé]|mi|f[aá](?!dd|ug|lt)|sol|l[aá]|si)"
    r"(?=$|[#♯b♭\d/ (°øΔ+:-]|m|dim|aug|sus|add|alt)",
    re.IGNORECASE,
)
# Not Esus and Asus4, which are chords of E and A.
_GERMAN_NAME = re.compile(r"(Hes|His|[CDEFGA]is|[CDFG]es|[EA]s(?!us)|H)(?![a-ln-z])")
_WORDS = (("-moll", "m"), ("moll", "m"), ("-dur", ""), ("dur", ""))


def translate(text: str) -> tuple[str, str, str] | None:
    """A name at the beginning of a text, its English name, and the text in English.

    None where the text begins with no name of another language. Do7 is C7 and Es is Eb.
    """
    latin, german = _LATIN_NAME.match(text), _GERMAN_NAME.match(text)
    if latin is not None:
        found, name = latin.group(), _LATIN[latin.group().lower()]
    elif german is not None:
        found, name = german.group(), _GERMAN[german.group()]
    else:
        return None
    rest = text[len(found) :]
    for word, suffix in _WORDS:
        if rest.startswith(word):
            rest = suffix + rest[len(word) :]
    return found, name, name + rest
