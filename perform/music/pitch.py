"""Names and numbers of notes. C4 is MIDI 60."""

import re

_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SIGNS = {"#": 1, "♯": 1, "b": -1, "♭": -1}
_FLAT_NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_SHARP_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_NAME = re.compile(r"([A-Ga-g])([#♯b♭]{0,2})")
_PITCH = re.compile(r"([A-Ga-g])([#♯b♭]{0,2})(-?\d+)")


def pitch_class(name: str) -> int:
    """The pitch class, 0 (C) to 11, of a name like Bb or F##; ValueError for any other text."""
    match = _NAME.fullmatch(name)
    if not match:
        raise ValueError(f"{name!r} is no note")
    letter, signs = match.groups()
    return (_LETTERS[letter.upper()] + sum(_SIGNS[sign] for sign in signs)) % 12


def semitones_from_c(root: int) -> int:
    """The shortest way from C to a root (a pitch class), -5 to 6 semitones."""
    return root if root <= 6 else root - 12


def note_name(pc: int, flats: bool = True) -> str:
    """The name of a pitch class as lead sheets write it: flats, but F#."""
    return (_FLAT_NAMES if flats else _SHARP_NAMES)[pc % 12]


def parse_pitch(text: str) -> int:
    """The MIDI number of a note with its octave, C4 = 60; ValueError for anything else."""
    match = _PITCH.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no note with an octave")
    letter, signs, octave = match.groups()
    shift = sum(_SIGNS[sign] for sign in signs)
    return _LETTERS[letter.upper()] + shift + 12 * (int(octave) + 1)


def parse_midi_pitch(text: str) -> int:
    """The MIDI number (0 to 127) of a note with octave; ValueError says how to write one."""
    try:
        pitch = parse_pitch(text)
    except ValueError:
        raise ValueError(f"{text!r} is no note; write it like C3 or F#5") from None
    if not 0 <= pitch <= 127:
        raise ValueError(f"{text!r} is outside MIDI's notes, C-1 to G9")
    return pitch


def pitch_name(midi: int) -> str:
    """The name of a MIDI number with its octave: 60 is C4."""
    return f"{note_name(midi)}{midi // 12 - 1}"


def transposed(note: int, semitones: int) -> int:
    """A MIDI number moved by semitones; where MIDI has no such note, in the nearest octave."""
    moved = note + semitones
    if moved > 127:
        return moved - 12 * (-(-(moved - 127) // 12))
    return moved + 12 * (-(moved // 12)) if moved < 0 else moved
