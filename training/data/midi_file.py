"""Reads a Standard MIDI File: notes, time signatures and chord roots, 480 ticks to a quarter."""

import re
from pathlib import Path
from typing import NamedTuple

import mido

from perform.errors import ChordError, DatasetError
from perform.music.chord import parse_chord
from perform.music.note import TICKS_PER_BEAT, Note

DRUMS = 9  # channel 10, counted from 0
_TEXTS = ("marker", "text", "cue_marker")  # "A" or "Am" in lyrics is a word, not a chord
_SUFFIX = re.compile(r"_([A-G][#b]?)$")


class Root(NamedTuple):
    """A chord's symbol and the pitch class (0 to 11) of its root."""

    symbol: str
    pitch_class: int


class TimeSignature(NamedTuple):
    """A time signature and the tick at which it begins."""

    tick: int
    numerator: int
    denominator: int


class Song(NamedTuple):
    """A song before it is cut into bars: notes by start, time signatures and roots by tick."""

    notes: tuple[Note, ...]
    time_signatures: tuple[TimeSignature, ...]
    roots: tuple[tuple[int, Root], ...]


def read_song(path: Path) -> Song:
    """The notes (without drums), time signatures and chord markers of a file of format 0 or 1.

    The tempo map is ignored: musical time is ticks. DatasetError for a file that counts time in
    frames (SMPTE) or not at all; mido raises its own errors for a file that is not MIDI.
    """
    file = mido.MidiFile(path)
    if file.ticks_per_beat <= 0:
        raise DatasetError("time is counted in frames (SMPTE); export it again in ticks a quarter")
    notes: list[Note] = []
    signatures: list[TimeSignature] = []
    roots: list[tuple[int, Root]] = []
    for track in file.tracks:
        now = 0
        begun: dict[tuple[int, int], int] = {}
        for message in track:
            now += message.time
            # whole-number rounding: exact for any resolution and any length
            tick = (2 * now * TICKS_PER_BEAT + file.ticks_per_beat) // (2 * file.ticks_per_beat)
            if message.type == "time_signature":
                signatures.append(TimeSignature(tick, message.numerator, message.denominator))
            elif message.type in _TEXTS:
                roots += [(tick, root) for root in _parse_roots(message.text)]
            elif message.type in ("note_on", "note_off") and message.channel != DRUMS:
                key = (message.channel, message.note)
                if key in begun:  # a second note-on ends the first
                    start = begun.pop(key)
                    notes.append(Note(start, max(1, tick - start), message.note))
                if message.type == "note_on" and message.velocity:
                    begun[key] = tick
    by_tick = sorted(roots, key=lambda root: root[0])
    return Song(tuple(sorted(notes)), tuple(sorted(signatures)), tuple(by_tick))


def root_of_name(path: Path) -> Root:
    """The root at the end of a file name (`blues_Bb.mid`), else C."""
    named = _SUFFIX.search(path.stem)
    symbol = named.group(1) if named else "C"
    chord = parse_chord(symbol)
    return Root(symbol, chord.root if chord else 0)


def _parse_roots(text: str) -> list[Root]:
    """The root of a text that is a chord symbol; none for any other text."""
    symbol = text.strip()
    try:
        chord = parse_chord(symbol)
    except ChordError:
        return []
    return [Root(symbol, chord.root)] if chord else []
