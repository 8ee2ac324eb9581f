"""What a line of a chart begins with, or is: a heading like `Title: ...`, a section, a remark."""

import re
from typing import Literal, NamedTuple


class Heading(NamedTuple):
    """What a line begins with. `end`: the column where its bars begin."""

    kind: Literal["", "head", "section", "remark"] = ""
    name: str = ""
    value: str = ""
    end: int = 0


# What a line may say of a tune, by the words that say it.
_HEADS = {
    **dict.fromkeys(("title", "t", "song", "tune", "name"), "title"),
    **dict.fromkeys(("composer", "by", "artist", "st", "subtitle", "author", "music"), "composer"),
    **dict.fromkeys(("key", "tonality"), "key"),
    **dict.fromkeys(("tempo", "bpm"), "tempo"),
    **dict.fromkeys(("style", "feel", "groove", "rhythm"), "style"),
    **dict.fromkeys(("metre", "meter", "time", "time signature", "signature"), "metre"),
    "spelling": "spelling",
    **dict.fromkeys(("form", "capo", "transpose", "tuning", "album", "year", "copyright", "source",
                     "notes", "note", "comment", "c", "lyrics", "words"), "remark"),
}  # fmt: skip
_SECTION_WORDS = (
    r"intro(?:duction|dução|duzione)?|verses?|vers|strophe|couplet|estrofe|estrofa|chorus|refrain"
    r"|refr[aã]o|estribillo|ritornello|bridge|ponte|puente|pont|middle (?:8|eight)|outro|solos?"
    r"|head(?: (?:in|out))?|interlude|pre-?chorus|tag|ending|vamp|turnaround|theme|tema|thema"
    r"|part|section|teil|parte|strofa|zwischenspiel|shout(?: chorus)?|release|instrumental|coda"
)
_LETTER = re.compile(r"[A-Z][1-4]?['\u2032]*")  # C6 and C7 are chords
_SECTION_WORD = re.compile(_SECTION_WORDS, re.IGNORECASE)
_TIMES = re.compile(r"[xX]\d+|\d+[xX]")
_LABEL_WORD = re.compile(
    rf"\s*(?P<name>(?:{_SECTION_WORDS})(?:\s+(?:\d{{1,2}}|[A-Z]\d?(?=\s*$)|[IVX]+(?=\s*$)))?)"
    r"(?=\s*(?:$|[|‖{]|[xX]\s?\d|\d\s?[xX]|[A-H][^a-z]|\())",
    re.IGNORECASE,
)
_LABEL_COLON = re.compile(
    r"\s*(?P<name>[^\W\d_][^:|‖/%\[\]{}]{0,30}?\d{0,2}['\u2032]?)(?:(?<=\w\w)\s|(?<!\s)):(?=\s|$)"
)
_LABEL_BOX = re.compile(
    r"\s*[|‖]*\s*(?:\[(?P<box>(?:[A-Z]\d?['\u2032]?|[^\W\d_][^\]|]*))\]"
    rf"|\((?P<round>[A-Z]|(?i:{_SECTION_WORDS})(?:\s\d+)?)\)(?=\s*$)"
    r"|\*(?P<star>[A-Za-z]\w*)|(?P<paren>[A-Z])\)(?=\s))"
)
_BOX = re.compile(
    r"\s*[|‖]*\s*(?:\[(?P<box>(?:[A-Z]\d?['\u2032]?|[^\W\d_][^\]|]*))\]"
    r"|\((?P<round>[A-Z])\)(?=\s*$)|\*(?P<star>[A-Za-z]\w*)|(?P<paren>[A-Z])\)(?=\s))"
)
_BOX = re.compile(r"\[[^\]]*\]")
_DIRECTIVE = re.compile(
    r"\s*\{\s*(?P<name>[a-z_]{1,30})\s*(?::\s*(?P<value>[^}|]*))?\}\s*$", re.IGNORECASE
)
_MARKS = re.compile(
    r"\b(?:D\.?\s?[CS]\b\.?|da capo|dal segno|al fine|al coda|fine|(?:to )?coda|segno)",
    re.IGNORECASE,
)
_CHORD_SHAPE = re.compile(
    r"\(?[A-H](?:[b#♯♭]{1,2}|es|is)?(?:$|[^A-LN-Za-z]"
    r"|(?:m|maj|min|mi|ma|minor|major|dim|aug|sus|add|dom|alt|o|hdim|no|power)"
    r"(?:$|[^a-z]|maj|sus|add|dim|aug))"
)
# A word with a vowel: Cmj is rather a chord that is spelled wrongly.
_PLAIN_WORD = re.compile(r"(?![A-H][b#]?[^aeiouyäöü]*$)[^\W\d_](?:['\u2019-]|[^\W\d])*[,.;!?:]*")
_SHORT_WORDS = frozenset({"A", "Am", "In", "I", "By", "On", "Of", "To"})
_DO_RE_MI = re.compile(r"(?i:d[oó]|ut|r[eé]|mi|f[aá]|sol|l[aá]|si)(?:[#b♯♭]?(?=$|[\dm(/+°]))")


def heading(line: str, *, begun: bool) -> Heading:
    """What a line begins with; of no kind for a line of bars only.

    `begun`: whether the chart has had a bar; before that, text is a title.
    """
    directive = _DIRECTIVE.match(line)
    if directive:
        return _of_directive(directive, len(line))
    box = _LABEL_BOX.match(line)
    if box and not _is_group(line, box):
        name = next(it for it in box.groups() if it).strip()
        return Heading("section", name, end=box.end())
    colon = _LABEL_COLON.match(line)
    if colon and _is_name(colon["name"]):
        known = _HEADS.get(" ".join(colon["name"].lower().split()))
        if known and not (len(colon["name"]) == 1 and "|" in line):
            return _head(known, colon["name"], line[colon.end() :].strip(), len(line))
        if "|" in line or not _is_text(line[colon.end() :]):
            return Heading("section", colon["name"].strip(), end=colon.end())
        return Heading("remark", line.strip(), end=len(line))
    if not begun and line.lstrip().lower().startswith("by ") and "|" not in line:
        return Heading("head", "composer", line.strip()[3:].strip(), len(line))
    word = _LABEL_WORD.match(line)
    if word and not re.fullmatch(r"\s*coda\b.*[|‖].*", line, re.IGNORECASE):
        return Heading("section", word["name"].strip(), end=word.end())
    if "|" not in line and re.search(r"[\u2669-\u266c=]", line):  # a quarter note = 120
        return Heading("remark", line.strip(), end=len(line))
    if not _MARKS.search(line) and _is_text(line):
        kind: Literal["head", "remark"] = "remark" if begun else "head"
        return Heading(kind, "text" if kind == "head" else line.strip(), line.strip(), len(line))
    return Heading()


def _is_name(text: str) -> bool:
    """Whether what stands before a colon names a section, and is no chords."""
    first, *others = text.split()
    if _TIMES.fullmatch(first):
        return False
    if not _CHORD_SHAPE.match(first) or _LETTER.fullmatch(text):
        return True
    return bool(others) and _SECTION_WORD.match(others[0]) is not None


def _head(known: str, written: str, value: str, end: int) -> Heading:
    if known == "remark":
        return Heading("remark", f"{written.strip()}: {value}", end=end)
    return Heading("head", known, value, end)


def _of_directive(found: re.Match[str], end: int) -> Heading:
    """A directive in curly brackets, as ChordPro has them."""
    name, value = found["name"].lower(), (found["value"] or "").strip()
    section = re.fullmatch(r"(?:start_of_|so)(\w+)", name)
    if section:
        words = {"v": "Verse", "c": "Chorus", "b": "Bridge"}
        return Heading("section", value or words.get(section[1], section[1].capitalize()), end=end)
    known = _HEADS.get(name, "remark")
    if known == "remark":
        return Heading("remark", found[0].strip(), end=end)
    return Heading("head", known, value, end)


def _is_group(line: str, box: re.Match[str]) -> bool:
    """Whether a box is chords in brackets and no section: [Am7], or one of several in the line."""
    inside = box["box"]
    if inside is None:
        return False
    if re.fullmatch(r"[\dxX., -]+|\d+/\d+|[TN]\d+", inside):
        return True
    is_letter = _LETTER.fullmatch(inside) is not None
    chords = all(_CHORD_SHAPE.match(word) for word in inside.split())
    return chords and (not is_letter or has_boxes_only(line))


def has_boxes_only(line: str) -> bool:
    """Whether each chord of a line stands in a box, as on ChordPro sheets: [Am] [F]."""
    boxes = _BOX.findall(line)
    return len(boxes) > 1 and not _BOX.sub("", line).strip(" |‖")


def _is_text(line: str) -> bool:
    """Whether a line is words and no bars: a title, a name, lyrics."""
    words = line.split()
    if not words or re.search(r"[|‖%{}]", line):
        return False
    if any(_DO_RE_MI.match(word) for word in words):
        return False
    plain = [word for word in words if _PLAIN_WORD.fullmatch(word) and not _CHORD_SHAPE.match(word)]
    long = [word for word in plain if sum(map(str.isalpha, word)) >= 3]
    chords = [word for word in words if _CHORD_SHAPE.match(word) and word not in _SHORT_WORDS]
    return bool(long) and all(len(word) == 1 for word in chords) and len(plain) > len(chords)
