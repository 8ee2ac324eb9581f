"""The frozen messages that pass between rooms. Musical time is integer ticks, 480 a quarter note."""

from typing import Literal, NamedTuple

from perform.music.chart import Chart
from perform.music.chord import Chord
from perform.music.condition import Conditions
from perform.music.note import COLUMNS, Phrase


class ChordChanged(NamedTuple):
    """Somebody plays this chord now; None is "no chord": the voices rest."""

    chord: Chord | None


class ChordReleased(NamedTuple):
    """The hands left the keys. What that means (keep playing, or rest) the rig says."""


class TransportChanged(NamedTuple):
    """Start (from the top), stop, or continue (from where it stopped)."""

    action: Literal["start", "stop", "continue"]


class SongPositionChanged(NamedTuple):
    """Somebody moved the song position to `tick`; only while stopped."""

    tick: int


class TempoTapped(NamedTuple):
    """A beat, tapped by hand: this moment is one, and the last few give the tempo."""


class TempoChanged(NamedTuple):
    """Quarter notes a minute from now on."""

    bpm: float


class ModelChanged(NamedTuple):
    """A voice (or every voice, when None) plays another bundle from its next unwritten bar on."""

    voice: str | None
    model: str


class VoiceMuted(NamedTuple):
    """A voice falls silent, or comes back."""

    voice: str
    muted: bool


class ParameterChanged(NamedTuple):
    """A knob of a voice (or of every voice, when None) stands elsewhere; see `perform.engine.parameters`."""

    voice: str | None
    parameter: str
    value: float


class SnapshotStored(NamedTuple):
    """Keep all weights and targets of this moment under a name."""

    name: str


class SnapshotRecalled(NamedTuple):
    """Bring back the weights and targets kept under a name; an unknown name changes nothing."""

    name: str


class ModeChanged(NamedTuple):
    """When a voice (or every voice) plays: always, in answer to the player, in turns, or one bar over and over.
    `bars`: of a turn; None leaves them as they are.
    """

    voice: str | None
    mode: Literal["flow", "answer", "trade", "hold"]
    bars: int | None = None


class TurnLengthChanged(NamedTuple):
    """Of how many bars a turn is, where a voice (or every voice) answers or trades."""

    voice: str | None
    bars: int


class OtherModelChanged(NamedTuple):
    """The bundle that a voice's blend goes towards."""

    voice: str | None
    model: str


class VoiceSoloed(NamedTuple):
    """While any voice is soloed, the others are silent."""

    voice: str
    soloed: bool


class PhraseJudged(NamedTuple):
    """The player wants more of what a voice (or every voice) plays, or no more of it."""

    voice: str | None
    more: bool


class PlayerNoteOn(NamedTuple):
    """The player strikes a note of a melody (MIDI number, velocity 1 to 127)."""

    pitch: int
    velocity: int = 80


class PlayerNoteOff(NamedTuple):
    """The player ends it."""

    pitch: int


class MetreChanged(NamedTuple):
    """Ticks (480 a quarter note) of a bar and of its beat, from the next bar line on."""

    bar: int
    beat: int


class KeyChanged(NamedTuple):
    """The pitch classes of the key that scales are taken from; none for no key, None to infer it. `name`: as
    it was written.
    """

    key: frozenset[int] | None
    name: str = "auto"


class ChartChanged(NamedTuple):
    """A chart to follow from the next bar line on; one without bars ends the one that is followed.

    `text`: the chart as it was written.
    """

    chart: Chart = Chart()
    text: str = ""


class VampLeft(NamedTuple):
    """Out of the vamp, at its end."""


class Panic(NamedTuple):
    """Everything silent, at once."""


class PhraseReady(NamedTuple):
    """One bar of material for one voice."""

    voice: str
    bar: int
    phrase: Phrase


class Steering(NamedTuple):
    """What a phrase is chosen by: a weight (0 to 1) for each wish, and what the wishes refer to.

    `weights`: in the order of `perform.steering.fitness.WEIGHTS`. `tones`, `scale`: pitch classes
    above the chord's root. `shift`: semitones from C to that root; `low`, `high`: the voice's range.
    `density`, `register`, `contour`: targets, 0 to 1 (few to many notes, low to high, falling to
    rising). `last`, `player`: the bar before, and what the player played; `liked`,
    `disliked`: what was judged. All over C. `columns`: how many of the 64, from the first on, will be heard.
    """

    weights: tuple[float, ...]
    tones: tuple[int, ...] = (0, 4, 7)
    scale: tuple[int, ...] = (0, 2, 4, 5, 7, 9, 11)
    shift: int = 0
    low: int = 0
    high: int = 127
    density: float = 0.5
    register: float = 0.5
    contour: float = 0.5
    last: Phrase = ()
    player: Phrase = ()
    liked: tuple[Phrase, ...] = ()
    disliked: tuple[Phrase, ...] = ()
    columns: int = COLUMNS


class PhraseRequested(NamedTuple):
    """The engine lacks a bar, due at tick `deadline`. The same seed, model, wish and steering give the
    same phrase.
    """

    voice: str
    bar: int
    seed: int
    model: str
    deadline: int
    conditions: Conditions = Conditions()
    steering: Steering | None = None


class NoteMessage(NamedTuple):
    """A note begins (velocity 1 to 127) or ends (velocity 0), meant for `tick`."""

    tick: int
    voice: str
    pitch: int
    velocity: int


class ClockPulse(NamedTuple):
    """A MIDI clock pulse, 24 a quarter note, for those who follow us."""

    tick: int


class TransportMessage(NamedTuple):
    """The transport began to roll from the top or from where it stood, or stopped."""

    tick: int
    action: Literal["start", "stop", "continue"]


class Beat(NamedTuple):
    """A beat of the bar begins; both count from 0."""

    tick: int
    bar: int
    beat: int


class ChordSounds(NamedTuple):
    """The harmony that notes go to from `tick` on; symbol "N.C." when there is none."""

    tick: int
    symbol: str


class MetreBegins(NamedTuple):
    """Ticks of a bar and of its beat from `tick` on, which is a bar line; told anew after every start."""

    tick: int
    bar: int
    beat: int


class TempoBegins(NamedTuple):
    """Quarter notes a minute from `tick` on."""

    tick: int
    bpm: float


class AllNotesOff(NamedTuple):
    """Panic was asked for: sinks send all-notes-off besides the note-offs that precede this."""

    tick: int


class PhraseMissed(NamedTuple):
    """A bar began without its material; the voice plays `substitute` ("previous" or "canned")."""

    tick: int
    voice: str
    bar: int
    substitute: Literal["previous", "canned"]


class StateChanged(NamedTuple):
    """A value that can be set has a new one, so that faders follow; `address` as it is set by."""

    address: str
    value: str | float


Event = (
    ChordChanged
    | ChordReleased
    | TransportChanged
    | SongPositionChanged
    | TempoTapped
    | TempoChanged
    | ModelChanged
    | VoiceMuted
    | ParameterChanged
    | ModeChanged
    | TurnLengthChanged
    | OtherModelChanged
    | VoiceSoloed
    | PhraseJudged
    | PlayerNoteOn
    | PlayerNoteOff
    | MetreChanged
    | KeyChanged
    | ChartChanged
    | VampLeft
    | SnapshotStored
    | SnapshotRecalled
    | Panic
    | PhraseReady
)
OutputEvent = (
    NoteMessage
    | ClockPulse
    | TransportMessage
    | Beat
    | ChordSounds
    | MetreBegins
    | TempoBegins
    | AllNotesOff
    | PhraseMissed
    | PhraseRequested
    | StateChanged
)
