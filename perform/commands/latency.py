"""How long a note takes from a MIDI output to an input, through whatever lies between."""

import statistics
import time
from typing import NamedTuple

from perform.errors import InputError
from perform.midi import ports
from perform.midi.system import MidiSystem

PAUSE_SECONDS = 0.02
PATIENCE_SECONDS = 1.0
FIRST_NOTE = 24
BAR_WIDTH = 40


class RoundTrip(NamedTuple):
    """Milliseconds that notes took, ascending, and how many never came."""

    took: tuple[float, ...]
    lost: int

    def percentile(self, share: float) -> float:
        """Milliseconds that `share` (0 to 1) of the notes took at most."""
        return self.took[min(int(share * len(self.took)), len(self.took) - 1)]


def measure(output: str, heard_at: str, count: int, system: MidiSystem = "auto") -> RoundTrip:
    """Send `count` notes, one after the other, and wait for each. InputError when none comes back."""
    came: dict[int, float] = {}

    def hear(timed: tuple[list[int], float], _: object = None) -> None:
        came.setdefault(timed[0][1], time.monotonic())

    ear = ports.open_input(heard_at, None, system)
    try:
        ear.listen(hear)
        mouth = ports.open_output(output, None, system)
        try:
            took = [_trip(mouth.device, came, FIRST_NOTE + number % 80) for number in range(count)]
        finally:
            mouth.close()
    finally:
        ear.close()
    there = sorted(1000 * seconds for seconds in took if seconds is not None)
    if not there:
        raise InputError(
            f"nothing that was sent to {output!r} came back at {heard_at!r}; connect the one to the "
            "other (a cable, or jack_connect)"
        )
    return RoundTrip(tuple(there), count - len(there))


def describe(trip: RoundTrip) -> str:
    """Percentiles and a histogram as text."""
    p50, p95, p99 = (trip.percentile(share) for share in (0.5, 0.95, 0.99))
    came = f"{len(trip.took)} notes came back, {trip.lost} did not"
    lines = [f"{came}: p50 {p50:.2f} ms, p95 {p95:.2f}, p99 {p99:.2f}, worst {trip.took[-1]:.2f}"]
    low, high = trip.took[0], max(trip.percentile(0.99), trip.took[0] + 0.01)
    edges = [low + (high - low) * step / 10 for step in range(1, 11)]
    counts = [0] * 11
    for took in trip.took:
        counts[next((i for i, edge in enumerate(edges) if took <= edge), 10)] += 1
    most = max(counts)
    for edge, number in zip([*edges, trip.took[-1]], counts, strict=True):
        lines.append(f"{edge:8.2f} ms {'#' * round(BAR_WIDTH * number / most)} {number}")
    lines.append(f"for the rig: ahead_ms = {statistics.median(trip.took):.1f}")
    return "\n".join(lines)


def _trip(mouth: object, came: dict[int, float], note: int) -> float | None:
    """Seconds until a note came back; None when it did not."""
    came.pop(note, None)
    begun = time.monotonic()
    try:
        mouth.send_message([0x90, note, 1])  # type: ignore[attr-defined] # rtmidi has no types
        while note not in came and time.monotonic() - begun < PATIENCE_SECONDS:
            time.sleep(0.0002)
    finally:  # also where a signal ends the measuring
        mouth.send_message([0x80, note, 0])  # type: ignore[attr-defined]
        time.sleep(PAUSE_SECONDS)
    return came[note] - begun if note in came else None
