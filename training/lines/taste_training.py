"""Trains the taste on a generator's own bars: to need few bits a note, as real lines do.

The teacher is the judge's sequence model. It reads the notes of a line one by one and is too slow
to play with; the taste learns to say its bits from one bar and its context (distillation: Hinton et
al., 2015).
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from perform.bundles.network import LineNetwork
from perform.music.line_codec import Floats, context_numbers, root_shift
from perform.music.line_context import LineContext
from perform.music.note import TICKS_PER_BAR
from perform.music.pianoroll import Rolls, decode, threshold
from training.data.piece import Piece, PieceNote
from training.lines.examples import context_of
from training.lines.run import gumbel_noise
from training.lines.taste import Taste
from training.model.backend import keras, tf

KEPT = 6  # candidates of each bar
HISTORY = 16  # notes before a bar that the teacher hears
STEPS, BATCH, RATE, WEIGHT_DECAY, DECAY = 400, 96, 2e-3, 0.05, 0.98
Report = Callable[[str], None]
# for each line the bits of its notes, (notes, 3): onset, pitch, length
Teacher = Callable[[Sequence[Piece]], Sequence[NDArray[np.float64]]]


class Scored(NamedTuple):
    """Candidates (bars, 6, ...) of bars of lines, with the contexts of the bars.

    `bits`: a note, for onset, pitch and length; not a number for a candidate without notes.
    """

    contexts: Floats
    rolls: NDArray[np.bool_]
    tied: NDArray[np.bool_]
    bits: NDArray[np.float64]


def scored_candidates(
    network: LineNetwork, charts: Sequence[Piece], teacher: Teacher, seed: int = 0
) -> Scored:
    """Candidates of every bar of charts; the lines go on with the first candidate of each."""
    found: list[tuple[Any, ...]] = []
    for number, chart in enumerate(charts):
        line = chart._replace(notes=(), phrases=(0,))
        draws = np.random.default_rng((seed, number))
        for bar in range(chart.bars):
            context = context_of(chart._replace(notes=line.notes), bar)
            numbers = context_numbers(context)
            noise = gumbel_noise(draws, network.batch).reshape(network.batch, -1)
            raw, facts = network.run(noise, numbers)
            rolls, tied = threshold(raw[:KEPT]), facts[:KEPT, 0] > 0.5
            after = [_with_bar(line, bar, context, *each) for each in zip(rolls, tied, strict=True)]
            found.append((numbers, rolls > 0, tied, _bits(teacher, after, bar)))
            line = after[0]
    return Scored(*(np.stack(part) for part in zip(*found, strict=True)))


def joined(parts: Sequence[Scored]) -> Scored:
    """Several sets of candidates as one."""
    return Scored(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _with_bar(line: Piece, bar: int, context: LineContext, roll: Rolls, tied: bool) -> Piece:
    """The line with a bar more."""
    start, shift = bar * TICKS_PER_BAR, root_shift(context)
    notes = [
        PieceNote(start + note.start, note.duration, note.pitch + shift)
        for note in sorted(decode(roll))
    ]
    before = line.notes
    if tied and notes and before:
        longer = before[-1]._replace(duration=notes[0].end - before[-1].start)
        before, notes = (*before[:-1], longer), notes[1:]
    return line._replace(notes=(*before, *notes))


def _bits(teacher: Teacher, lines: Sequence[Piece], bar: int) -> NDArray[np.float64]:
    """The mean bits of the notes that begin in a bar, by line: onset, pitch, length."""
    start = bar * TICKS_PER_BAR
    heard = [
        line._replace(
            notes=line.notes[-HISTORY - sum(note.start >= start for note in line.notes) :]
        )
        for line in lines
    ]
    found = np.full((len(lines), 3), np.nan)
    inside = [sum(note.start >= start for note in line.notes) for line in heard]
    some = [place for place, count in enumerate(inside) if count]
    if some:
        of_notes = teacher([heard[place] for place in some])
        for place, bits in zip(some, of_notes, strict=True):
            found[place] = bits[-inside[place] :].mean(axis=0)
    return found


def train(
    scored: Scored, steps: int = STEPS, seed: int = 0, report: Report = lambda _line: None
) -> Taste:
    """The taste that was taught; its outputs are standardised over all candidates."""
    keras.utils.set_random_seed(seed)
    bits = scored.bits.reshape(-1, 3)
    known = np.flatnonzero(np.isfinite(bits).all(axis=1))
    wanted = ((bits - bits[known].mean(axis=0)) / bits[known].std(axis=0)).astype(np.float32)
    rolls, tied = scored.rolls.reshape(-1, *scored.rolls.shape[2:]), scored.tied.reshape(-1)
    draws = np.random.default_rng(seed)
    taste, average = Taste(), Taste()
    rate = keras.optimizers.schedules.CosineDecay(RATE, steps)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY, clipnorm=1.0)

    def batch(chosen: NDArray[np.int_]) -> tuple[Any, ...]:
        contexts = scored.contexts[chosen // scored.rolls.shape[1]]
        parts = (rolls[chosen], tied[chosen], contexts, wanted[chosen])
        return tuple(tf.constant(part.astype(np.float32)) for part in parts)

    for each in (taste, average):
        each(*batch(known[:2])[:3])
    optimizer.build(taste.trainable_variables)

    def learn(rolls: Any, tied: Any, contexts: Any, wanted: Any) -> Any:
        with tf.GradientTape() as tape:
            found = taste(rolls, tied, contexts, training=True)
            loss = tf.reduce_mean((found - wanted) ** 2)
        gradients = tape.gradient(loss, taste.trainable_variables)
        optimizer.apply_gradients(zip(gradients, taste.trainable_variables, strict=True))
        return loss

    compiled = tf.function(learn, reduce_retracing=True)
    losses = []
    for step in range(steps):
        losses.append(float(compiled(*batch(draws.choice(known, BATCH)))))
        kept = min(DECAY, (step + 1) / (step + 10))
        for slow, fast in zip(average.trainable_variables, taste.trainable_variables, strict=True):
            slow.assign(kept * slow + (1 - kept) * fast)
        if (step + 1) % 50 == 0:
            report(f"{step + 1} steps: error {np.mean(losses[-50:]):.3f}")
    return average
