"""`perform chord`: names chords from symbols or MIDI note numbers."""

import json
import sys
from collections.abc import Iterable

from perform.engine.key import NO_KEY, parse_key
from perform.errors import ChordError, SidemanError
from perform.music.chord import Chord, parse_chord
from perform.music.hints import NO_HINTS, Hints
from perform.music.pitch import note_name, pitch_class
from perform.music.recognition import recognise
from perform.music.spelling import UNKNOWN, Spelling, spelling_of


def hints(after: str, key: str, bass: str) -> Hints:
    """The hints of the command line; empty texts say nothing. SidemanError for a wrong one."""
    before = parse_chord(after) if after else None
    try:
        return Hints(
            bass=_note(bass) if bass else None,
            key=parse_key(key) or NO_KEY if key else NO_KEY,
            previous=before,
        )
    except ValueError as error:
        raise SidemanError(str(error)) from None


def _note(name: str) -> int:
    try:
        return pitch_class(name)
    except ValueError as error:
        raise ValueError(f"{error}; write it like C, F# or Bb") from None


def run(words: list[str] | None, known: Hints, *, spelling: str = "", as_json: bool) -> None:
    """Print a line for each chord: of the arguments, or of the lines on standard input.

    `spelling`: see `perform.music.spelling`. It goes on after a line that is no chord, and names it
    on standard error; SidemanError says at the end how many there were.
    """
    try:
        spelled = spelling_of(spelling)
    except ValueError as error:
        raise SidemanError(f"--spelling: {error}") from None
    if words is None and sys.stdin.isatty():
        print("chords, or MIDI note numbers, one chord a line; Ctrl-D ends it", file=sys.stderr)
    count, wrong = 0, 0
    lines = _lines(words)
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        count += 1
        try:
            print(describe(parse(line, known, spelled), as_json=as_json), flush=words is None)
        except SidemanError as error:
            if isinstance(lines, list) and len(lines) == 1:
                raise
            wrong += 1
            print(f"line {number}: {line}: {error}", file=sys.stderr)
    if wrong:
        verb = "is" if wrong == 1 else "are"
        raise SidemanError(f"{wrong} of {count} {verb} no chord; each is named above")


def _lines(words: list[str] | None) -> Iterable[str]:
    if words is None:
        return (line.strip() for line in sys.stdin)
    notes = bool(words) and words[0].lstrip("-").isdecimal()
    return [" ".join(words)] if notes else words


def parse(line: str, known: Hints = NO_HINTS, spelling: Spelling = UNKNOWN) -> Chord | None:
    """The chord of a symbol or of MIDI note numbers; None is "no chord".

    ChordError for an unknown symbol or notes that are no chord, SidemanError for a wrong number.
    """
    parts = line.replace(",", " ").split()
    if not all(part.lstrip("-").isdecimal() for part in parts):
        return parse_chord(line, 0, spelling)
    notes = [int(part) for part in parts]
    if any(not 0 <= note <= 127 for note in notes):
        raise SidemanError(f"{line}: MIDI note numbers go from 0 to 127")
    chord = recognise(notes, known)
    if chord is None:
        raise ChordError(line, 0, "these notes are no chord")
    return chord


def describe(chord: Chord | None, *, as_json: bool) -> str:
    """A chord as a line: its symbol, root, bass and pitch classes."""
    if as_json:
        return json.dumps(
            {
                "symbol": chord.symbol if chord else "N.C.",
                "root": chord.root if chord else None,
                "bass": chord.bass if chord else None,
                "notes": list(chord.pitch_classes) if chord else [],
            }
        )
    if chord is None:
        return "N.C."
    notes = " ".join(note_name(tone) for tone in chord.pitch_classes)
    root = note_name(chord.root)
    bass = root if chord.bass == chord.root else chord.symbol.rpartition("/")[2]
    return f"{chord.symbol:<12} root {root:<3} bass {bass:<3} notes {notes}"
