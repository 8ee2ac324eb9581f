"""The messages that are published to clients and OSC outputs, in one table."""

from typing import Any, NamedTuple

from perform.control.absences import ABSENT_ADDRESS
from perform.control.registry import CONTROLS, ONE_VOICE, STATE, STATS
from perform.control.set_commands import COMING_ADDRESS, PLACE_ADDRESS, SONGS_ADDRESS
from perform.engine.published_chords import CURSOR_ADDRESS, EXPECTED_ADDRESS
from perform.engine.published_turns import TURN, TURN_BARS
from perform.engine.snapshots import SNAPSHOTS_ADDRESS

MS = "MS"  # stands for an edge of the histogram


class FeedbackMessage(NamedTuple):
    """A message that is published: its address, OSC type tags, and what it means.

    `low`, `high`: the range of a number, where it has one.
    """

    address: str
    types: str
    help: str
    unit: str = ""
    low: float | None = None
    high: float | None = None

    def as_json(self) -> dict[str, Any]:
        """What `perform controls --json` prints of it."""
        return {
            "kind": "told", "address": self.address, "says": self.types, "help": self.help,
            "unit": self.unit, "low": self.low, "high": self.high,
        }  # fmt: skip


def _statistic(name: str, help_: str, unit: str = "", types: str = "i") -> FeedbackMessage:
    return FeedbackMessage(f"{STATS}/{name}", types, help_, unit, low=0)


# the answer to /stats: one message each, in this order
STATISTICS = (
    _statistic("bars", "bars that began", "bars"),
    _statistic("notes", "notes that were played", "notes"),
    _statistic("chords", "chord changes"),
    _statistic("late_phrases", "phrases that arrived after their bar had begun"),
    _statistic("missed", "bars of a voice that began without their phrase", "bars"),
    _statistic("substituted", "missed bars in which another phrase played", "bars"),
    _statistic("stalls", "stalls: for over 0.1 s nothing could be sent"),
    _statistic("skipped_notes", "notes that were left out after a stall", "notes"),
    _statistic("skipped_beats", "beats that were left out after a stall", "beats"),
    _statistic("skipped_pulses", "MIDI clock pulses that were left out after a stall", "pulses"),
    _statistic("restarts", "restarts of the process that generates phrases"),
    _statistic("late", "notes more than 5 ms late, which can be heard", "notes"),
    _statistic("late_p50", "half of the notes were no later", "ms", "f"),
    _statistic("late_p95", "95 of 100 notes were no later", "ms", "f"),
    _statistic("late_p99", "99 of 100 notes were no later", "ms", "f"),
    _statistic("late_max", "the latest note", "ms", "f"),
    _statistic(
        f"under/{MS}",
        "notes up to MS milliseconds late that the message before does not count",
        "notes",
    ),
    _statistic("received", "messages received"),
    _statistic("refused", "messages rejected, or from a host that is not allowed"),
    _statistic("subscribers", "clients that are subscribed now"),
)

FEEDBACK: tuple[FeedbackMessage, ...] = (
    FeedbackMessage(
        "/note", "sii", "a voice begins a note (velocity 1 to 127), or ends it (0)", "MIDI"
    ),
    FeedbackMessage("/chord", "s", "the harmony that sounds from now on; N.C. for none"),
    FeedbackMessage(
        "/beat", "ii", "a beat begins: bar and beat, both from 0; in a count-in bars up to -1"
    ),
    FeedbackMessage(
        "/error",
        "ss",
        "the address that was sent, and why it is rejected; or /state/absent, and its value",
    ),
    FeedbackMessage("/missed", "si", "a voice's bar began without its phrase; another plays"),
    *STATISTICS,
    FeedbackMessage(f"{STATS}/done", "i", "1: all statistics are sent"),
    FeedbackMessage(
        f"{STATE}{CURSOR_ADDRESS}",
        "i",
        "the bar of the chart that sounds, from 0; -1 before it begins",
        low=-1,
    ),
    FeedbackMessage(
        f"{STATE}{EXPECTED_ADDRESS}",
        "s",
        "the chords of the next bars, as a chart; learned where none is followed; empty: not known",
    ),
    FeedbackMessage(
        f"{STATE}{ONE_VOICE}/{TURN}",
        "s",
        'whose turn it is, "player" or "voice", where a voice trades or answers; else empty',
    ),
    FeedbackMessage(
        f"{STATE}{ONE_VOICE}/{TURN_BARS}",
        "i",
        "the bars that the turn still lasts; 0: none",
        "bars",
    ),
    FeedbackMessage(
        f"{STATE}/{TURN}",
        "s",
        'whose turn it is, "player" or "voice"; "player" where all voices that can be heard rest',
    ),
    FeedbackMessage(
        f"{STATE}/{TURN_BARS}", "i", "the bars until a turn ends; 0: no voice takes turns", "bars"
    ),
    FeedbackMessage(
        f"{STATE}{SNAPSHOTS_ADDRESS}", "s", "the names of the stored snapshots, separated by commas"
    ),
    FeedbackMessage(
        f"{STATE}{PLACE_ADDRESS}", "s", 'the place of the song in the set, as "3/12"; empty: no set'
    ),
    FeedbackMessage(
        f"{STATE}{COMING_ADDRESS}",
        "s",
        "the name of the song that begins at the next bar line; empty: none",
    ),
    FeedbackMessage(
        f"{STATE}{SONGS_ADDRESS}", "s", "the names of all songs of the set in order, one a line"
    ),
    FeedbackMessage(
        f"{STATE}{ABSENT_ADDRESS}",
        "s",
        "what the rig names and is not there: devices, hosts, a broker; empty: all is there",
    ),
    *(
        FeedbackMessage(
            f"{STATE}{it.address}", it.takes[0], f"its value: {it.help}", it.unit, it.low, it.high
        )
        for it in CONTROLS
        if it.published
    ),
)
