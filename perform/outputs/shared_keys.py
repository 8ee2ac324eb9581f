"""Keys that several voices play on one MIDI channel: a note-off ends only its own note."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from perform.events import NoteMessage


class HeldKey(NamedTuple):
    """A key that is down. `struck`: the note that sounds; `voices`: those that hold it."""

    struck: NoteMessage
    voices: frozenset[str]


class SharedKeys:
    """The keys that the voices of one port hold, whatever output they play to.

    MIDI has one key for a channel and pitch. A voice that strikes a key that another one holds
    strikes it again; the key goes up when the last of them lets go. So a note may sound on with
    that of the other voice, and is never cut by it.
    """

    def __init__(self) -> None:
        self._held: dict[tuple[int, int], HeldKey] = {}

    def handle(self, channel: int, note: NoteMessage) -> Sequence[NoteMessage]:
        """The notes to send on a channel for a note of a voice, in order."""
        key = channel, note.pitch
        held = self._held.get(key)
        if not note.velocity:
            return self._release(key, held, note)
        voices = held.voices if held else frozenset()
        if held and held.struck.tick == note.tick and note.voice not in voices:  # in unison
            self._held[key] = held._replace(voices=voices | {note.voice})
            return ()
        self._held[key] = HeldKey(note, voices | {note.voice})
        return (held.struck._replace(tick=note.tick, velocity=0), note) if held else (note,)

    def clear(self, channels: Iterable[int]) -> None:
        """Forget all keys of some channels: they were silenced."""
        gone = set(channels)
        self._held = {key: held for key, held in self._held.items() if key[0] not in gone}

    def _release(
        self, key: tuple[int, int], held: HeldKey | None, note: NoteMessage
    ) -> Sequence[NoteMessage]:
        if held is None or note.voice not in held.voices:
            return ()  # this note did not begin here, or was silenced
        if voices := held.voices - {note.voice}:
            self._held[key] = held._replace(voices=voices)
            return ()
        del self._held[key]
        return (note,)


def separated(
    notes: Mapping[str, Sequence[NoteMessage]], channels: Mapping[str, int]
) -> dict[str, list[NoteMessage]]:
    """The notes of each voice for a file, in which all tracks of a channel have one set of keys.

    Where a key is struck again, the note before ends a tick earlier, and the new one lasts as long
    as both; notes in unison end together.
    """
    apart = {voice: list(its) for voice, its in notes.items()}
    for channel in set(channels.values()):
        voices = [voice for voice in apart if channels[voice] == channel]
        if len(voices) > 1:
            apart |= _separated({voice: apart[voice] for voice in voices})
    return apart


class _Span(NamedTuple):
    begins: NoteMessage
    end: int


def _separated(notes: Mapping[str, list[NoteMessage]]) -> dict[str, list[NoteMessage]]:
    by_pitch: dict[int, list[_Span]] = {}
    for its in notes.values():
        for span in _spans(its):
            by_pitch.setdefault(span.begins.pitch, []).append(span)
    apart: dict[str, list[NoteMessage]] = {voice: [] for voice in notes}
    for spans in by_pitch.values():
        for begins, end in _without_overlap(sorted(spans, key=lambda span: span.begins.tick)):
            apart[begins.voice] += [begins, begins._replace(tick=end, velocity=0)]
    for each in apart.values():
        each.sort(key=lambda note: (note.tick, note.velocity > 0))
    return apart


def _spans(notes: Sequence[NoteMessage]) -> Iterable[_Span]:
    begun: dict[int, NoteMessage] = {}
    for note in notes:
        before = begun.pop(note.pitch, None)
        if before is not None:
            yield _Span(before, note.tick)
        if note.velocity:
            begun[note.pitch] = note
    for note in begun.values():
        yield _Span(note, max(it.tick for it in notes))


def _without_overlap(spans: Sequence[_Span]) -> list[_Span]:
    """The spans of one pitch, ascending; see `separated`."""
    apart: list[_Span] = []
    for begins, own_end in spans:
        tick, end, place = begins.tick, own_end, len(apart)
        # those that sound have one end; an end at this tick may come behind this note in the file
        while place and apart[place - 1].end >= tick:
            place -= 1
            end = max(end, apart[place].end)
        for number in range(place, len(apart)):
            other = apart[number]
            in_unison = other.begins.tick == tick
            apart[number] = other._replace(end=end if in_unison else tick - 1)
        apart.append(_Span(begins, end))
    return apart
