"""`perform latency`: how long a note takes from a MIDI output back to a MIDI input."""

import signal
import statistics
import time
from typing import NamedTuple

from perform.errors import InputError
from perform.midi import ports
from perform.midi.settings import MidiConfig

PAUSE_SECONDS = 0.02
TIMEOUT_SECONDS = 1.0
FIRST_NOTE = 24
BAR_WIDTH = 40


class RoundTrip(NamedTuple):
    """The times of notes in milliseconds, ascending, and the number of notes that were lost."""

    times: tuple[float, ...]
    lost: int

    def percentile(self, share: float) -> float:
        """Milliseconds that `share` (0 to 1) of the notes took at most."""
        return self.times[min(int(share * len(self.times)), len(self.times) - 1)]


def run(output: str, input_: str, count: int, midi: MidiConfig) -> None:
    """Measure, and print percentiles, a histogram and the value for the rig."""
    # SIGTERM raises KeyboardInterrupt, as Ctrl-C does, so that the note on its way is ended first
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print(describe(measure(output, input_, count, midi)))


def measure(output: str, input_: str, count: int, midi: MidiConfig = ports.AUTO) -> RoundTrip:
    """Send `count` notes, one after the other, and wait for each.

    InputError when none comes back.
    """
    arrivals: dict[int, float] = {}

    def handle(message: list[int], moment: float) -> None:
        if message[0] & 0xF0 == 0x90:
            arrivals.setdefault(message[1], moment)

    source = ports.open_input(input_, None, midi)
    try:
        source.listen(handle)
        target = ports.open_output(output, None, midi)
        try:
            times = [_trip(target, arrivals, FIRST_NOTE + number % 80) for number in range(count)]
        finally:
            target.close()
    finally:
        source.close()
    milliseconds = sorted(1000 * seconds for seconds in times if seconds is not None)
    if not milliseconds:
        raise InputError(
            f"nothing that was sent to {output!r} came back at {input_!r}; connect the one to the "
            "other (a cable, or jack_connect)"
        )
    return RoundTrip(tuple(milliseconds), count - len(milliseconds))


def describe(trip: RoundTrip) -> str:
    """Percentiles and a histogram as text."""
    p50, p95, p99 = (trip.percentile(share) for share in (0.5, 0.95, 0.99))
    summary = f"{len(trip.times)} notes came back, {trip.lost} did not"
    lines = [
        f"{summary}: p50 {p50:.2f} ms, p95 {p95:.2f}, p99 {p99:.2f}, worst {trip.times[-1]:.2f}"
    ]
    low, high = trip.times[0], max(trip.percentile(0.99), trip.times[0] + 0.01)
    edges = [low + (high - low) * step / 10 for step in range(1, 11)]
    counts = [0] * 11
    for time_ms in trip.times:
        counts[next((i for i, edge in enumerate(edges) if time_ms <= edge), 10)] += 1
    highest = max(counts)
    for edge, number in zip([*edges, trip.times[-1]], counts, strict=True):
        lines.append(f"{edge:8.2f} ms {'#' * round(BAR_WIDTH * number / highest)} {number}")
    lines.append(f"for the rig: ahead_ms = {statistics.median(trip.times):.1f}")
    return "\n".join(lines)


def _trip(target: ports.OutputPort, arrivals: dict[int, float], note: int) -> float | None:
    """The seconds until a note came back; None when it did not."""
    arrivals.pop(note, None)
    sent = time.monotonic()
    try:
        target.send([0x90, note, 1])
        while note not in arrivals and time.monotonic() - sent < TIMEOUT_SECONDS:
            time.sleep(0.0002)
    finally:  # also when a signal ends the measurement
        target.send([0x80, note, 0])
        time.sleep(PAUSE_SECONDS)
    return arrivals[note] - sent if note in arrivals else None
