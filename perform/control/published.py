"""The messages that are published to clients and OSC outputs, in one table."""

from typing import Any, NamedTuple

from perform.control.registry import CONTROLS, STATE, STATS
from perform.engine.engine import CURSOR, SNAPSHOTS

MS = "MS"  # stands for an edge of the histogram


class FeedbackMessage(NamedTuple):
    """A message that is published: its address, OSC type tags, and what it means.

    `low`, `high`: the range of a number, where it has one.
    """

    address: str
    says: str
    help: str
    unit: str = ""
    low: float | None = None
    high: float | None = None

    def as_json(self) -> dict[str, Any]:
        """What `perform controls --json` prints of it."""
        return {"kind": "told", **self._asdict()}


def _statistic(name: str, help_: str, unit: str = "", says: str = "i") -> FeedbackMessage:
    return FeedbackMessage(f"{STATS}/{name}", says, help_, unit, low=0)


# the answer to /stats: one message each, in this order
STATISTICS = (
    _statistic("bars", "bars that began", "bars"),
    _statistic("notes", "notes that were struck", "notes"),
    _statistic("chords", "chords that came to sound"),
    _statistic("late_phrases", "phrases that came after their bar had begun"),
    _statistic("missed", "bars of a voice that began without their phrase", "bars"),
    _statistic("substituted", "those of them in which another phrase stood in", "bars"),
    _statistic("restarts", "times that the process which generates was started again"),
    _statistic("late", "notes that were late enough to be heard: over 5 ms", "notes"),
    _statistic("late_p50", "half of the notes were no later", "ms", "f"),
    _statistic("late_p95", "95 of 100 were no later", "ms", "f"),
    _statistic("late_p99", "99 of 100 were no later", "ms", "f"),
    _statistic("late_max", "the latest", "ms", "f"),
    _statistic(f"under/{MS}", "no later than so many milliseconds, and later than the figure before says", "notes"),
    _statistic("received", "messages that were heard"),
    _statistic("refused", "messages that meant nothing, or were not heard"),
    _statistic("subscribers", "those who are told everything now"),
)  # fmt: skip

FEEDBACK: tuple[FeedbackMessage, ...] = (
    FeedbackMessage("/note", "sii", "a voice strikes a note (velocity 1 to 127), or ends it (0)", "MIDI"),
    FeedbackMessage("/chord", "s", "the harmony that sounds from now on; N.C. for none"),
    FeedbackMessage("/beat", "ii", "a beat begins: bar and beat, both from 0"),
    FeedbackMessage("/error", "ss", "what you sent, and why it means nothing"),
    FeedbackMessage("/missed", "si", "a voice's bar began without its phrase; another stands in"),
    *STATISTICS,
    FeedbackMessage(f"{STATS}/done", "i", "1: all figures were told"),
    FeedbackMessage(f"{STATE}{CURSOR}", "i", "the bar of the chart that sounds, from 0; -1 before it begins", low=-1),
    FeedbackMessage(f"{STATE}{SNAPSHOTS}", "s", "the snapshots that are kept, by commas"),
    *(
        FeedbackMessage(f"{STATE}{it.address}", it.takes[0], f"where it stands: {it.help}", it.unit, it.low, it.high)
        for it in CONTROLS
        if it.published
    ),
)  # fmt: skip
