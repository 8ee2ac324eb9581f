"""The clock that the music follows: our own, a MIDI clock, or Ableton Link."""

from collections.abc import Callable, Iterator
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta

from perform.clock.transport import TempoLine
from perform.engine.count_in import LONGEST_COUNT_IN
from perform.engine.metre import parse_metre
from perform.engine.settings import DEFAULT_COUNT_IN, DEFAULT_METRE, DEFAULT_TEMPO
from perform.events import Event
from perform.inputs.ableton_link import LinkClock
from perform.inputs.midi_clock import Begin, MidiClock
from perform.interfaces import Output
from perform.midi.hotplug import HotplugPort
from perform.midi.settings import MidiConfig
from perform.tables import RigTable, check_port, rig_errors


class ClockContext(NamedTuple):
    """What an external clock reports to; see `MidiClock` and `LinkClock`."""

    midi: MidiConfig
    observe: Callable[[TempoLine], None]
    begin: Begin
    deliver: Callable[[Event], None]


class OpenedClock(NamedTuple):
    """An open external clock, and what the daemon has to connect it to; nothing for our own clock.

    `port`: its MIDI port, which may be unplugged. `listener`: gets what the engine puts out.
    `set_tempo`: sets the tempo (quarter notes a minute) of everybody who shares the clock. `leave`:
    leaves them, before our last stop.
    """

    close: Callable[[], None] | None = None
    port: HotplugPort | None = None
    listener: Output | None = None
    set_tempo: Callable[[float], None] | None = None
    leave: Callable[[], None] | None = None

    def gives_tempo(self) -> bool:
        """Whether the tempo is that of a MIDI clock, whose port is there."""
        return self.port is not None and self.port.port.fault is None


class ClockConfig(RigTable, frozen=True):
    """The clock, and the tempo (quarter notes a minute) until another clock gives one.

    `source`: "midi": the clock at `port` (part of a name, or a number) or at a port opened as
    `virtual`; "link": Ableton Link. `start_stop_sync`: whether to start and stop with the other
    programs in the Link session, and they with us; `/sync` changes it. `count_in`: bars that are
    counted before the music starts; `/count-in` changes it. There is none with a MIDI clock, which
    says when to start. `spin_ms`: how long before
    each note the program waits awake; more is steadier and costs processor time. `late_ms`: how
    much later than meant the pulses of a MIDI clock arrive here (JACK: about half a period; a chain
    of interfaces: more).
    """

    source: Literal["internal", "midi", "link"] = "internal"
    metre: str = DEFAULT_METRE
    port: str | None = None
    virtual: str | None = None
    start_stop_sync: bool = False
    tempo: Annotated[float, Meta(ge=20, le=400)] = DEFAULT_TEMPO
    spin_ms: Annotated[float, Meta(ge=0, le=5)] = 0.6
    count_in: Annotated[int, Meta(ge=0, le=LONGEST_COUNT_IN)] = DEFAULT_COUNT_IN
    late_ms: Annotated[float, Meta(ge=0, le=100)] = 0.0

    def check(self, where: str) -> None:
        """RigError for an unknown metre, or a MIDI clock without its port."""
        with rig_errors("[clock] metre"):
            parse_metre(self.metre)
        if self.source == "midi":
            check_port(f"{where}: a midi clock", self.port, self.virtual)

    def open(self, context: ClockContext) -> OpenedClock:
        """The open clock. InputError where its port cannot be opened, StartError without aalink."""
        return OPENERS[self.source](self, context)

    def describe(self) -> Iterator[str]:
        """The clock that is followed, if it is not our own."""
        if self.source == "midi":
            left_out = " (no count-in: it says when to start)" if self.count_in else ""
            yield f"MIDI clock {self.virtual or self.port}{left_out}"
        elif self.source == "link":
            shared = ", start and stop shared" if self.start_stop_sync else ""
            yield f"Ableton Link (every machine on the network{shared})"


def _open_midi(config: ClockConfig, context: ClockContext) -> OpenedClock:
    clock = MidiClock(
        config.port,
        config.virtual,
        context.midi,
        context.observe,
        context.begin,
        context.deliver,
        bpm=config.tempo,
        late=config.late_ms / 1000,
    )
    return OpenedClock(clock.close, port=clock)


def _open_link(config: ClockConfig, context: ClockContext) -> OpenedClock:
    clock = LinkClock(
        config.tempo,
        config.metre,
        context.observe,
        context.deliver,
        sync=config.start_stop_sync,
    )
    return OpenedClock(clock.close, listener=clock, set_tempo=clock.set_tempo, leave=clock.close)


OPENERS: dict[str, Callable[[ClockConfig, ClockContext], OpenedClock]] = {
    "internal": lambda _config, _context: OpenedClock(),
    "midi": _open_midi,
    "link": _open_link,
}
