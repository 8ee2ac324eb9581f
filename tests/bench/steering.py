"""Prints what steering costs and what it does: `python tests/bench/steering.py` (two minutes).

The search is compared with the authors' published procedure, written plainly: a population of 200,
Python fitness functions over every candidate, an erosion filter by loops, and for 30 % of the
children a fresh phrase from the paper's network. Nothing here is asserted.
"""

import os
import random
import statistics
import sys
import time
from pathlib import Path

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from scipy.stats import wilcoxon

from perform.bundles import catalog
from perform.engine.conditioning import PhraseContext, steering_of
from perform.engine.engine import Engine
from perform.engine.voicing import VoiceSettings
from perform.generation.evolved import EvolvedSource
from perform.music.chart import parse_chart
from perform.music.note import Note
from perform.music.pianoroll import encode
from perform.music.steering import Steering
from perform.runtime import offline
from perform.runtime.chart_events import BLUES, chord_events, unrolled
from perform.steering.evolution import GENERATIONS, SIZE, evolve
from perform.steering.fitness import FITNESS_FUNCTIONS, PENALTY, WEIGHTS, fitness_values, traits_of

ROUNDS = 60
BARS = 200
POPULATION, PLAIN_GENERATIONS = 200, 4  # of the authors' 50: the rate is what counts
TARGET = {"target/density": 0.8, "target/register": 0.9, "target/contour": 0.9}
PLAYER = (Note(0, 240, 60), Note(720, 240, 63), Note(1440, 240, 67))


def run_search(source):
    """Candidates a second of a search of 64 over 8 generations, all weights up."""
    pool = source._source.pool(3, 2 * SIZE)
    everything = tuple(float(name != "opinion") for name in WEIGHTS)
    steering = Steering(everything, (0, 4, 7, 10), low=57, high=84, last=PLAYER, player=PLAYER)
    spent = []
    for seed in range(ROUNDS):
        begun = time.perf_counter()
        evolve(pool, steering, seed)
        spent.append(time.perf_counter() - begun)
    middle = statistics.median(spent)
    rate = SIZE * (GENERATIONS + 1) / middle
    print(
        f"search, {SIZE} x {GENERATIONS}: median {1000 * middle:.1f} ms, "
        f"worst {1000 * max(spent):.1f} (target 30)"
    )
    begun = time.perf_counter()
    for seed in range(20):
        source._source.pool(1000 + seed, 2 * SIZE)
    print(
        f"its pool of {2 * SIZE} fresh phrases: {1000 * (time.perf_counter() - begun) / 20:.1f} ms"
    )
    return rate


def authors_rate():
    """Candidates a second of the published procedure."""
    from training.model.networks import build_networks
    from training.options import read_recipe
    from training.train.export import convert

    options = read_recipe("paper")
    model = convert(build_networks(options).generator, (1, options.noise_dim))
    from ai_edge_litert.interpreter import Interpreter

    network = Interpreter(model_content=model, num_threads=1)
    network.allocate_tensors()
    into, out = network.get_input_details()[0]["index"], network.get_output_details()[0]["index"]
    chance = random.Random(1)

    def fresh():
        network.set_tensor(into, np.random.default_rng(1).normal(size=(1, 100)).astype(np.float32))
        network.invoke()
        return eroded((network.get_tensor(out)[0] > 0).tolist())

    def eroded(roll):
        kept = [[False] * 64 for _ in range(48)]
        for row in range(48):
            for column in range(64):
                near = [roll[row][c] for c in (column - 1, column, column + 1) if 0 <= c < 64]
                kept[row][column] = roll[row][column] and sum(near) > 1
        return kept

    def fitness(roll):
        tones = beats = total = doubled = outside = sounding = 0
        for column in range(64):
            here = 0
            for row in range(48):
                if not roll[row][column]:
                    continue
                here += 1
                if column == 0 or not roll[row][column - 1]:
                    total += 1
                    tones += row % 12 in (0, 4, 7, 10)
                    outside += row % 12 not in (0, 2, 4, 5, 7, 9, 10)
                    beats += column % 16 == 0
            doubled += here > 1
            sounding += here > 0
        return (tones + beats - outside) / max(total, 1) - doubled / max(sounding, 1)

    people = [fresh() for _ in range(POPULATION)]
    begun = time.perf_counter()
    judged = 0
    for _ in range(PLAIN_GENERATIONS):
        worth = [fitness(one) for one in people]
        judged += len(people)
        children = []
        for _ in people:
            if chance.random() < 0.3:
                children.append(fresh())
                continue
            one, other = (
                max(chance.sample(range(len(people)), 3), key=worth.__getitem__) for _ in range(2)
            )
            cut = chance.choice((16, 32, 48))
            children.append(
                eroded([a[:cut] + b[cut:] for a, b in zip(people[one], people[other], strict=True)])
            )
        people = children
    return judged / (time.perf_counter() - begun)


class Recording:
    """A source that records its phrases, with the player's bar in every steering."""

    def __init__(self, source):
        self.source, self.phrases = source, {}

    def phrase(self, seed, conditions, steering, _context):
        if steering is not None:
            steering = steering._replace(player=PLAYER)
        bar = self.source.phrase(seed, conditions, steering)
        self.phrases[seed] = bar.phrase
        return bar


def played(source, weights):
    """The phrases of a voice, bar by bar, over the blues."""
    recording = Recording(source)
    voice = VoiceSettings(
        name="lead", low=57, high=84, form="ABCD", parameters={**TARGET, **weights}
    )
    changes = chord_events(unrolled(parse_chart(BLUES), -(-BARS // 12)))
    offline.play(Engine([voice]), lambda _: recording, changes, BARS * 1920, [])
    return list(recording.phrases.values())[:BARS]


def measured(name, phrases):
    """The value of every bar, over the chord of its first beat."""
    changes = chord_events(unrolled(parse_chart(BLUES), -(-BARS // 12)))
    values, last = [], ()
    for bar, phrase in enumerate(phrases):
        chord = [event.chord for tick, event in changes if tick <= bar * 1920][-1]
        parameters = VoiceSettings(
            name="x", parameters={**TARGET, f"weight/{name}": 1.0}
        ).initial_parameters()
        about = steering_of(parameters, 57, 84, PhraseContext(chord, last=last, player=PLAYER))
        values.append(fitness_values(traits_of(encode(phrase, bars=1).rolls, about), (name,))[0, 0])
        last = phrase
    return np.array(values)


def main():
    source = EvolvedSource(catalog.find("blues-bars"))
    rate = run_search(source)
    plain = authors_rate()
    print(
        f"candidates a second: {rate:.0f}, the authors' loop {plain:.0f}: "
        f"{rate / plain:.0f} times (target 100)"
    )
    unsteered = played(source, {})
    print(
        f"a weight from 0 to 1 over {BARS} bars: mean value before and after, Wilcoxon p, "
        "distinct bars"
    )
    for it in FITNESS_FUNCTIONS:
        before, steered = measured(it.name, unsteered), played(source, {f"weight/{it.name}": 1.0})
        after = measured(it.name, steered)
        direction = "less" if it.name == PENALTY else "greater"
        p = (
            wilcoxon(after, before, alternative=direction).pvalue
            if (after != before).any()
            else 1.0
        )
        print(
            f"  {it.name:12} {before.mean():.3f} {after.mean():.3f}  p {p:.1e}  {len(set(steered))}"
        )


if __name__ == "__main__":
    main()
