"""The clock that the music follows: our own, a MIDI clock, or Ableton Link."""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from perform.engine.metre import parse_metre
from perform.engine.settings import DEFAULT_METRE, DEFAULT_TEMPO
from perform.tables import Table, check_port, rig_errors


class ClockConfig(Table, frozen=True):
    """The clock, and the tempo (quarter notes a minute) until another clock gives one.

    `source`: "midi": the clock at `port` (part of a name, or a number) or at a port opened as
    `virtual`; "link": Ableton Link. `spin_ms`: how long before each note the program waits awake; more
    is steadier and costs processor time. `late_ms`: how much later than meant the pulses of a MIDI
    clock arrive here (JACK: about half a period; a chain of interfaces: more).
    """

    source: Literal["internal", "midi", "link"] = "internal"
    metre: str = DEFAULT_METRE
    port: str | None = None
    virtual: str | None = None
    tempo: Annotated[float, Meta(ge=20, le=400)] = DEFAULT_TEMPO
    spin_ms: Annotated[float, Meta(ge=0, le=5)] = 0.6
    late_ms: Annotated[float, Meta(ge=0, le=100)] = 0.0

    def check(self, where: str) -> None:
        """RigError for an unknown metre, or a MIDI clock without its port."""
        with rig_errors("[clock] metre"):
            parse_metre(self.metre)
        if self.source == "midi":
            check_port(f"{where}: a midi clock", self.port, self.virtual)

    def describe(self) -> Iterator[str]:
        """The clock that is followed, if it is not our own."""
        if self.source == "midi":
            yield f"MIDI clock {self.virtual or self.port}"
        elif self.source == "link":
            yield "Ableton Link (everybody on the network)"
