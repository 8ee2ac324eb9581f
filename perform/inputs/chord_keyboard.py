"""The chords of the keys that a human hand plays: blocks, rolled, broken and repeated."""

from collections.abc import Callable
from typing import NamedTuple

from perform.events import ChordChanged, ChordReleased
from perform.inputs.broken_chords import BrokenChords
from perform.inputs.held_keys import HeldKeys, Key
from perform.midi.messages import (
    ALL_NOTES_OFF,
    CONTROL_CHANGE,
    NOTE_OFF,
    NOTE_ON,
    RESET_CONTROLLERS,
    SUSTAIN,
)
from perform.music.chord import Chord
from perform.music.hints import NO_HINTS, Hints, leaves_out_root
from perform.music.recognition import recognise

AFTERTHOUGHT_SECONDS = 0.15  # after a chord, in which a key that is released may change it
# A rolled chord is known when its next key does not come after this many of its gaps ...
ROLLED_GAPS = 1.5
ROLLED_SECONDS = 0.4  # ... or after so long
STRIDE_SECONDS = 2.0  # a low note before a block is its bass for so long


class ChordKeyboardSettings(NamedTuple):
    """How keys become chords. `settle`: seconds in which the keys of one chord go down."""

    latch: bool = True
    settle: float = 0.035
    minimum: int = 3


class ChordKeyboard:
    """Follows held keys and the sustain pedal, and finds the chord once the keys have settled.

    Pure: it gets the time (seconds) with every message, and `deadline` says when to call `settle`.
    Keys that go down one after the other, while some of the old chord are still held, make one
    chord: every key that moves meanwhile starts the wait again.

    `hints`: what is known around a chord at a time, but for the last chords. `bar`: the length of
    a bar in seconds.
    """

    def __init__(
        self,
        settings: ChordKeyboardSettings | None = None,
        hints: Callable[[float], Hints] = lambda _: NO_HINTS,
        bar: Callable[[], float] = lambda: 2.0,
    ) -> None:
        self._settings = settings or ChordKeyboardSettings()
        self._hints = hints
        self._bar = bar
        self._held = HeldKeys()
        self._broken = BrokenChords(self._settings.minimum)
        self._fresh: set[int] = set()  # pressed since the last chord, released or not
        self._anew = False  # every key was up since the last chord
        self._chord: Chord | None = None
        self._chord_at = float("-inf")
        self._voicing: tuple[frozenset[int], int | None, tuple[Chord, ...]] | None = None
        self._named: Chord | None = None  # the name of that voicing
        self._last: Chord | None = None  # also after its release
        self._rootless: bool | None = None
        self._struck = 0  # the note that went down last
        self._stride: tuple[int, float] | None = None  # the last single note, and when
        self._settles_at: float | None = None  # when the last keys are one block
        self.deadline: float | None = None

    def handle(self, message: bytes | list[int], now: float) -> ChordReleased | None:
        """Handle a raw MIDI message; ChordReleased where it releases the chord."""
        if len(message) < 3:
            return None
        kind, channel = message[0] & 0xF0, message[0] & 0x0F
        if kind == NOTE_ON and message[2] > 0:
            self._press(Key(channel, message[1]), now)
        elif kind in (NOTE_ON, NOTE_OFF):
            return self._release(Key(channel, message[1]), now)
        elif kind == CONTROL_CHANGE and message[1] == SUSTAIN:
            return self._set_pedal(channel, message[2] >= 64, now)
        elif kind == CONTROL_CHANGE and message[1] == RESET_CONTROLLERS:
            return self._set_pedal(channel, False, now)
        elif kind == CONTROL_CHANGE and message[1] in ALL_NOTES_OFF:
            return self._after_release(now) if self._held.release_channel(channel) else None
        return None

    def release_all(self, now: float) -> ChordReleased | None:
        """Release all keys and pedals; ChordReleased where that releases the chord."""
        return self._after_release(now) if self._held.clear() else None

    def clear_keys(self, now: float) -> ChordReleased | None:
        """As `release_all`; also forget a chord that has not settled."""
        self.deadline = self._settles_at = None
        self._fresh.clear()
        self._broken.clear()
        return self.release_all(now)

    def reconsider(self, now: float) -> None:
        """The bass has changed: the chord of the held keys may be another one."""
        if self._held:
            self._settles_at = self.deadline = now + self._settings.settle

    def prepare(self, now: float) -> None:
        """Name the chord of the held keys, which `settle` then only delivers.

        Call this shortly before `deadline`. Keys that move after it are named by `settle`.
        """
        around = self._hints(now)
        notes = self._held.notes | self._fresh
        if len(notes) + (around.bass is not None) >= self._settings.minimum:
            self._name(notes, self._known(around, now))

    def settle(self, now: float) -> ChordChanged | None:
        """The chord of the held keys, if it is new or pressed again after all keys were up.

        It is delivered again because another input may have changed the chord meanwhile. Call this
        at `deadline`.
        """
        if self.deadline is None or now < self.deadline:
            return None
        self.deadline = self._settles_at = None
        around = self._hints(now)
        hints = self._known(around, now)
        notes = self._believed(now, hints)
        self._fresh.clear()
        if len(notes) + (around.bass is not None) >= self._settings.minimum:
            chord = self._name(notes, hints)
            if chord is None or (chord == self._chord and not self._anew):
                return None
        else:
            found = self._broken.find(lambda notes: self._name(notes, hints))
            if found is None or found[0] == self._chord:
                return None
            chord, notes = found
        self._rootless = leaves_out_root(chord, notes, self._rootless)
        self._last = chord
        self._chord, self._chord_at, self._anew = chord, now, False
        return ChordChanged(chord)

    def _name(self, notes: set[int], hints: Hints) -> Chord | None:
        """The chord of notes; the same notes over the same bass and chart keep their name."""
        voicing = (frozenset(notes), hints.bass, hints.chart)
        if voicing != self._voicing:
            self._voicing, self._named = voicing, recognise(notes, hints)
        return self._named

    def _known(self, around: Hints, now: float) -> Hints:
        """The hints of this moment. A low note alone, and then a block, is its bass: stride."""
        hints = around._replace(previous=self._last, rootless=self._rootless)
        if hints.bass is None and self._stride is not None and len(self._fresh) > 1:
            note, at = self._stride
            if now - at <= STRIDE_SECONDS and note < min(self._fresh | self._held.notes):
                return hints._replace(bass=note % 12, walking=True)
        return hints

    def _believed(self, now: float, hints: Hints) -> set[int]:
        """The notes of the next chord, without old ones that fit it no more."""
        notes = self._held.notes | self._fresh
        old = set(self._held.old(now, self._bar())) - self._fresh
        young = notes - old
        if not old or len(young) < self._settings.minimum:
            return notes
        chord = recognise(young, hints)
        doubted = {note for note in old if chord is not None and note % 12 not in chord.tones}
        self._held.forget(doubted)
        return notes - doubted

    def _press(self, key: Key, now: float) -> None:
        if self._settles_at is None or now > self._settles_at:
            self._stride = self._broken.alone or self._stride
            tied = self._held.pedal or self._held.is_down(self._struck)
            self._broken.strike(key.note, now, tied=tied)
            # under a held pedal, notes that only the pedal holds belong to what was before
            self._held.drop_sustained()
            self._fresh.clear()
        elif key.note not in self._fresh:  # else a layer, which sends each key on two channels
            self._broken.add(key.note)
        self._anew = self._anew or not self._held
        self._held.press(key, now)
        self._fresh.add(key.note)
        self._struck = key.note
        self._wait(now, grew=self._broken.grew)

    def _wait(self, now: float, *, grew: bool = True) -> None:
        """Wait until the keys have settled; longer where they come one by one, as in a roll.

        `grew`: the key is a new note; a roll that only goes round is not waited for again.
        """
        settled = self._settles_at = now + self._settings.settle
        rolled = now + min(ROLLED_GAPS * self._broken.gap, ROLLED_SECONDS)
        if not grew and self.deadline is not None:
            rolled = self.deadline
        self.deadline = max(settled, rolled)

    def _release(self, key: Key, now: float) -> ChordReleased | None:
        if not self._held.release(key) or self._held.pedal:
            return None
        return self._after_release(now)

    def _set_pedal(self, channel: int, down: bool, now: float) -> ChordReleased | None:
        ended = self._held.set_pedal(channel, down)
        if not down:
            self._broken.untie(self._held.notes)
        return self._after_release(now) if ended else None

    def _after_release(self, now: float) -> ChordReleased | None:
        if self._held:
            if self._settles_at is not None or now - self._chord_at < AFTERTHOUGHT_SECONDS:
                self._wait(now)
            return None
        if self.deadline is not None and self._settings.latch:
            return None  # a short stab: `settle` still has the keys that were pressed
        self.deadline = self._settles_at = None
        self._fresh.clear()
        if self._settings.latch or self._chord is None:
            return None
        self._chord = None
        return ChordReleased()
