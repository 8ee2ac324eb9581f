"""What each control of a voice moves: a bundle of lines over the blues, through the real engine.

A control is played twice over the same bars, set one way and the other, and its figure is measured
on every bar as it is heard. `CONTROLS` has them all.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy import stats

from perform.bundles import catalog
from perform.engine.conditioning import PhraseContext, steering_of
from perform.engine.engine import Engine
from perform.engine.voicing import VoiceSettings
from perform.events import ChartChanged
from perform.generation.lines import LineSource, moved_by_octaves, octaves_to_roll
from perform.music.chart import parse_chart
from perform.music.feel import THIRD
from perform.music.note import Note
from perform.music.pianoroll import encode
from perform.music.pitch import semitones_from_c
from perform.outputs.memory import MemoryOutput
from perform.runtime import offline
from perform.runtime.chart_events import BLUES
from perform.steering.choice import Candidates, candidate_scores
from perform.steering.fitness import NAMES, PENALTY, fitness_values, traits_of

BAR, BEAT = 1920, 480
CLIMB = 48  # bars of four choruses
LOW, HIGH = 57, 84
TARGETS = {"target/density": 0.8, "target/register": 0.9, "target/contour": 0.9}
PLAYER = (Note(0, 240, 60), Note(720, 240, 63), Note(1440, 240, 67))
CHART = parse_chart(BLUES)
Settings = dict[str, float]


class Take(NamedTuple):
    """A performance. `bars`: the notes of each bar as they are heard, from its first tick on.

    `velocities`: the mean of each bar, NaN where it rests. `scores`: how good the choice finds each
    requested bar, by seed, beside the mean of its candidates, in standard deviations.
    """

    bars: list[tuple[Note, ...]]
    velocities: np.ndarray
    scores: dict[int, tuple[float, float]]


class Scored(LineSource):
    """The bundle, with the player's bar in every steering; it records how good each bar is.

    `scores`: by the choice as a whole, and by the discriminator alone.
    """

    def __init__(self, path):
        super().__init__(path)
        self.scores = {}
        self._made = []

    def candidates(self, *arguments):
        made = super().candidates(*arguments)
        self._made.append(made)
        return made

    def phrase(self, seed, conditions, steering, context, seconds=None):
        self._made.clear()
        if steering is not None:
            steering = steering._replace(player=PLAYER)
        bar = super().phrase(seed, conditions, steering, context, seconds)
        whole = self._complete(context, conditions)
        whole = moved_by_octaves(whole, octaves_to_roll(whole))
        pool = Candidates(*(np.concatenate(part) for part in zip(*self._made, strict=True)))
        same = (pool.rolls == encode(bar.phrase, bars=1).rolls).all(axis=(1, 2))
        if same.any():
            self.scores[seed] = tuple(
                float((each[same].max() - each.mean()) / max(each.std(), 1e-9))
                for each in (candidate_scores(pool, whole), pool.logits)
            )
        return bar


@cache
def bundle_of(name):
    return Scored(catalog.find(name))


@cache
def _played(bundle, bars, feel, settings):
    source, memory = bundle_of(bundle), MemoryOutput()
    source.scores.clear()
    voice = VoiceSettings(
        name="lead", low=LOW, high=HIGH, form="ABCD", feel=feel, parameters=dict(settings)
    )
    chart = [(0, ChartChanged(CHART))]
    offline.play(Engine([voice]), lambda _: source, chart, bars * BAR, [memory])
    return _take(memory.notes, bars, dict(source.scores))


def play(bundle, bars, feel="auto", **settings):
    """A take of a voice with settings of its parameters, and the targets of `TARGETS`."""
    return _played(bundle, bars, feel, tuple(sorted({**TARGETS, **settings}.items())))


def _take(messages, bars, scores):
    found = [[] for _ in range(bars)]
    loud = [[] for _ in range(bars)]
    begun = {}
    for message in messages:
        if message.pitch in begun:
            start = begun.pop(message.pitch)
            bar, inside = divmod(start, BAR)
            found[bar].append(Note(inside, message.tick - start, message.pitch))
        if message.velocity:
            begun[message.pitch] = message.tick
            loud[message.tick // BAR].append(message.velocity)
    velocities = np.array([np.mean(each) if each else np.nan for each in loud])
    return Take([tuple(sorted(each)) for each in found], velocities, scores)


def chord_of(bar):
    """The chord on the first beat of a bar."""
    chords = [chord for each in CHART.bars[: bar % len(CHART.bars) + 1] for _, chord in each[:1]]
    return chords[-1]


def fitness(name) -> Callable[[Take], np.ndarray]:
    """The value of a fitness function for each bar, over the chord of its first beat."""

    def measured(take):
        settings = {**TARGETS, f"weight/{name}": 1.0}
        parameters = VoiceSettings(name="x", parameters=settings).initial_parameters()
        values, last = [], ()
        for bar, notes in enumerate(take.bars):
            chord = chord_of(bar)
            phrase = tuple(n._replace(pitch=n.pitch - semitones_from_c(chord.root)) for n in notes)
            context = PhraseContext(chord, last=last, player=PLAYER)
            rolls = encode(phrase, bars=1).rolls
            about = steering_of(parameters, LOW, HIGH, context)
            values.append(fitness_values(traits_of(rolls, about), (name,))[0, 0])
            last = phrase
        return np.array(values)

    return measured


def notes_a_bar(take):
    return np.array([float(len(bar)) for bar in take.bars])


def mean_pitch(take):
    return np.array([np.mean([n.pitch for n in bar]) if bar else np.nan for bar in take.bars])


def rise(take):
    """How pitch goes with time in each bar, -1 to 1."""
    return np.array([_correlation(bar) for bar in take.bars])


def _correlation(bar):
    if len({note.pitch for note in bar}) < 2:
        return np.nan
    return np.corrcoef([note.start for note in bar], [note.pitch for note in bar])[0, 1]


def silence(take):
    """The share of each bar that is silent; a note that is held over the bar line sounds on."""
    sounding = np.zeros(len(take.bars) * BAR, bool)
    for bar, notes in enumerate(take.bars):
        for note in notes:
            sounding[bar * BAR + note.start : bar * BAR + note.end] = True
    return 1 - sounding.reshape(-1, BAR).mean(axis=1)


def on_thirds(take):
    """The share of each bar's notes that begin on a third of a beat, those on a beat left out."""
    return np.array([_share(bar, (THIRD, 2 * THIRD)) for bar in take.bars])


def _share(bar, places):
    inside = [note.start % BEAT for note in bar if note.start % BEAT]
    return np.mean([place in places for place in inside]) if inside else np.nan


def by_choice(take):
    return np.array([whole for whole, _ in take.scores.values()])


def by_discriminator(take):
    return np.array([alone for _, alone in take.scores.values()])


class Control(NamedTuple):
    """A control. `low`, `high`: settings between which its figure grows."""

    name: str
    figure: Callable[[Take], np.ndarray]
    low: dict
    high: dict


def _weight(name):
    off, on = {}, {f"weight/{name}": 1.0}
    low, high = (on, off) if name == PENALTY else (off, on)
    return Control(f"weight/{name}", fitness(name), low, high)


def _target(name, figure, **others):
    low, high = ({f"target/{name}": value, **others} for value in (0.1, 0.9))
    return Control(f"target/{name}", figure, low, high)


CONTROLS = (
    *(_weight(name) for name in NAMES),
    Control("weight/opinion", by_discriminator, {}, {"weight/opinion": 1.0}),
    _target("density", notes_a_bar),
    _target("register", mean_pitch),
    _target("contour", rise, **{"weight/contour": 1.0}),
    Control("build", lambda take: take.velocities, {"build": 0.0}, {"build": 1.0}),
    Control("space", silence, {"space": 0.0}, {"space": 1.0}),
    Control("feel", on_thirds, {"feel": "funk"}, {"feel": "swing"}),
    Control("taste", by_choice, {"taste": 0.0}, {"taste": 1.0}),
)


class Effect(NamedTuple):
    """What a control does: the mean of its figure at both settings, and the p of the difference."""

    low: float
    high: float
    p: float


def effect(control, bundle="sideman", bars=200):
    """The effect of a control over so many bars: a paired test by bars, one-sided.

    That of `build` is how its difference grows over the bars of a climb.
    """
    low, high = (
        control.figure(play(bundle, bars, **settings)) for settings in (control.low, control.high)
    )
    size = min(len(low), len(high))
    both = np.isfinite(low[:size]) & np.isfinite(high[:size])
    moved = (high[:size] - low[:size])[both]
    if control.name == "build":
        p = stats.linregress(np.arange(size)[both] % CLIMB, moved, alternative="greater").pvalue
    else:
        p = stats.wilcoxon(moved, alternative="greater").pvalue if moved.any() else 1.0
    return Effect(float(np.nanmean(low)), float(np.nanmean(high)), float(p))
