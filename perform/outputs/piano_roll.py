"""A performance as a piano roll in PNG, drawn with numpy and zlib."""

import itertools
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perform.atomic_file import replacing
from perform.errors import OutputError
from perform.events import Beat, ChordSounds, NoteMessage, OutputEvent
from perform.music.chord import Chord, parse_chord
from perform.music.note import TICKS_PER_BAR, TICKS_PER_COLUMN

CELL_WIDTH, CELL_HEIGHT, BARS_A_ROW, MARGIN = 3, 5, 4, 12
PAPER, BAR_LINE, BEAT_LINE, SHADE = (
    (250, 248, 243),
    (120, 116, 108),
    (222, 217, 207),
    (238, 234, 225),
)
CHORD_TONE, OTHER_TONE = (20, 90, 140), (208, 108, 40)


class PianoRollOutput:
    """Collects a performance; `close` draws it, four bars a row, chord tones in blue."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begun: dict[tuple[str, int], int] = {}
        self._notes: list[tuple[int, int, int]] = []
        self._chords: list[tuple[int, Chord | None]] = []
        self._beats: list[tuple[int, int]] = []
        self._closed = False

    def send(self, event: OutputEvent) -> None:
        """Keep an event."""
        if isinstance(event, ChordSounds):
            self._chords.append((event.tick, parse_chord(event.symbol)))
        elif isinstance(event, Beat):
            self._beats.append((event.tick, event.beat))
        elif isinstance(event, NoteMessage):
            key = (event.voice, event.pitch)
            if event.velocity:
                self._begun[key] = event.tick
            elif key in self._begun:
                self._notes.append((self._begun.pop(key), event.tick, event.pitch))

    def close(self) -> None:
        """Draw the file. OutputError when the disk does not take it."""
        if self._closed:
            return
        self._closed = True
        image = png(self._draw())
        with replacing(self._path, OutputError) as temporary:
            temporary.write_bytes(image)

    def _draw(self) -> NDArray[np.uint8]:
        pitches = [pitch for _, _, pitch in self._notes] or [60]
        low, high = min(pitches) - 2, max(pitches) + 2
        height = (high - low + 1) * CELL_HEIGHT
        rows = self._rows()
        width = _x(max(end - start for start, end in rows))
        page = np.empty((len(rows) * (height + MARGIN) + MARGIN, width + 2 * MARGIN, 3), np.uint8)
        page[:] = PAPER
        for row, (start, end) in enumerate(rows):
            top = MARGIN + row * (height + MARGIN)
            area = page[top : top + height, MARGIN : MARGIN + _x(end - start)]
            self._draw_row(area, start, end, low, high)
        return page

    def _rows(self) -> list[tuple[int, int]]:
        """The ticks at which each row begins and ends.

        Rows begin at bar lines, the first one where the music begins. The last row has room for as
        many bars as the others.
        """
        bars = [tick for n, (tick, beat) in enumerate(self._beats) if beat == 0 or n == 0] or [0]
        length = bars[-1] - bars[-2] if len(bars) > 1 else TICKS_PER_BAR
        starts = bars[::BARS_A_ROW]
        last = max((stop for _, stop, _ in self._notes), default=0)
        return list(itertools.pairwise([*starts, max(last, starts[-1] + BARS_A_ROW * length)]))

    def _draw_row(self, area: NDArray[np.uint8], start: int, end: int, low: int, high: int) -> None:
        for pitch in range(low, high + 1):
            if pitch % 12 in (1, 3, 6, 8, 10):
                area[(high - pitch) * CELL_HEIGHT : (high - pitch + 1) * CELL_HEIGHT] = SHADE
        for tick, beat in self._beats:
            if start <= tick < end:
                area[:, _x(tick - start)] = BEAT_LINE if beat else BAR_LINE
        for begin, stop, pitch in self._notes:
            left, right = _x(begin - start), _x(stop - start)
            if right <= 0 or left >= area.shape[1]:
                continue
            chord = self._chord_at(begin)
            inside = chord is not None and pitch % 12 in chord.tones
            top = (high - pitch) * CELL_HEIGHT
            area[top : top + CELL_HEIGHT, max(left, 0) : max(right - 1, left + 1)] = (
                CHORD_TONE if inside else OTHER_TONE
            )

    def _chord_at(self, tick: int) -> Chord | None:
        before = [chord for when, chord in self._chords if when <= tick]
        return before[-1] if before else None


def png(pixels: NDArray[np.uint8]) -> bytes:
    """The PNG file of an image, uint8 (height, width, 3) (W3C PNG specification, 2003)."""
    height, width, _ = pixels.shape
    lines = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in (
            (b"IHDR", header),
            (b"IDAT", zlib.compress(lines.tobytes(), 9)),
            (b"IEND", b""),
        )
    )


def _x(tick: int) -> int:
    return tick * CELL_WIDTH // TICKS_PER_COLUMN
