"""The lines that a bundle plays over charts, as pieces."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from perform.errors import DatasetError
from perform.music.chart import parse_chart
from perform.music.chord import Chord
from perform.music.note import TICKS_PER_BAR
from training.data.piece import Piece
from training.data.piece_files import read_midi

PATIENCE_SECONDS = 120.0


def spread(pieces: Sequence[Piece], count: int) -> tuple[Piece, ...]:
    """So many of the pieces, or all of them, spread evenly: books stand feel by feel."""
    count = min(count, len(pieces))
    return tuple(pieces[place * len(pieces) // count] for place in range(count))


def played(
    name: str, charts: Sequence[Piece], seed: int = 0, role: str = "lead"
) -> tuple[Piece, ...]:
    """The lines that a bundle plays in a role over the chords of pieces, by `perform render`.

    Each has the name and length of its chart, and the chords as the chart's text has them, which
    is how they were played; a pick-up bar is played as a full bar.
    """
    pieces = []
    with tempfile.TemporaryDirectory() as folder:
        for number, chart in enumerate(charts):
            target, text = Path(folder) / f"{number}.mid", chart_text(chart)
            command = [
                sys.executable, "-m", "perform", "render", text, "-o", str(target),
                "--role", role, "--model", name, "--seed", str(seed + number),
                "--tempo", f"{chart.tempo:g}", "--feel", chart.feel or "auto",
            ]  # fmt: skip
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
            )
            if done.returncode:
                raise DatasetError(f"{name} over {chart.name!r}: {done.stderr.strip()[-300:]}")
            line = read_midi(target)
            pieces.append(
                line._replace(
                    name=chart.name,
                    chords=chart_chords(text),
                    ticks=chart.ticks,
                    feel=chart.feel,
                    form=chart.form,
                    tempo=chart.tempo,
                    player=name,
                    pickup=chart.pickup,
                )
            )
    return tuple(pieces)


def chart_text(piece: Piece) -> str:
    """The chords of a piece as chart text, bar by bar; "N.C." before the first one."""
    bars: list[str] = []
    begun = False  # whether there is a chord that "%" can repeat
    for start in range(0, piece.ticks, TICKS_PER_BAR):
        inside = [it for it in piece.chords if start <= it[0] < start + TICKS_PER_BAR]
        symbols = [chord.symbol if chord is not None else "N.C." for _, chord in inside]
        if not inside or inside[0][0] > start:
            symbols.insert(0, "%" if begun else "N.C.")
        begun = begun or any(chord for _, chord in inside)
        bars.append(" ".join(symbols))
    return " | ".join(bars) + (" |" if len(bars) == 1 else "")


def chart_chords(text: str) -> tuple[tuple[int, Chord | None], ...]:
    """The chords of a chart's text, each with the tick at which it begins."""
    return tuple(
        (round((bar + share) * TICKS_PER_BAR), chord)
        for bar, chords in enumerate(parse_chart(text).bars)
        for share, chord in chords
    )
