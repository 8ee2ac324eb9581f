"""What the player plays, bar by bar, over C: for answers, and for phrases that resemble it."""

from perform.music.note import Note, Phrase

KEPT_BARS = 32


class PlayerBuffer:
    """Notes that are heard, collected into the bars that they were played in."""

    def __init__(self) -> None:
        self._bars: dict[int, list[Note]] = {}
        self._held: dict[int, tuple[int, int, int]] = {}  # key -> bar, place in its notes, tick

    def press(self, key: int, pitch: int, bar: int, inside: int) -> None:
        """A key goes down `inside` ticks after the bar line; `pitch` is its note over C."""
        notes = self._bars.setdefault(bar, [])
        self._held[key] = (bar, len(notes), inside)
        notes.append(Note(inside, 1, pitch))
        while len(self._bars) > KEPT_BARS:
            del self._bars[min(self._bars)]

    def lift(self, key: int, bar: int, inside: int, bar_ticks: int) -> None:
        """It comes up; a note that was held over a bar line ends with its bar, and one that came a hair before
        its bar and ended there is as short as can be.
        """
        begun, place, start = self._held.pop(key, (0, -1, 0))
        if place >= 0 and begun in self._bars:
            end = inside if bar == begun else bar_ticks if bar > begun else start
            note = self._bars[begun][place]
            self._bars[begun][place] = note._replace(duration=max(1, end - start))

    def bar(self, number: int) -> Phrase:
        """What was played in a bar so far; nothing where nothing was."""
        return tuple(self._bars.get(number, ()))

    def latest(self, before: int) -> Phrase:
        """The last bar before a bar in which something was played."""
        played = [number for number in self._bars if number < before]
        return self.bar(max(played)) if played else ()

    def clear(self) -> None:
        """Forget everything: bars are counted anew."""
        self._bars.clear()
        self._held.clear()
