"""A live view in a terminal of 80 columns: what sounds, over which chord, and how late.

    python -m perform.views.terminal DESCRIPTOR

It runs as a child process of the daemon. `TerminalView` handles the daemon's messages and renders
itself; the rest of the module is the process around it.
"""

import asyncio
import contextlib
import sys
import time
from collections import deque
from typing import Any, NamedTuple

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.live import Live
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from perform.engine.metre import parse_metre
from perform.ipc.child import connect
from perform.ipc.interrupts import ignore_signals
from perform.music.chart import bar_texts
from perform.music.pitch import pitch_name

FRAMES_A_SECOND = 12
COLUMNS_A_BEAT, BEATS_SHOWN = 4, 16
COLUMNS = COLUMNS_A_BEAT * BEATS_SHOWN
LABEL = 4
COLOURS = ("bright_cyan", "orange1", "spring_green2", "orchid1", "gold1", "deep_sky_blue1")
MOST_NOTES = 2000
LOG_ROWS, NEWEST_ROWS = 4, 3  # the newest line may take three rows; its end is the advice
LOW, HIGH = 36, 83  # the pitches of the roll; it grows where a note is outside
PHRASES = {"late_phrases": "late", "missed": "missed", "substituted": "substituted"}
TURNS = {"player": ("YOUR TURN", "bright_white"), "voice": ("SIDEMAN'S TURN", "orange1")}
WIDTH = 80
TALL = 34  # rows of a terminal in which whose turn it is has three of them
SMALLEST_ROLL = 6
OTHER_ROWS = 5 + LOG_ROWS  # chord, chart, rule and two of figures


class RollNote(NamedTuple):
    """A note on the roll. `start`, `end`: beats since the first beat; None while it sounds."""

    voice: str
    pitch: int
    start: float
    end: float | None


class TerminalView:
    """The state that the daemon's messages describe, as a rich renderable."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self._chart_bars: list[str] = []
        self.voices: list[dict[str, str]] = []
        self._panel = ""
        self._code: list[str] = []  # the QR code of the panel's address, by rows
        self._steps: list[str] = []  # what to do first, while nothing has been played
        self._notes: deque[RollNote] = deque(maxlen=MOST_NOTES)
        self._bars: deque[float] = deque(maxlen=64)  # where bars began, in beats
        self._beats = 0
        self._beat_at = 0.0
        self._bar, self._beat = 0, -1
        self._stats: dict[str, float] = {}
        self._log: deque[tuple[str, str, str]] = deque(maxlen=LOG_ROWS)
        self.now = 0.0

    # --- messages ---------------------------------------------------------------------------------

    def handle_message(self, moment: float, address: str, values: list[Any]) -> None:
        """Store one message of the daemon; addresses that the view does not show are ignored."""
        self.now = max(self.now, moment)
        match address, values:
            case "/hello", [greeting]:
                self.voices = list(greeting["voices"])
                self._panel = greeting.get("panel", "")
                self._code = greeting.get("code", "").splitlines()
                self._steps = [_escaped(line) for line in greeting.get("steps", [])]
            case "/note", [voice, pitch, velocity]:
                self._end(voice, pitch, moment)
                if velocity:
                    self._notes.append(RollNote(voice, pitch, self._beats_at(moment), None))
            case "/beat", [bar, beat]:
                self._handle_beat(moment, bar, beat)
            case "/stats", [figures]:
                self._stats = figures
            case "/log", [level, text]:
                clock = time.strftime("%H:%M:%S", time.localtime(moment))
                self._log.append((clock, level, _escaped(" ".join(str(text).split()))))
            case "/state/chart", [text, *_]:
                self._chart_bars = [_escaped(bar) for bar in bar_texts(str(text))]
            case _ if address.startswith("/state/") and values:
                value = values[0]
                self.values[address.removeprefix("/state")] = (
                    _escaped(value) if isinstance(value, str) else value
                )

    def _handle_beat(self, moment: float, bar: int, beat: int) -> None:
        self._beats += 1
        self._beat_at, self._bar, self._beat = moment, bar, beat
        if beat == 0:
            self._bars.append(float(self._beats))

    def _end(self, voice: str, pitch: int, moment: float) -> None:
        for index in range(len(self._notes) - 1, -1, -1):
            note = self._notes[index]
            if note.end is None and (note.voice, note.pitch) == (voice, pitch):
                self._notes[index] = note._replace(end=self._beats_at(moment))
                return

    def _beats_at(self, moment: float) -> float:
        """Beats at a moment: the beats so far, and the part of a beat since the last one."""
        since = (moment - self._beat_at) * float(self.values.get("/tempo", 120.0)) / 60
        return self._beats + min(max(since, -0.25), 1.0)

    # --- rendering --------------------------------------------------------------------------------

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        height = options.height or console.height
        if self._code and not self._notes and height > len(self._code) + LOG_ROWS:
            code = (Text(f"  {row}", no_wrap=True) for row in self._code)
            logged = self._logged(console, options.max_width, height - len(self._code) - 2)
            yield Group(self._head(), *code, self._below(), *logged)
            return
        above = [*self._turn(3 if height > TALL else 1), *self._song()]
        room = height - OTHER_ROWS - len(above)
        voices = min(len(self.voices), max(2, room - SMALLEST_ROLL))
        rows = max(1, room - voices)
        played = self._notes or self._beats or not self._steps
        yield Group(
            self._head(),
            *above,
            self._chart(),
            *(self._roll(rows) if played else self._first_steps(console, options.max_width, rows)),
            self._table(voices),
            self._below(),
            *self._figures(),
            *self._logged(console, options.max_width, LOG_ROWS),
        )

    def _head(self) -> Text:
        rolls = self.values.get("/transport", "stop") != "stop"
        head = Text(no_wrap=True, overflow="ellipsis")
        head.append(f" {self.values.get('/chord', 'N.C.'):<12}", "bold black on bright_cyan")
        head.append("  ▶ " if rolls else "  ■ ", "bold spring_green2" if rolls else "bold red")
        head.append(f"{float(self.values.get('/tempo', 120)):g} bpm  ")
        metre = str(self.values.get("/metre", "4/4"))
        head.append(f"{metre}  key {self.values.get('/key', 'auto')}  ")
        head.append(*self._place(rolls))
        for beat in range(max(parse_metre(metre).beats, self._beat + 1)):
            lit = rolls and beat == self._beat
            head.append(" ●" if lit else " ○", "bold bright_cyan" if lit else "grey42")
        return head

    def _turn(self, rows: int) -> list[Text]:
        """A band that says whose turn it is and how long, of so many rows; none without a turn."""
        whose, bars = self.values.get("/turn"), self.values.get("/turn/bars")
        if not whose:
            return []
        text, colour = TURNS.get(str(whose), TURNS["voice"])
        words = f"{text}   {'last bar' if bars == 1 else f'{bars} bars'}"
        band = [words if row == rows // 2 else "" for row in range(rows)]
        return [Text(f"{row:^{WIDTH}}", f"bold black on {colour}", no_wrap=True) for row in band]

    def _song(self) -> list[Text]:
        """The song of the set, its place, and the one that comes; no row without a set."""
        place, coming = self.values.get("/song/place"), self.values.get("/song/coming")
        if not place:
            return []
        line = Text(f"{place!s:<8}", "grey42", no_wrap=True, overflow="ellipsis")
        line.append(f"{self.values.get('/song', '')}", "bold")
        if coming:
            line.append(f"  → {coming} at the next bar", "gold1")
        return [line]

    def _place(self, rolls: bool) -> tuple[str, str]:
        """The bar that sounds, or the beat of the count-in; and its style."""
        if self._bar >= 0:
            return f"bar {self._bar + 1} ", ""
        if not rolls:
            return "bar 1 ", ""
        more = -self._bar - 1
        left = f", {more} more bar{'s' * (more > 1)}" if more else ""
        return f"count-in {self._beat + 1}{left} ", "bold gold1"

    def _chart(self) -> Text:
        """The bars of the chart around the current one; without a chart those that are expected."""
        bars = self._chart_bars
        if not bars:
            return self._expected()
        cursor = int(self.values.get("/chart/bar", -1))
        first = max(0, min(cursor - 1, len(bars) - 8))
        position = f"{cursor + 1 if cursor >= 0 else '-'}/{len(bars)}"
        line = Text(f"{position:<8}", "grey42", no_wrap=True, overflow="ellipsis")
        for number, bar in enumerate(bars[first:], first):
            is_current = number == cursor
            line.append("│", "grey35")
            line.append(f" {bar} ", "bold black on bright_cyan" if is_current else "")
        return line

    def _expected(self) -> Text:
        """The bars that are expected of the player, as far as they are learned."""
        bars = bar_texts(str(self.values.get("/chords/expected", "")))
        if not any(bars):
            return Text("  no chart: the chords come from the player", "grey42")
        line = Text(f"{'next':<8}", "grey42", no_wrap=True, overflow="ellipsis")
        for bar in bars:
            line.append("│", "grey35")
            line.append(f" {_escaped(bar)} ")
        return line

    def _first_steps(self, console: Console, width: int, rows: int) -> list[Text]:
        """In place of an empty roll: what to do first."""
        lines = [Text("  nothing is played yet:", "bold")]
        for line in self._steps:
            wrapped = Text(line).wrap(console, width - 6)
            for number, row in enumerate(wrapped):
                lines.append(Text("    " if number else "  - ").append_text(row))
        return lines[:rows] + [Text("")] * (rows - len(lines))

    def _roll(self, rows: int) -> list[Text]:
        """The last sixteen beats; the present is at the right.

        Where there are few rows, a row stands for several semitones.
        """
        end = self._beats_at(self.now)
        begin = end - BEATS_SHOWN
        shown = [s for s in self._notes if s.end is None or s.end > begin]
        low = min([LOW, *(s.pitch for s in shown)])
        high = max([HIGH, *(s.pitch for s in shown)])
        step = max(1, -(-(high - low + 1) // rows))
        cells: dict[tuple[int, int], tuple[str, str]] = {}
        for bar in self._bars:
            column = int((bar - begin) * COLUMNS_A_BEAT)
            if 0 <= column < COLUMNS:
                cells |= {(row, column): ("╎", "grey35") for row in range(rows)}
        for note in shown:
            row = (note.pitch - low) // step
            first = int((note.start - begin) * COLUMNS_A_BEAT)
            last = int(((end if note.end is None else note.end) - begin) * COLUMNS_A_BEAT)
            for column in range(max(first, 0), min(max(last, first + 1), COLUMNS)):
                cells[row, column] = ("█" if column == first else "▬", self._colour(note.voice))
        return [self._line(row, low + row * step, step, cells) for row in reversed(range(rows))]

    def _line(
        self, row: int, pitch: int, step: int, cells: dict[tuple[int, int], tuple[str, str]]
    ) -> Text:
        c = next((tone for tone in range(pitch, pitch + step) if tone % 12 == 0), None)
        line = Text(
            f"{pitch_name(c) if c is not None else '':>{LABEL - 1}} ", "grey42", no_wrap=True
        )
        for column in range(COLUMNS):
            background = ("┈", "grey23") if c is not None else (" ", "")
            line.append(*cells.get((row, column), background))
        return line

    def _colour(self, voice: str) -> str:
        names = [one["name"] for one in self.voices]
        return COLOURS[names.index(voice) % len(COLOURS)] if voice in names else "white"

    def _table(self, rows: int) -> Table:
        """The voices, a row each; if some do not fit, the last row says how many."""
        table = Table(box=None, padding=(0, 1), expand=False, show_header=False)
        shown = rows if rows == len(self.voices) else rows - 1
        for voice in self.voices[:shown]:
            name = voice["name"]
            at = f"/voice/{name}"
            colour = self._colour(name)
            sounding = [s.pitch for s in self._notes if s.voice == name and s.end is None]
            muted = self.values.get(f"{at}/mute", 0)
            solo = self.values.get(f"{at}/solo", 0)
            mode, feel = (str(self.values.get(f"{at}/{name}", "")) for name in ("mode", "feel"))
            turn = {"player": "you", "voice": "plays"}.get(str(self.values.get(f"{at}/turn", "")))
            mode = f"{mode}: {turn}" if turn else mode
            table.add_row(
                Text(f"█ {_escaped(name):<12.12}", colour),
                Text(voice["role"], "grey62"),
                Text(str(self.values.get(f"{at}/model", ""))[:14]),
                Text(mode if feel == "auto" else f"{mode} {feel}".rstrip()),
                Text(
                    "muted" if muted else "solo" if solo else "",
                    "bold red" if muted else "bold gold1",
                ),
                Text(" ".join(map(pitch_name, sounding[:4])), colour),
            )
        if shown < len(self.voices):
            table.add_row(Text(f"and {len(self.voices) - shown} more", "grey62"))
        return table

    def _below(self) -> Rule:
        """The line under the voices, with the panel's address and what is absent."""
        title = Text(f"panel {self._panel}" if self._panel else "", "grey62")
        if absent := self.values.get("/absent"):
            title.append(f"{'  ' if title else ''}waiting for {absent}", "gold1")
        return Rule(title, style="grey35", align="left")

    def _figures(self) -> list[Text]:
        """How late notes were, and which phrases were late, missed or substituted."""
        statistic = self._stats.get
        late = statistic("late_p99", 0.0)
        notes, phrases = (Text(no_wrap=True, overflow="ellipsis") for _ in range(2))
        notes.append(f" late p50 {statistic('late_p50', 0):.2f}  ")
        notes.append(f"p99 {late:.2f}", "bold red" if late > 5 else "")
        notes.append(f"  worst {statistic('late_max', 0):.2f} ms   ")
        notes.append(f"{statistic('notes', 0):.0f} notes  {statistic('bars', 0):.0f} bars")
        notes.append(f"  {statistic('refused', 0):.0f} refused", "grey62")
        phrases.append(" phrases")
        for name, word in PHRASES.items():
            count = statistic(name, 0)
            phrases.append(f"  {count:.0f} {word}", "bold red" if count else "")
        return [notes, phrases]

    def _logged(self, console: Console, width: int, room: int) -> list[Text]:
        """The newest lines of the log: the last one in three rows at most, others in one each."""
        lines = [
            Text(
                f"{clock} {text}",
                "grey62" if level == "info" else "gold1",
                no_wrap=True,
                overflow="ellipsis",
            )
            for clock, level, text in self._log
        ]
        if lines:
            newest = lines.pop()
            newest.no_wrap, newest.overflow = False, "fold"
            rows = newest.wrap(console, width - 1)
            if len(rows) > NEWEST_ROWS:
                rows[NEWEST_ROWS - 1].truncate(width - 3)
                rows[NEWEST_ROWS - 1].append(" …")
            lines += rows[:NEWEST_ROWS]
        for line in lines:
            line.pad_left(1)
        return lines[-room:] + [Text("")] * (room - len(lines))


def _escaped(text: str) -> str:
    """A text with every control character escaped, so that a terminal obeys none of them."""
    return "".join(it if it.isprintable() else it.encode("unicode_escape").decode() for it in text)


async def show(descriptor: int) -> None:
    """Draw until the daemon closes the connection."""
    connection = await connect(descriptor)
    view = TerminalView()
    with Live(view, screen=True, auto_refresh=False, console=Console()) as live:
        connection.report_ready()
        drawing = asyncio.create_task(_draw(view, live))
        async for moment, address, values in connection.read_messages():
            view.handle_message(moment, address, values)
        drawing.cancel()


async def _draw(view: TerminalView, live: Live) -> None:
    while True:
        view.now = time.time()
        live.refresh()
        await asyncio.sleep(1 / FRAMES_A_SECOND)


def main() -> None:
    """The process of the view. It ignores Ctrl-C: the daemon closes the connection at its end."""
    ignore_signals()
    with contextlib.suppress(ConnectionError):
        asyncio.run(show(int(sys.argv[1])))


if __name__ == "__main__":
    main()
