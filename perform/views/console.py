"""A piano roll that scrolls in a terminal: a line for each sixteenth, pitch from left to right."""

from rich.console import Console
from rich.text import Text

from perform.events import Beat, ChordSounds, NoteMessage, OutputEvent
from perform.music.chord import Chord, parse_chord
from perform.music.pitch import pitch_name

LOW, HIGH = 46, 86
LABEL = 12


class ConsoleRoll:
    """An output that draws what plays.

    On a terminal call `draw` each sixteenth. Elsewhere it prints one line for each bar.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._chord: Chord | None = None
        self._symbol = ""
        self._started: set[int] = set()
        self._held: set[int] = set()
        self._label = ""
        self._unprinted = ""
        self._bar: list[str] = []
        self._number = -1

    def send(self, output: OutputEvent) -> None:
        """Store what sounds; where there is no terminal, print each bar at its end."""
        match output:
            case NoteMessage(_, _, pitch, 0):
                self._held.discard(pitch)
            case NoteMessage(_, _, pitch, _):
                self._held.add(pitch)
                self._started.add(pitch)
                self._bar += [f"[{self._unprinted}]"] if self._unprinted else []
                self._bar.append(pitch_name(pitch))
                self._unprinted = ""
            case ChordSounds(_, symbol):
                self._symbol, self._chord = symbol, parse_chord(symbol)
                self._label = self._unprinted = symbol
            case Beat(_, bar, 0):
                self._label = f"{bar + 1:>3} {self._symbol}"
                self._end_bar()
                self._number = bar
            case _:
                pass

    def draw(self) -> None:
        """Print one line of the roll, on a terminal."""
        if not self._console.is_terminal:
            return
        line = Text(f"{self._label:<{LABEL}}", style="bold")
        for pitch in range(LOW, HIGH + 1):
            line.append(*self._cell(pitch))
        self._started.clear()
        self._label = ""
        self._console.print(line)

    def close(self) -> None:
        """Print the bar that has not ended; may be called twice."""
        self._end_bar()

    def _cell(self, pitch: int) -> tuple[str, str]:
        is_tone = self._chord is not None and pitch % 12 in self._chord.tones
        colour = "bright_cyan" if is_tone else "orange1"
        if pitch in self._started:
            return "●", f"bold {colour}"
        if pitch in self._held:
            return "│", colour
        root = self._chord is not None and pitch % 12 == self._chord.root
        return ("┊", "grey35") if root else (" ", "")

    def _end_bar(self) -> None:
        if not self._console.is_terminal and self._number >= 0:
            self._console.print(
                f"{self._number + 1:>3}  {' '.join(self._bar) or '(rest)'}", markup=False
            )
        if self._number >= 0:
            self._bar = []
