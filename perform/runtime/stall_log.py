"""What the log says when the program has stood still."""

import logging
import time

from perform.engine.settings import Counts

log = logging.getLogger(__name__)
APART_SECONDS = 10.0  # between two lines; a busy machine stalls again and again


class StallLog:
    """Logs stalls, with what `counts` says was left out since the last line."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._logged = self._left_out()
        self._next = 0.0

    def add(self, seconds: float) -> None:
        """Log a stall of so many seconds, unless a line was logged just before."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + APART_SECONDS
        before, self._logged = self._logged, self._left_out()
        notes, beats, pulses = (now - then for now, then in zip(self._logged, before, strict=True))
        log.warning(
            "nothing could be sent for %.1f s; left out since: %d notes, %d beats, %d clock "
            "pulses; the music goes on at its place (is the machine too busy?)",
            *(seconds, notes, beats, pulses),
        )

    def _left_out(self) -> tuple[int, int, int]:
        counts = self._counts
        return counts.skipped_notes, counts.skipped_beats, counts.skipped_pulses
