"""A Standard MIDI File -> notes, metres and chord roots in ticks of 480 a quarter."""

import re
from pathlib import Path
from typing import NamedTuple

import mido

from perform.errors import ChordError, DatasetError
from perform.music.chord import parse_chord
from perform.music.note import TICKS_PER_BEAT, Note

DRUMS = 9  # channel 10, counted from 0
_TEXTS = ("marker", "text", "cue_marker")  # lyrics say "A" and "Am" and mean no chord
_SUFFIX = re.compile(r"_([A-G][#b]?)$")


class Root(NamedTuple):
    """A chord's symbol and the pitch class (0 to 11) of its root."""

    symbol: str
    pitch_class: int


class TimeSignature(NamedTuple):
    """A time signature and the tick that it holds from."""

    tick: int
    numerator: int
    denominator: int


class Song(NamedTuple):
    """What bars are made of: notes by start, metres and roots by tick."""

    notes: tuple[Note, ...]
    metres: tuple[TimeSignature, ...]
    roots: tuple[tuple[int, Root], ...]


def read_song(path: Path) -> Song:
    """The notes (drums left out), metres and chord markers of a file of format 0 or 1.

    A tempo map does not matter: musical time is ticks. Raises what mido raises for a file that is
    no MIDI file, and DatasetError for one that counts time in frames (SMPTE) or not at all.
    """
    file = mido.MidiFile(path)
    if file.ticks_per_beat <= 0:
        raise DatasetError("time is counted in frames (SMPTE); export it again in ticks a quarter")
    notes: list[Note] = []
    metres: list[TimeSignature] = []
    roots: list[tuple[int, Root]] = []
    for track in file.tracks:
        now = 0
        begun: dict[tuple[int, int], int] = {}
        for message in track:
            now += message.time
            # whole-number rounding: exact for any resolution and any length
            tick = (2 * now * TICKS_PER_BEAT + file.ticks_per_beat) // (2 * file.ticks_per_beat)
            if message.type == "time_signature":
                metres.append(TimeSignature(tick, message.numerator, message.denominator))
            elif message.type in _TEXTS:
                roots += [(tick, root) for root in _roots(message.text)]
            elif message.type in ("note_on", "note_off") and message.channel != DRUMS:
                key = (message.channel, message.note)
                if key in begun:  # a second note-on ends the first
                    start = begun.pop(key)
                    notes.append(Note(start, max(1, tick - start), message.note))
                if message.type == "note_on" and message.velocity:
                    begun[key] = tick
    by_tick = sorted(roots, key=lambda root: root[0])
    return Song(tuple(sorted(notes)), tuple(sorted(metres)), tuple(by_tick))


def root_of_name(path: Path) -> Root:
    """The root that a file name ends on (`blues_Bb.mid`), or C."""
    named = _SUFFIX.search(path.stem)
    symbol = named.group(1) if named else "C"
    chord = parse_chord(symbol)
    return Root(symbol, chord.root if chord else 0)


def _roots(text: str) -> list[Root]:
    """The root of a text that is a chord symbol, else nothing: markers say many things."""
    symbol = text.strip()
    try:
        chord = parse_chord(symbol)
    except ChordError:
        return []
    return [Root(symbol, chord.root)] if chord else []
