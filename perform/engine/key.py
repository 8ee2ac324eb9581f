"""Keys: the seven notes that a piece is made of, as somebody names them or as the last chords tell."""

from collections import deque
from collections.abc import Sequence
from functools import cache

from perform.errors import ChordError
from perform.music.chord import Chord, parse_chord
from perform.music.scale import SCALES

REMEMBERED = 12  # chords: a chorus of blues
CERTAIN = 3  # roots, before chords are believed to be of one key
STRANGE = 2  # chords outside a key, one after another, before it is left
NONE: frozenset[int] = frozenset()


def key_of(tonic: int, minor: bool) -> frozenset[int]:
    """The seven pitch classes of a key, the minor one natural."""
    return frozenset((tonic + step) % 12 for step in SCALES["aeolian" if minor else "ionian"])


def parse_key(text: str) -> frozenset[int] | None:
    """The key that "C", "F#m" or "Bb" names; None for "auto", nothing for "none". ValueError for the rest."""
    if text in ("auto", "none"):
        return None if text == "auto" else NONE
    try:
        chord = parse_chord(text)
    except ChordError:
        chord = None
    if chord is None or chord.quality.name not in ("", "m"):
        raise ValueError(f"key {text!r}: write C, F#m or Bb, or auto, or none")
    return key_of(chord.root, chord.quality.name == "m")


@cache
def raised(key: frozenset[int]) -> frozenset[int]:
    """A key with the leading tone of its minor in place of the seventh: C and A minor have G# for G.

    Nothing of what is no key of seven notes.
    """
    tonic = next((pc for pc in key if key == key_of(pc, True)), None)
    return NONE if tonic is None else key - {(tonic - 2) % 12} | {(tonic - 1) % 12}


KEYS = tuple(key_of(tonic, False) for tonic in range(12))


@cache
def _of(chord: Chord) -> tuple[frozenset[int], frozenset[int]]:
    """The tonics of the major keys that a chord is of, and with them of those in whose minor it is by a raised
    note: as a dominant, or as a tonic with a sixth or a major seventh.
    """
    plain = frozenset(tonic for tonic, key in enumerate(KEYS) if chord.tones <= key)
    minor = frozenset(tonic for tonic, key in enumerate(KEYS) if chord.tones <= raised(key))
    melodic = {(chord.root + step) % 12 for step in SCALES["melodic minor"]}
    tonic = frozenset({(chord.root + 3) % 12}) if chord.tones <= melodic else NONE
    return plain, plain | minor | tonic


def _third_and_seventh(chord: Chord) -> tuple[bool, bool]:
    """Whether a chord has a major third, and a minor seventh."""
    return (chord.root + 4) % 12 in chord.tones, (chord.root + 10) % 12 in chord.tones


def _is_blues(chords: Sequence[Chord]) -> bool:
    """Whether a dominant goes to the one a fourth above and comes back: no key has both."""
    seen = [chord.root for chord in chords if all(_third_and_seventh(chord))]
    below = [(root - 5) % 12 for root in seen]
    return any(
        root in seen[:place] and root in seen[place + 1 :] for place, root in enumerate(below)
    )


class KeySense:
    """Tells the key from chords as they come. `key`: nothing where there is none, or it is too early to tell.

    As many of the last chords as are of one key decide it, where they have three roots or more and no
    other key would do as well: a ii-V-I, major or minor. It lasts until another is decided, or two chords
    running are strange to it, so a dominant that leans elsewhere does not move it. A blues has none, wherever its
    turnarounds lean, until a major chord is at home.
    """

    def __init__(self) -> None:
        self._heard: deque[Chord] = deque(maxlen=REMEMBERED)
        self._strange = 0
        self.key = NONE

    def hear(self, chord: Chord) -> None:
        """One more chord."""
        self._heard.append(chord)
        decided = self._decided()
        if decided:
            self.key, self._strange = decided, 0
        elif self.key and (chord.tones <= self.key or chord.tones <= raised(self.key)):
            self._strange = 0
        else:
            self._strange += 1
            if self._strange >= STRANGE:
                self.key = NONE

    def _decided(self) -> frozenset[int]:
        tonics = frozenset(range(12))
        natural = dict.fromkeys(tonics, 0)  # chords that need no raised note
        last: list[Chord] = []
        for chord in reversed(self._heard):
            plain, either = _of(chord)
            if not tonics & either:
                break
            tonics &= either
            last.append(chord)
            for tonic in plain:
                natural[tonic] += 1
        best = max(natural[tonic] for tonic in tonics)
        likely = [tonic for tonic in tonics if natural[tonic] == best]
        if len({chord.root for chord in last}) < CERTAIN or len(likely) > 1:
            return NONE
        if _is_blues(self._heard):
            if not any(
                c.root == likely[0] and _third_and_seventh(c) == (True, False) for c in last
            ):
                return NONE
            self._heard.clear()
            self._heard.extend(reversed(last))
        return KEYS[likely[0]]
