"""A phrase source whose bars are placed, and an engine that asks it."""

from perform.engine.engine import Engine
from perform.engine.metre import parse_metre
from perform.engine.settings import EngineSettings
from perform.engine.voicing import VoiceSettings
from perform.events import PhraseReady, PhraseRequested, TransportChanged
from perform.interfaces import GeneratedBar
from perform.music.note import Note
from perform.music.pitch import semitones_from_c

BAR, BEAT = 1920, 480


class PlacedSource:
    """Plays a tone of the chord on every beat, in turn; `requests`: what it was asked for.

    `tied`: a bar begins with the note that ended the bar before, where the context has one.
    """

    def __init__(self, *, tied=False):
        self.requests = []
        self._tied = tied

    def phrase(self, seed, _conditions, _steering, context, _seconds=None):
        self.requests.append((seed, context))
        shift = semitones_from_c(context.chords[0].root) if context.chords else 0
        pitches = [self._pitch(context, beat * BEAT, seed + beat) for beat in range(4)]
        last = max(context.before, default=None)
        tied = bool(self._tied and last and last.end == 0)
        if tied:
            pitches[0] = last.pitch
        notes = (Note(beat * BEAT, BEAT, pitch - shift) for beat, pitch in enumerate(pitches))
        return GeneratedBar(tuple(notes), placed=True, tied=tied)

    def _pitch(self, context, tick, turn):
        chord = next((each for each in reversed(context.chords) if each.start <= tick), None)
        tones = chord.tones if chord else (0, 4, 7)
        return 60 + tones[turn % len(tones)]


class Rehearsal:
    """An engine whose requests `source` answers after `delay` ticks; no sentence ends with a rest,
    where `parameters` do not say so.
    """

    def __init__(self, source, *, delay=0, metre="4/4", change="hold", **voice):
        settings = EngineSettings(metre=parse_metre(metre), change=change)
        parameters = {"space": 0.0, **voice.pop("parameters", {})}
        lead = VoiceSettings(name="lead", parameters=parameters, **voice)
        self.engine = Engine([lead], settings)
        self.requests, self.outputs = [], []
        self.source, self._delay, self._unanswered = source, delay, []

    def handle(self, *events, tick=0):
        self.advance(tick)
        for event in events:
            self._put(self.engine.handle(event, tick), tick)

    def prepare(self, *events):
        """Make the first bars ready after some events, as the daemon does."""
        self.handle(*events)
        self._put(self.engine.prepare(), 0)
        self._answer(self._delay)

    def start(self, *events):
        """Prepare after some events, and start."""
        self.prepare(*events)
        self.handle(TransportChanged("start"))

    def restart(self, tick):
        """Start from the top; returns the tick from then on."""
        self.advance(tick)
        self._unanswered = [(due - tick, it) for due, it in self._unanswered]
        self.handle(TransportChanged("start"))
        return 0

    def advance(self, tick):
        while (due := self._next()) <= tick:
            self._put(self.engine.advance(due), due)
            self._answer(due)

    def _next(self):
        deadlines = [due for due, _ in self._unanswered]
        deadline = self.engine.next_deadline()
        return min([*deadlines, *([] if deadline is None else [deadline])], default=10**9)

    def _put(self, outputs, tick):
        for output in outputs:
            if isinstance(output, PhraseRequested):
                self.requests.append(output)
                self._unanswered.append((tick + self._delay, output))
                if not self._delay:
                    self._answer(tick)
            else:
                self.outputs.append(output)

    def _answer(self, tick):
        while due := [timed for timed in self._unanswered if timed[0] <= tick]:
            self._unanswered.remove(due[0])
            it = due[0][1]
            bar = self.source.phrase(it.seed, it.conditions, it.steering, it.context)
            chords = it.context.chords if it.context and bar.placed else ()
            self._put(self.engine.handle(PhraseReady("lead", it.bar, *bar, chords), tick), tick)

    def contexts(self):
        """The last context of each bar."""
        return {request.bar: request.context for request in self.requests}
