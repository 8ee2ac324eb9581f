"""Keys: the seven pitch classes of a piece, named by the player or found from the last chords."""

from collections import deque
from collections.abc import Sequence
from functools import cache

from perform.errors import ChordError
from perform.music.chord import Chord, parse_chord
from perform.music.scale import SCALES

CHORDS_REMEMBERED = 12  # a chorus of blues
MIN_ROOTS = 3  # different roots, before chords decide a key
MAX_FOREIGN = 2  # chords in a row outside the key, before it is dropped
NO_KEY: frozenset[int] = frozenset()


def key_of(tonic: int, minor: bool) -> frozenset[int]:
    """The seven pitch classes of a major or natural minor key."""
    return frozenset((tonic + step) % 12 for step in SCALES["aeolian" if minor else "ionian"])


def parse_key(text: str) -> frozenset[int] | None:
    """The key that "C", "F#m" or "Bb" names; None for "auto", `NO_KEY` for "none".

    ValueError for any other text.
    """
    if text in ("auto", "none"):
        return None if text == "auto" else NO_KEY
    try:
        chord = parse_chord(text)
    except ChordError:
        chord = None
    if chord is None or chord.quality.name not in ("", "m"):
        raise ValueError(f"key {text!r}: write C, F#m or Bb, or auto, or none")
    return key_of(chord.root, chord.quality.name == "m")


@cache
def raise_leading_tone(key: frozenset[int]) -> frozenset[int]:
    """A key with the leading tone of its minor instead of the seventh: C and A minor get G# for G.

    `NO_KEY` for a set that is no key of seven notes.
    """
    tonic = next((pc for pc in key if key == key_of(pc, True)), None)
    return NO_KEY if tonic is None else key - {(tonic - 2) % 12} | {(tonic - 1) % 12}


MAJOR_KEYS = tuple(key_of(tonic, False) for tonic in range(12))


@cache
def _keys_of(chord: Chord) -> tuple[frozenset[int], frozenset[int]]:
    """The tonics of the major keys that have a chord, without and with raised notes of their minor.

    With raised notes, the chord may be a dominant, or a tonic with a sixth or a major seventh.
    """
    plain = frozenset(tonic for tonic, key in enumerate(MAJOR_KEYS) if chord.tones <= key)
    minor = frozenset(
        tonic for tonic, key in enumerate(MAJOR_KEYS) if chord.tones <= raise_leading_tone(key)
    )
    melodic = {(chord.root + step) % 12 for step in SCALES["melodic minor"]}
    tonic = frozenset({(chord.root + 3) % 12}) if chord.tones <= melodic else NO_KEY
    return plain, plain | minor | tonic


def _third_and_seventh(chord: Chord) -> tuple[bool, bool]:
    """Whether a chord has a major third, and a minor seventh."""
    return (chord.root + 4) % 12 in chord.tones, (chord.root + 10) % 12 in chord.tones


def _is_blues(chords: Sequence[Chord]) -> bool:
    """Whether a dominant goes to the dominant a fourth above and comes back: no key has both."""
    roots = [chord.root for chord in chords if all(_third_and_seventh(chord))]
    below = [(root - 5) % 12 for root in roots]
    return any(
        root in roots[:place] and root in roots[place + 1 :] for place, root in enumerate(below)
    )


class KeyFinder:
    """Finds the key from chords as they come. `key`: `NO_KEY` until the chords decide one.

    The longest run of last chords that share a key decides it, when they have three roots or more
    and no other key fits as well: a ii-V-I, major or minor. The key stays until another is decided,
    or two chords in a row are outside it, so one secondary dominant does not move it. A blues has
    no key, whatever its turnarounds are, until a major chord is its tonic.
    """

    def __init__(self) -> None:
        self._chords: deque[Chord] = deque(maxlen=CHORDS_REMEMBERED)
        self._foreign = 0
        self.key = NO_KEY

    def add(self, chord: Chord) -> None:
        """Add the next chord."""
        self._chords.append(chord)
        decided = self._decide()
        if decided:
            self.key, self._foreign = decided, 0
        elif self.key and (chord.tones <= self.key or chord.tones <= raise_leading_tone(self.key)):
            self._foreign = 0
        else:
            self._foreign += 1
            if self._foreign >= MAX_FOREIGN:
                self.key = NO_KEY

    def _decide(self) -> frozenset[int]:
        """The key that the last chords decide; `NO_KEY` where they decide none."""
        tonics = frozenset(range(12))
        natural = dict.fromkeys(tonics, 0)  # chords without a raised note, by tonic
        last: list[Chord] = []
        for chord in reversed(self._chords):
            plain, either = _keys_of(chord)
            if not tonics & either:
                break
            tonics &= either
            last.append(chord)
            for tonic in plain:
                natural[tonic] += 1
        best = max(natural[tonic] for tonic in tonics)
        likely = [tonic for tonic in tonics if natural[tonic] == best]
        if len({chord.root for chord in last}) < MIN_ROOTS or len(likely) > 1:
            return NO_KEY
        if _is_blues(self._chords):
            if not any(
                chord.root == likely[0] and _third_and_seventh(chord) == (True, False)
                for chord in last
            ):
                return NO_KEY
            self._chords.clear()
            self._chords.extend(reversed(last))
        return MAJOR_KEYS[likely[0]]
