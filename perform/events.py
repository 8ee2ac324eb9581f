"""The events that go into the engine, and those that come out of it.

Musical time is integer ticks, 480 a quarter note.
"""

from typing import Literal, NamedTuple

from perform.music.chart import Chart
from perform.music.chord import Chord
from perform.music.condition import Conditions
from perform.music.feel import FeelChoice
from perform.music.line_context import ContextChord, LineContext
from perform.music.note import Phrase
from perform.music.steering import Steering


class ChordChanged(NamedTuple):
    """A chord is played from now on; None is no chord: the voices rest."""

    chord: Chord | None


class ChordNotesPlayed(NamedTuple):
    """MIDI notes are played as a chord; what is known around them says which one."""

    notes: tuple[int, ...]


class ChordReleased(NamedTuple):
    """The keys of the chord are released. The rig says whether the voices play on or rest."""


class KeysCleared(NamedTuple):
    """Every key that is held at an input is forgotten: a note-off may have been lost."""


InputName = Literal["midi", "bass", "lead"]


class InputTransposed(NamedTuple):
    """What comes in at a MIDI input, [inputs.NAME] of the rig, is moved by so many semitones."""

    input: InputName
    semitones: int


class TransportChanged(NamedTuple):
    """The transport starts from the top, stops, or continues from where it stopped.

    `count_in`: ticks that are counted before a start. None: what the setting says for the
    conductor, which passes on how many they are; for the engine and in a session, none.
    """

    action: Literal["start", "stop", "continue"]
    count_in: int | None = None


class CountInChanged(NamedTuple):
    """So many bars are counted before the music starts; 0 for none."""

    bars: int


class ClickChanged(NamedTuple):
    """The click is on no beat, on those of a count-in, or on all."""

    when: Literal["count-in", "always", "off"]


class SongPositionChanged(NamedTuple):
    """The song position moves to `tick`; while the transport runs, only a clock can move it."""

    tick: int


class TempoTapped(NamedTuple):
    """A beat is tapped now; the last few taps give the tempo."""


class TempoChanged(NamedTuple):
    """The tempo from now on, in quarter notes a minute."""

    bpm: float


class ModelChanged(NamedTuple):
    """A voice (None: every voice) plays another bundle, from its next unplanned bar on."""

    voice: str | None
    model: str


class VoiceMuted(NamedTuple):
    """A voice is muted, or plays again."""

    voice: str
    muted: bool


class ParameterChanged(NamedTuple):
    """A parameter (see `perform.engine.parameters`) of a voice (None: every voice) is changed."""

    voice: str | None
    parameter: str
    value: float


class SnapshotStored(NamedTuple):
    """The parameters of all voices are stored under a name."""

    name: str


class SnapshotRecalled(NamedTuple):
    """The parameters stored under a name are set again; an unknown name changes nothing."""

    name: str


class VoiceSnapshot(NamedTuple):
    """What a snapshot holds of one voice."""

    parameters: dict[str, float]
    feel: FeelChoice


class SnapshotsRestored(NamedTuple):
    """Snapshots by name, of each voice by its name, are stored again as they were before."""

    snapshots: dict[str, dict[str, VoiceSnapshot]]


class ModeChanged(NamedTuple):
    """When a voice (None: every voice) plays.

    "flow": always; "answer": after the player's turn; "trade": before it; "hold": one bar over and
    over. `bars`: the length of a turn; None leaves it as it is.
    """

    voice: str | None
    mode: Literal["flow", "answer", "trade", "hold"]
    bars: int | None = None


class TurnLengthChanged(NamedTuple):
    """The length of a turn in bars, where a voice (None: every voice) answers or trades."""

    voice: str | None
    bars: int


class FeelChanged(NamedTuple):
    """The feel of a voice's (None: every voice's) new bars, from a bundle that knows feels."""

    voice: str | None
    feel: FeelChoice


class OtherModelChanged(NamedTuple):
    """The bundle that a voice's (None: every voice's) blend goes towards."""

    voice: str | None
    model: str


class VoiceSoloed(NamedTuple):
    """A voice is soloed or not; while any voice is soloed, the others are silent."""

    voice: str
    soloed: bool


class PhraseJudged(NamedTuple):
    """The player wants more of what a voice (None: every voice) plays, or no more of it."""

    voice: str | None
    more: bool


class PlayerNoteOn(NamedTuple):
    """The player strikes a note of a melody: MIDI number, velocity 1 to 127."""

    pitch: int
    velocity: int = 80


class PlayerNoteOff(NamedTuple):
    """The player ends the note."""

    pitch: int


class MetreChanged(NamedTuple):
    """The length of a bar and of its beat in ticks, from the next bar line on.

    `first`: the length of the first of these bars, where it leads back to the bar lines of others;
    0: as the others.
    """

    bar: int
    beat: int
    first: int = 0


class StartStopSyncChanged(NamedTuple):
    """Whether start and stop are shared with the other programs in the Ableton Link session."""

    on: bool


class KeyChanged(NamedTuple):
    """The key that scales are taken from, as pitch classes: empty for no key, None to infer it."""

    key: frozenset[int] | None
    name: str = "auto"  # as it was written


class ChartChanged(NamedTuple):
    """A chart to follow from the next bar line on; one without bars ends the one before."""

    chart: Chart = Chart()
    text: str = ""  # as it was written


class VampLeft(NamedTuple):
    """The chart goes on after the vamp that is playing, at its end."""


class SongChanged(NamedTuple):
    """A song of the set begins: notes of the one before end, and what was learned of it goes."""

    name: str


class SoundChanged(NamedTuple):
    """What a voice's synthesizer is told: 0 or less leaves it; None leaves what was said before."""

    voice: str
    program: int | None = None
    bank: int | None = None
    volume: int | None = None


class Panic(NamedTuple):
    """Every note ends at once. The conductor or the offline shell stops the transport then."""


class StallEnded(NamedTuple):
    """The program has stood still; what was due before tick `until` is not made up for.

    `now`: the tick of this moment. No clock pulse before it is sent: a bunch of pulses is another
    tempo for those who follow.
    """

    until: int
    now: int = 0


class PhraseReady(NamedTuple):
    """One bar of material for one voice, over C.

    `placed`: its pitches follow `chords`, those of the request's context, so nothing is bent unless
    other chords sound; C is the root of the first of them. `tied`: its first note goes on with the
    note that sounds before it.
    """

    voice: str
    bar: int
    phrase: Phrase
    placed: bool = False
    tied: bool = False
    chords: tuple[ContextChord, ...] = ()


class PhraseRequested(NamedTuple):
    """The engine requests a phrase for a bar, which begins at tick `deadline`.

    The same seed, model, conditions, steering and context give the same phrase.
    """

    voice: str
    bar: int
    seed: int
    model: str
    deadline: int
    conditions: Conditions = Conditions()
    steering: Steering | None = None
    context: LineContext | None = None


class NoteMessage(NamedTuple):
    """A note begins (velocity 1 to 127) or ends (velocity 0), meant for `tick`."""

    tick: int
    voice: str
    pitch: int
    velocity: int


class ClockPulse(NamedTuple):
    """A MIDI clock pulse, 24 a quarter note. `idle`: the music is stopped, so it has no tick.

    Those of a count-in have negative ticks.
    """

    tick: int
    idle: bool = False


class TransportMessage(NamedTuple):
    """The transport has started from the top, continued, or stopped.

    "count-in": the count begins at `tick`; "start" follows shortly before the music begins.
    """

    tick: int
    action: Literal["start", "stop", "continue", "count-in"]


class Beat(NamedTuple):
    """A beat of the bar begins; bar and beat count from 0.

    The bars of a count-in are negative: -1 is the last.
    """

    tick: int
    bar: int
    beat: int


class ChordSounds(NamedTuple):
    """The harmony of the notes from `tick` on; symbol "N.C." for none."""

    tick: int
    symbol: str


class MetreBegins(NamedTuple):
    """Ticks of a bar and of its beat from the bar line at `tick` on; again after every start."""

    tick: int
    bar: int
    beat: int


class TempoBegins(NamedTuple):
    """The tempo from `tick` on, in quarter notes a minute."""

    tick: int
    bpm: float


class AllNotesOff(NamedTuple):
    """Panic: an output sends all-notes-off, after the note-offs that precede this event."""

    tick: int


class PhraseMissed(NamedTuple):
    """A bar began without its phrase; the voice plays `substitute` instead.

    "previous": the phrase of the bar before; "canned": a phrase of the stock.
    """

    tick: int
    voice: str
    bar: int
    substitute: Literal["previous", "canned"]


class StateChanged(NamedTuple):
    """A value has changed, so that faders follow; `address`: the one that sets it."""

    address: str
    value: str | float


Event = (
    ChordChanged | ChordNotesPlayed | ChordReleased | KeysCleared | InputTransposed
    | TransportChanged | CountInChanged | ClickChanged | SongPositionChanged | TempoTapped
    | TempoChanged | ModelChanged | VoiceMuted | ParameterChanged | ModeChanged
    | TurnLengthChanged | FeelChanged | OtherModelChanged | VoiceSoloed | PhraseJudged
    | PlayerNoteOn | PlayerNoteOff | MetreChanged | StartStopSyncChanged | KeyChanged
    | ChartChanged | VampLeft | SongChanged | SoundChanged | SnapshotStored | SnapshotRecalled
    | SnapshotsRestored | Panic | StallEnded | PhraseReady
)  # fmt: skip
OutputEvent = (
    NoteMessage | ClockPulse | TransportMessage | Beat | ChordSounds | MetreBegins
    | TempoBegins | AllNotesOff | PhraseMissed | PhraseRequested | StateChanged
)  # fmt: skip
