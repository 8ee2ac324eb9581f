"""Chord qualities: one table drives parsing, naming, recognition and the choice of scale."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from perform.music.scale import SCALES


@dataclass(frozen=True, slots=True)
class Quality:
    """A kind of chord.

    `name`: the suffix in our symbols. `intervals`: semitones above the root, ascending, extensions
    above 12. `scale`: its default chord scale. `aliases`: other suffixes found on lead sheets.
    """

    name: str
    intervals: tuple[int, ...]
    scale: str
    aliases: tuple[str, ...] = ()


# `_normalise` gives Cmin7, C-7, CMI7 and C(m7) one spelling; aliases list only what it cannot.
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
    Quality("aug", (0, 4, 8), "whole tone", ("+", "#5", "maj#5", "+5", "5+")),
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
    Quality("13", (0, 4, 7, 10, 14, 21), "mixolydian", ("dom13", "713", "913", "7913")),
    Quality("m13", (0, 3, 7, 10, 14, 21), "dorian", ("m713", "m913")),
    Quality("maj13", (0, 4, 7, 11, 14, 21), "ionian", ("maj713", "maj913")),
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
    Quality("1", (0,), "ionian", ("unison", "Bass")),
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
    Quality("m#5", (0, 3, 8), "aeolian", ("m+", "maug", "m+5")),
    Quality("m7b13", (0, 3, 7, 10, 20), "aeolian"),
    Quality("6/9#11", (0, 4, 7, 9, 14, 18), "lydian"),
    Quality("add#11", (0, 4, 7, 18), "lydian", ("(#11)",)),
)
# Read in charts only: played notes are never named as one of these.
WRITTEN_ONLY: tuple[Quality, ...] = (
    Quality("7no3", (0, 7, 10), "mixolydian"),
    Quality("maj7no3", (0, 7, 11), "ionian"),
    Quality("6no3", (0, 7, 9), "ionian"),
    Quality("7add13", (0, 4, 7, 10, 21), "mixolydian", ("7add6", "67")),
    Quality("m7add13", (0, 3, 7, 10, 21), "dorian", ("m7add6", "m67")),
    Quality("maj7add13", (0, 4, 7, 11, 21), "ionian", ("maj7add6", "maj67")),
    Quality("m7b9", (0, 3, 7, 10, 13), "phrygian"),
    Quality("addb9", (0, 4, 7, 13), "phrygian dominant"),
    Quality("maddb9", (0, 3, 7, 13), "phrygian"),
    Quality("add#9", (0, 4, 7, 15), "half-whole"),
    Quality("augadd9", (0, 4, 8, 14), "whole tone", ("+add9", "aug9add9")),
    Quality("maj9#5", (0, 4, 8, 11, 14), "lydian augmented"),
    Quality("6#11", (0, 4, 7, 9, 18), "lydian"),
    Quality("6b5", (0, 4, 6, 9), "lydian"),
    Quality("m6add4", (0, 3, 5, 7, 9), "dorian", ("m6add11", "m6/11")),
    Quality("7#5b9#11", (0, 4, 8, 10, 13, 18), "altered"),
    Quality("7b13sus4", (0, 5, 7, 10, 20), "mixolydian b13", ("7b13sus", "7susb13", "7sus4b13")),
    Quality("9b13sus4", (0, 5, 7, 10, 14, 20), "mixolydian b13", ("9susb13", "9sus4b13")),
)
BY_NAME = {quality.name: quality for quality in QUALITIES}
RECOGNISED = tuple(quality for quality in QUALITIES if len(quality.intervals) > 1)

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
        "\u2070": "°",
        **dict(
            zip(
                "\xb9\xb2\xb3\u2074\u2075\u2076\u2077\u2078\u2079\u207a\u207b",
                "123456789+-",
                strict=True,
            )
        ),
    }
)


def _signs_before(group: re.Match[str]) -> str:
    """A group of tensions with each sign before its number: (5-,9) is (b5,9)."""
    return re.sub(
        r"(?<![b#+\-\d])(4|5|6|9|11|13)([-+b#])(?=\s*[,)])",
        lambda it: {"-": "b", "+": "#"}.get(it[2], it[2]) + it[1],
        group[0],
    )


# In this order: signs that imply a seventh (Δ and ø) come first.
_REWRITES = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        (r"\((?:[^()]*,)?\s*(?:4|5|6|9|11|13)[-+b#]\s*(?:,[^()]*)?\)", _signs_before),
        (r"^(m?)5([-+])$", lambda it: it[1] + {"-": "b5", "+": "#5"}[it[2]]),
        (r"(?<=[mMnNiI-])/(?=M[79]|(?i:maj|ma7|mj7))", ""),  # Cm/maj7
        (r"(?<=[m\d])\+(?=4)|(?<=6)\+(?=7)", "add"),
        (r"(?i:omit|no\s?)3(?:rd|d)?", "no3"),
        (r"[(),\[\]\s]|(?i:no|omit)5", ""),  # without the fifth, the scale is the same
        (r"(?<=[\dM])/(?=[b#]?\d)", ""),  # 6/9, and 7/13 as written in Brazil
        (r"Δ(?=\d)", "maj"),
        (r"Δ", "maj7"),
        (r"^ø(?:7?(?!\d)|7(?=\d))", "m7b5"),
        (r"^ø(9|11)", r"m\1b5"),
        (r"^(?i:half[ -]?dim(?:inished)?)", "hdim"),
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


def _normalise(suffix: str) -> str:
    """One spelling for all equivalent suffixes; tensions from low to high."""
    text = suffix.translate(_GLYPHS)
    for pattern, by in _REWRITES:
        text = pattern.sub(by, text)
    tensions = _TENSIONS.search(text)
    if tensions is None:
        return text
    found = sorted(_TENSION.findall(tensions.group()), key=lambda it: (int(it[1]), it[0] == "#"))
    return text[: tensions.start()] + "".join(sign + number for sign, number in found)


# Tried before normalised suffixes: (9) and (b5) mean something else without their brackets.
_KNOWN = (*QUALITIES, *WRITTEN_ONLY)
_AS_WRITTEN = {word: quality for quality in _KNOWN for word in (*quality.aliases, quality.name)}
_BY_SUFFIX = {_normalise(word): quality for quality in _KNOWN for word in quality.aliases} | {
    _normalise(quality.name): quality for quality in _KNOWN
}


LONGEST_SUFFIX = 24
_DEGREES = {"2": 2, "4": 5, "5": 7, "6": 9, "7": 10, "9": 14, "11": 17, "13": 21}
_ADDED = re.compile(r"maj7|no3|sus[24]?|(?:add)?[b#]?(?:2|4|5|6|7|9|11|13)")
_BY_TONES = {
    frozenset(step % 12 for step in quality.intervals): quality for quality in reversed(_KNOWN)
}


def find_quality(suffix: str) -> Quality | None:
    """The quality that a suffix means; None for an unknown suffix."""
    found = _AS_WRITTEN.get(suffix) or _BY_SUFFIX.get(_normalise(suffix))
    # C-5 is a major triad with a flat fifth, so C-5(9) is no minor chord
    return found or (None if suffix.startswith("-5") else _compose(_normalise(suffix)))


def _compose(plain: str) -> Quality | None:
    """The quality with the tones of a shorter suffix and of additions in any order: 7(13,b9)."""
    if len(plain) > LONGEST_SUFFIX:
        return None
    for end in range(len(plain) - 1, -1, -1):
        base, rest = _BY_SUFFIX.get(plain[:end]), plain[end:]
        # C9 is not C with a ninth, and C9sus2 not C9sus with a second
        if base is None or not (end or rest.startswith("add")) or plain[:end].endswith("sus"):
            continue
        added = _ADDED.findall(rest)
        if "".join(added) == rest:
            tones = set(base.intervals)
            for word in added:
                tones = _add_tone(tones, word)
            classes = frozenset(tone % 12 for tone in tones)
            # the table has thirteenths with their ninth
            with_ninth = classes | {2} if "13" in added else classes
            found = _BY_TONES.get(classes) or _BY_TONES.get(with_ninth)
            # a second is a suspended one here and an added one there: nothing is built upon it
            unclear = base.name == "sus2" and any(sign in rest for sign in "b#")
            return found or (None if unclear else quality_of(tones))
    return None


_SCALE_ORDER = ("ionian", "mixolydian", "dorian", "aeolian", "lydian", "phrygian", *SCALES)
_DEGREE_NAMES = ("1", "b9", "9", "b3", "3", "4", "b5", "5", "#5", "6", "b7", "7")
_SECOND_NAMES = {3: ("#9", 4), 5: ("11", 10), 6: ("#11", 7), 8: ("b13", 7), 9: ("13", 10)}


def quality_of(intervals: Iterable[int]) -> Quality:
    """The quality with these semitones above the root, which belongs to it always.

    One of the table, or one whose name lists its degrees as Harte et al. do: `:(1,3,4,5)`.
    """
    classes = frozenset(step % 12 for step in intervals) | {0}
    return _BY_TONES.get(classes) or _unnamed(classes)


@cache
def _unnamed(classes: frozenset[int]) -> Quality:
    degrees: list[tuple[int, str]] = []
    for step in sorted(classes):
        other, where = _SECOND_NAMES.get(step, ("", -1))
        name = other if where in classes else _DEGREE_NAMES[step]
        high = name.lstrip("b#") in {"9", "11", "13"}
        degrees.append((step + 12 * high, name))
    degrees.sort()
    scale = next((name for name in _SCALE_ORDER if classes <= set(SCALES[name])), "ionian")
    names = ",".join(name for _, name in degrees)
    return Quality(f":({names})", tuple(step for step, _ in degrees), scale)


def _add_tone(tones: set[int], word: str) -> set[int]:
    """Intervals with one addition, which replaces the tone that it alters or suspends."""
    if word == "maj7":
        return tones - {10} | {11}
    if word == "no3":
        return tones - {3, 4}
    if word.startswith("sus"):
        return tones - {3, 4} | {2 if word == "sus2" else 5}
    if word.endswith("b7"):  # annotated data sets write it so; on lead sheets 7 alone means it
        return tones | {10}
    sign, degree = re.fullmatch(r"(?:add)?([b#]?)(\d+)", word).groups()  # type: ignore[union-attr]
    natural = _DEGREES[degree]
    return tones - ({natural} if sign else set()) | {natural + {"b": -1, "#": 1, "": 0}[sign]}


_COMMON_SUFFIXES = (
    "", "m", "7", "maj7", "m7", "6", "m6", "dim", "dim7", "m7b5", "aug", "sus4", "sus2", "7sus4",
    "9", "maj9", "m9", "11", "m11", "13", "7b9", "7#9", "7#11", "7alt", "mMaj7", "add9", "6/9",
    "7b13", "7b5", "7#5",
)  # fmt: skip


def nearest_suffix(suffix: str) -> str | None:
    """The common suffix that is spelled most like one that is not known; None if none is near."""
    if not 0 < len(suffix) <= LONGEST_SUFFIX // 2:
        return None
    near = difflib.get_close_matches(suffix, _COMMON_SUFFIXES, 1, 0.65)
    return near[0] if near else None
