"""The player's melody, bar by bar and moved to C: answers and similar phrases are made from it."""

from perform.music.note import Note, Phrase

MAX_BARS = 32


class PlayerBuffer:
    """The player's notes, collected into the bars in which they began."""

    def __init__(self) -> None:
        self._bars: dict[int, list[Note]] = {}
        self._held: dict[int, tuple[int, int, int]] = {}  # key -> bar, index in its notes, tick

    def note_on(self, key: int, pitch: int, bar: int, inside: int) -> None:
        """Begin a note `inside` ticks after the bar line. `key`: as played; `pitch`: over C."""
        notes = self._bars.setdefault(bar, [])
        self._held[key] = (bar, len(notes), inside)
        notes.append(Note(inside, 1, pitch))
        while len(self._bars) > MAX_BARS:
            del self._bars[min(self._bars)]

    def note_off(self, key: int, bar: int, inside: int, bar_ticks: int) -> None:
        """End a note. A note held over a bar line ends with its bar. A note that was moved to the
        next bar line and ended before it gets the shortest duration.
        """
        begun, place, start = self._held.pop(key, (0, -1, 0))
        if place >= 0 and begun in self._bars:
            end = inside if bar == begun else bar_ticks if bar > begun else start
            note = self._bars[begun][place]
            self._bars[begun][place] = note._replace(duration=max(1, end - start))

    def bar(self, number: int) -> Phrase:
        """The notes of a bar so far; empty when the player played none."""
        return tuple(self._bars.get(number, ()))

    def latest(self, before: int) -> Phrase:
        """The last bar before `before` in which the player played; empty when there is none."""
        played = [number for number in self._bars if number < before]
        return self.bar(max(played)) if played else ()

    def clear(self) -> None:
        """Forget all notes: the transport counts bars anew."""
        self._bars.clear()
        self._held.clear()
