"""The text of a chart as tokens: bar lines, chord symbols, marks of the form, headings, remarks."""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from perform.music.chart_headings import Heading, has_boxes_only, heading

Kind = Literal[
    "bar", "double", "open", "close", "times", "metre", "ending", "segno", "to coda", "coda",
    "fine", "jump", "group", "repeat", "beats", "word", "section", "head", "remark", "end of line",
]  # fmt: skip


class Token(NamedTuple):
    """A piece of a chart. `position`: where it stands in the text, from 0; `line`: from 1.

    `text` is the piece as it is written; `value` is what it says: the number of times or beats, the
    name of a section, the inside of a group in brackets.
    """

    kind: Kind
    text: str
    position: int
    line: int
    value: str = ""


# One sign for each sign that means the same. Each stands for one character: positions stay.
_SAME = {
    **dict.fromkeys("\t\xa0\u2000\u2002\u2003\u2007\u2009\u200a\u200b\u202f\u3000\ufeff", " "),
    **dict.fromkeys("\v\f\x1c\x1d\x1e\x85\u2028\u2029", "\n"),
    **dict.fromkeys("\u2502\u2503\u2223\uff5c\u01c0\u2758\u2759\xa6\U0001d100", "|"),
    **dict.fromkeys("\u2016\u2551\U0001d101\U0001d102\U0001d103", "‖"),
    "\U0001d106": "{", "\U0001d107": "}", "\uff1a": ":",
    "\U0001d10e": "%", "\uff05": "%", "\U0001d10f": "‰",
    **dict.fromkeys("\u2044\u2215\uff0f", "/"),
    **dict.fromkeys("\u201c\u201d\u201e\xab\xbb", '"'),
    "\U0001d10b": "§", "\U0001d10c": "⊕", "\xd7": "x", "\uff08": "(", "\uff09": ")",
}  # fmt: skip
_NO_BOXES = str.maketrans("[]", "  ")
_SAME_SIGNS = str.maketrans(_SAME)
_COMMENT = re.compile(r"^\s*(?:#.*|//\s.*)$|(?<=\s)# .*$")
_TIMES = r"\(?\s?(?:[xX]\s?(?P<x>\d{1,3})|(?P<y>\d{1,3})\s?(?:[xX]|times\b))\s?\)?(?![^\s|‖)])"
_NAME_TIMES = re.compile(rf"(?P<name>.*\S)\s+(?P<times>{_TIMES})")
_JUMP = (
    r"(?P<jump>D\.?\s?[CS]\.?|da\s+capo|dal\s+segno)(?![\w/(#])"
    r"(?:\s*al(?:la)?\s+(?P<goal>fine|coda|end|segno|[⊕]|\d\w*\.?(?:\s*ending)?))?\.?"
)
_SCANNER = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<line>:\s*\|[:|\]]*|[:|]*[|‖][:|‖]*\]?|\[(?=[|‖])|[{}])"
    rf"|(?P<times>{_TIMES})"
    r"|(?P<metre>[\[(]?(?:T\d{2,3}|\d{1,2}/\d{1,2}[)\]]?|\d{1,2}/\d{1,2}:)(?![^\s|‖]))"
    r"|(?P<ending>\[?(?:[1-9](?:(?:\.?\s?[,&-]\s?|\.)[1-9])*(?:[.):]+|(?=[\s\]]))\]?|N[1-9](?!\S)"
    r"|(?i:(?:1st|2nd|3rd|4th)(?:\s+(?:ending|time)\b)?)[.:]?))"
    rf"|(?P<form>(?i:\(?(?:{_JUMP}|(?P<fine>fine)|(?P<to>to\s+(?:coda|[⊕]))"
    r"|(?P<coda>coda|[⊕])|(?P<segno>segno|[§]))\)?)(?![\w]))"
    r'|(?P<quoted>"[^"|]*"|<[^<>|]*>)'
    r"|(?P<group>\([^()|‖\n]*(?:\([^()|‖]*\)[^()|‖]*)*\)(?=$|[\s|‖:])|\[[^\[\]|‖\n]*\])"
    r"|(?P<repeat>(?:%%|‰|\.//\.|%|\./\.)(?![^\s|‖:}]))"
    r"|(?P<beats>(?:/+|[.\-\u2013\u2014\u2192]+)(?![^\s|‖:}]))"
    r"|(?P<word>(?:\([^()|‖]*\)|(?!:*\s*[|‖])[^\s|‖{}\[\]])+|\S)"
)


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a text, in order; each line ends with one of the kind "end of line"."""
    plain = text.translate(_SAME_SIGNS).replace("\r\n", " \n").replace("\r", "\n")
    start, begun = 0, False
    for number, line in enumerate(plain.split("\n"), 1):
        rest = _COMMENT.sub(lambda it: " " * len(it[0]), line)
        if rest.strip():
            found = heading(rest, begun=begun)
            if has_boxes_only(rest):
                rest = rest.translate(_NO_BOXES)
            yield from _of_heading(found, line, start, number)
            scanned = list(_scan(rest, found.end, start, number))
            begun = begun or any(it.kind not in {"remark", "times"} for it in scanned)
            yield from scanned
            yield Token("end of line", "", start + len(line), number)
        start += len(line) + 1


def _of_heading(found: Heading, line: str, start: int, number: int) -> Iterator[Token]:
    if not found.kind:
        return
    named = _NAME_TIMES.fullmatch(found.name) if found.kind == "section" else None
    name = named["name"] if named else found.name or line.strip()
    yield Token(found.kind, name, start, number, found.value)
    if named:
        yield Token("times", named["times"], start, number, named["x"] or named["y"])


def _scan(line: str, column: int, start: int, number: int) -> Iterator[Token]:
    at_bar = True  # whether a bar begins here: only there a number is an ending
    while column < len(line):
        match = _SCANNER.match(line, column)
        kind, written = (match.lastgroup or "", match[0]) if match else ("word", line[column])
        if match and not at_bar and match["ending"]:
            match = _WORD.match(line, column)
            kind, written = "word", match[0] if match else line[column]
        elif match:
            kind = next(name for name in _NAMES if match[name])
        here = Token("word", written, start + column, number)
        if match and kind != "space":
            yield from _meant(kind, here, match)
            at_bar = kind in {"line", "metre", "times"} or (at_bar and kind in {"form", "group"})
        column += len(written)


_WORD = re.compile(r"(?:\([^()|‖]*\)|(?!:*\s*[|‖])[^\s|‖{}\[\]])+|\S")
_NAMES = (
    "space", "line", "times", "metre", "ending", "form", "quoted", "group", "repeat", "beats",
    "word",
)  # fmt: skip


def _meant(kind: str, here: Token, match: re.Match[str]) -> Iterator[Token]:
    """The tokens that a match of the scanner stands for."""
    if kind == "line":
        yield from _bar_line(here)
    elif kind == "form":
        yield _form_mark(here, match)
    elif kind == "times":
        yield here._replace(kind="times", value=match["x"] or match["y"])
    elif kind == "metre":
        yield here._replace(kind="metre", value=_metre(here.text))
    elif kind == "ending":
        yield here._replace(kind="ending", value=" ".join(_ending_numbers(here.text)))
    elif kind == "quoted":
        inside = here.text[1:-1].strip()
        is_hit = here.text[0] == "<" and re.match(r"[A-H](?![a-z]{2})", inside)
        yield here._replace(kind="group" if is_hit else "remark", value=f"<{inside}")
    elif kind == "group":
        yield here._replace(kind="group", value=f"{here.text[0]}{here.text[1:-1].strip()}")
    elif kind == "repeat":
        yield here._replace(kind="repeat", value="2" if here.text in {"%%", "‰", ".//."} else "1")
    elif kind == "beats":
        yield here._replace(kind="beats", value=str(len(here.text)))
    else:
        yield here


def _bar_line(here: Token) -> Iterator[Token]:
    """A sign between bars: it closes a repeat, opens one, both, or only ends a bar."""
    sign = re.sub(r"\s", "", here.text)
    closes = sign[0] in ":}"
    opens = sign[-1] in ":{" and (len(sign) > 1 or sign == "{")
    if "::" in sign:
        closes = opens = True
    if closes:
        yield here._replace(kind="close")
    if opens:
        yield here._replace(kind="open", position=here.position + len(here.text.rstrip(":")) - 1)
    if not closes and not opens and sign != "[":
        yield here._replace(kind="bar" if sign == "|" else "double")


def _form_mark(here: Token, match: re.Match[str]) -> Token:
    if match["jump"]:
        to_sign = match["jump"].lower().replace(" ", "").replace(".", "") in {"ds", "dalsegno"}
        goal = (match["goal"] or "").lower()
        goal = "coda" if goal == "⊕" else goal if goal in {"fine", "coda"} else ""
        return here._replace(kind="jump", value=f"{'D.S.' if to_sign else 'D.C.'} {goal}".strip())
    if match["to"]:
        return here._replace(kind="to coda")
    if match["coda"]:
        return here._replace(kind="coda", value="sign" if match["coda"] == "⊕" else "word")
    return here._replace(kind="fine" if match["fine"] else "segno")


def _metre(text: str) -> str:
    inside = text.strip("[]():")
    return inside if "/" in inside else f"{inside[1:-1]}/{inside[-1]}"


def _ending_numbers(text: str) -> list[str]:
    """The passes of an ending: `1.`, `1, 2.` and `1-3.`."""
    found = re.findall(r"\d", text)
    if "-" in text and len(found) == 2:
        return [str(number) for number in range(int(found[0]), int(found[1]) + 1)]
    return found
