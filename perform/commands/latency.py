"""`perform latency`: how long a note takes from a MIDI output back to a MIDI input."""

import signal
import statistics
import time
from typing import NamedTuple

from perform.errors import InputError
from perform.midi import ports
from perform.midi.settings import MidiConfig

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


def run(output: str, input_: str, count: int, midi: MidiConfig) -> None:
    """Measure, and print percentiles, a histogram and the value for the rig."""
    # SIGTERM raises KeyboardInterrupt, as Ctrl-C does, so that the note on its way is ended first
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print(describe(measure(output, input_, count, midi)))


def measure(output: str, input_: str, count: int, midi: MidiConfig = ports.AUTO) -> RoundTrip:
    """Send `count` notes, one after the other, and wait for each. InputError when none comes back."""
    came: dict[int, float] = {}

    def handle(message: list[int], moment: float) -> None:
        if message[0] & 0xF0 == 0x90:
            came.setdefault(message[1], moment)

    source = ports.open_input(input_, None, midi)
    try:
        source.listen(handle)
        target = ports.open_output(output, None, midi)
        try:
            took = [_trip(target, came, FIRST_NOTE + number % 80) for number in range(count)]
        finally:
            target.close()
    finally:
        source.close()
    there = sorted(1000 * seconds for seconds in took if seconds is not None)
    if not there:
        raise InputError(
            f"nothing that was sent to {output!r} came back at {input_!r}; connect the one to the "
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


def _trip(target: ports.OutputPort, came: dict[int, float], note: int) -> float | None:
    """Seconds until a note came back; None when it did not."""
    came.pop(note, None)
    begun = time.monotonic()
    try:
        target.send([0x90, note, 1])
        while note not in came and time.monotonic() - begun < PATIENCE_SECONDS:
            time.sleep(0.0002)
    finally:  # also where a signal ends the measuring
        target.send([0x80, note, 0])
        time.sleep(PAUSE_SECONDS)
    return came[note] - begun if note in came else None
