"""The engine and the parts that drive it live."""

from typing import NamedTuple

from perform.clock.transport import TICKS_PER_BEAT, Transport
from perform.control.state import State
from perform.engine.engine import Engine
from perform.generation.worker_client import WorkerClient
from perform.music.hints import Hints
from perform.runtime.conductor import Conductor


class LiveEngine(NamedTuple):
    """An engine, its transport, phrase source and conductor, and the state of its parameters."""

    engine: Engine
    transport: Transport
    source: WorkerClient
    conductor: Conductor
    state: State

    def hints(self) -> Hints:
        """What chart and key say of a chord that is played now."""
        return self.engine.hints(self.conductor.current_tick())

    def bar_seconds(self) -> float:
        """The length of a bar at this tempo."""
        return self.engine.metre.bar * 60.0 / (TICKS_PER_BEAT * self.transport.bpm)

    def stats(self) -> dict[str, float]:
        """What was played since the start, and how late; times in milliseconds."""
        counts, lateness = self.engine.counts, self.conductor.lateness
        return {
            "bars": counts.bars,
            "notes": self.engine.notes_played,
            "chords": counts.chords,
            "late_phrases": counts.late,
            "missed": counts.missed,
            "substituted": counts.substituted,
            "stalls": counts.stalls,
            "skipped_notes": counts.skipped_notes,
            "skipped_beats": counts.skipped_beats,
            "skipped_pulses": counts.skipped_pulses,
            "restarts": self.source.restarts,
            "late": lateness.audible,
            "late_p50": 1000 * lateness.percentile(0.5),
            "late_p95": 1000 * lateness.percentile(0.95),
            "late_p99": 1000 * lateness.percentile(0.99),
            "late_max": 1000 * lateness.worst,
            **{f"under/{1000 * edge:.3g}": notes for edge, notes in lateness.histogram()},
        }
