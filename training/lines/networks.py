"""The networks of lines: a recurrent generator, and the discriminator that it is trained against.

The generator writes a bar place by place, each step knowing what it has written (C-RNN-GAN: Mogren,
2016), from noise and a context: the bars before (MidiNet: Yang et al., 2017), the chords, place and
feel. Its noise decides each choice by the Gumbel-max trick, so that equal noise gives equal bars.
Training lets gradients through the choices by the straight-through estimator (Jang et al., 2017).
"""

from typing import Any, NamedTuple

import numpy as np

from perform.music.line_codec import (
    HARMONIES,
    HARMONY,
    LAYOUT,
    MIDDLE_ROW,
    PLACE_BEFORE,
    PLACES,
    WIDEST_MOVE,
)
from perform.music.line_context import BARS_BEFORE
from training.lines.examples import GO_ON, NOTE, REST, is_unused
from training.model.backend import keras, layers, tf

KINDS, MOVES = 3, 2 * WIDEST_MOVE + 1
CHOICES = KINDS + MOVES
NOISE = PLACES * CHOICES
MASKS = 6  # of each move: tone, scale and root of this half's chord, and of the chord after it
NEAR = slice(WIDEST_MOVE - 6, WIDEST_MOVE + 6)  # one octave around the last note
PLACE_WIDTH, BEFORE_WIDTH, STATIC_WIDTH = 16, 64, 64
CONTEXT_DROPOUT = 0.1
LEAK = 0.2
FORBIDDEN = -1e4
OFFSETS = np.arange(MOVES, dtype=np.float32) - WIDEST_MOVE
DISCRIMINATOR_WIDTH = 64
BELOW_MOST_VALUES = 8.0


class Line(NamedTuple):
    """How far a line has come, each (batch,) or (batch, ...): float32.

    `kind`: the last choice, one place each. `row`: of the last note. `sounds`: whether it sounds.
    `moves`: the last two moves, one place each.
    """

    kind: Any
    row: Any
    sounds: Any
    moves: Any


class BarConditions(NamedTuple):
    """What stays the same through a bar: `before` (batch, 32, 15), `harmony` (batch, 3, 37)."""

    before: Any
    harmony: Any
    summary: Any
    thirds: Any
    low: Any
    high: Any


class Step(NamedTuple):
    """The logits at a place, and the masks of its moves, (batch, 6, moves)."""

    kinds: Any
    moves: Any
    masks: Any


def first_line(contexts: Any) -> Line:
    """A line at the beginning of the bar of each context."""
    at = LAYOUT.last.start
    latest, earlier = (
        tf.one_hot(tf.cast(contexts[:, at + i], tf.int32) + WIDEST_MOVE, MOVES) for i in (3, 4)
    )
    ones = tf.ones_like(contexts[:, 0], tf.int32)
    kind = tf.one_hot(GO_ON * ones, KINDS)
    return Line(kind, contexts[:, at], contexts[:, at + 2], tf.concat([latest, earlier], 1))


def next_line(line: Line, kind: Any, move: Any) -> Line:
    """The line after a choice: `kind` (batch, 3) and `move` (batch, moves), one place each."""
    note, rest = kind[:, NOTE], kind[:, REST]
    moves = tf.where(note[:, None] > 0, tf.concat([move, line.moves[:, :MOVES]], 1), line.moves)
    row = line.row + note * tf.linalg.matvec(move, OFFSETS)
    return Line(kind, row, tf.where(note > 0, 1.0, tf.where(rest > 0, 0.0, line.sounds)), moves)


def move_classes(row: Any) -> Any:
    """The pitch class above the root of each move from a row, int32 (batch, moves)."""
    rows = tf.cast(tf.round(row), tf.int32)[:, None] + tf.range(-WIDEST_MOVE, WIDEST_MOVE + 1)
    return tf.math.floormod(rows, 12)


def move_masks(harmony: Any, place: int, row: Any) -> Any:
    """Which moves from a row lead to tones, scale or root of the chord, and of the next one."""
    half = 2 * place // PLACES
    classes = move_classes(row)
    sets = [
        harmony[:, chord, start : start + 12] for chord in (half, half + 1) for start in (13, 25, 1)
    ]
    return tf.stack([tf.gather(each, classes, batch_dims=1) for each in sets], 1)


class LineGenerator(keras.layers.Layer):  # type: ignore[misc] # keras has no types here
    """`write` makes bars of noise and contexts; `negative_log_likelihood` of given bars."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__(name="generator")
        self.width = width
        self.entry = layers.Dense(32, activation="relu")
        self.memory = layers.GRU(BEFORE_WIDTH, unroll=True)
        self.summarise = layers.Dense(STATIC_WIDTH, activation="relu")
        self.first = layers.Dense(width, activation="tanh")
        self.from_input, self.from_state = layers.Dense(3 * width), layers.Dense(3 * width)
        self.kind = layers.Dense(KINDS)
        self.hidden = layers.Dense(64, activation="relu")
        self.move, self.harmony_fit = layers.Dense(MOVES), layers.Dense(MASKS)
        self.places = self.add_weight(
            shape=(PLACES, PLACE_WIDTH), initializer="random_normal", name="places"
        )
        self.drop_memory = layers.Dropout(CONTEXT_DROPOUT)
        self.drop_summary, self.drop_state = layers.Dropout(dropout), layers.Dropout(dropout)
        self.built = True  # its layers are, after the first bar

    def conditions(self, contexts: Any, training: bool = False) -> tuple[BarConditions, Any]:
        """What stays the same through the bar, and the first state."""
        before = tf.reshape(contexts[:, LAYOUT.before], (-1, BARS_BEFORE * PLACES, PLACE_BEFORE))
        memory = self.memory(self.entry(before))
        harmony = contexts[:, LAYOUT.harmony]
        others = contexts[:, LAYOUT.feel.start : LAYOUT.targets.stop]
        known = tf.concat([self.drop_memory(memory, training=training), harmony, others], 1)
        summary = self.drop_summary(self.summarise(known), training=training)
        state = self.first(tf.concat([memory, summary], 1))
        at = LAYOUT.range.start
        shared = BarConditions(
            before,
            tf.reshape(harmony, (-1, HARMONIES, HARMONY)),
            summary,
            contexts[:, LAYOUT.feel.stop - 1],
            contexts[:, at],
            contexts[:, at + 1],
        )
        return shared, state

    def step(
        self, place: int, state: Any, shared: BarConditions, line: Line, training: bool = False
    ) -> tuple[Any, Step]:
        """The next state, and the logits of the choice at a place."""
        masks = move_masks(shared.harmony, place, line.row)
        half = 2 * place // PLACES
        inputs = tf.concat(
            [
                line.kind,
                tf.one_hot(tf.math.floormod(tf.cast(tf.round(line.row), tf.int32), 12), 12),
                (line.row[:, None] - MIDDLE_ROW) / 12,
                line.sounds[:, None],
                tf.repeat(self.places[place][None], tf.shape(state)[0], 0),
                shared.summary,
                tf.reshape(masks[:, :4:3, NEAR], (-1, 24)),
                masks[:, 1, NEAR],
                shared.before[:, place],
                shared.before[:, PLACES + place],
                line.moves,
                shared.harmony[:, half, :1],
                shared.harmony[:, half + 1, :1],
            ],
            1,
        )
        state = _gated(self.from_input(inputs), self.from_state(state), state, self.width)
        seen = self.drop_state(state, training=training)
        hidden = self.hidden(seen)
        fit = tf.reduce_sum(self.harmony_fit(hidden)[:, :, None] * masks, 1)
        kinds = self.kind(seen) + _forbidden_kinds(place, line, shared)
        return state, Step(kinds, self.move(hidden) + fit, masks)

    def logits(
        self, contexts: Any, kinds: Any, moves: Any, training: bool = False
    ) -> tuple[Any, Any]:
        """The logits of given bars: of kinds (batch, 16, 3) and of moves (batch, 16, 33)."""
        shared, state = self.conditions(contexts, training)
        line = first_line(contexts)
        found = []
        for place in range(PLACES):
            after, step = self.step(place, state, shared, line, training)
            found.append(step)
            chosen = (tf.one_hot(kinds[:, place], KINDS), tf.one_hot(moves[:, place], MOVES))
            written = next_line(line, *chosen)
            state, line = _kept(place, shared, (after, written), (state, line))
        return tf.stack([it.kinds for it in found], 1), tf.stack([it.moves for it in found], 1)

    def negative_log_likelihood(
        self, contexts: Any, kinds: Any, moves: Any, training: bool = False
    ) -> Any:
        """The negative log likelihood of each given bar in nats, (batch,)."""
        of_kinds, of_moves = self.logits(contexts, kinds, moves, training)
        thirds = contexts[:, LAYOUT.feel.stop - 1][:, None]
        unused = np.array([is_unused(place, True) for place in range(PLACES)], np.float32)
        used = 1 - thirds * unused[None]
        cross = tf.nn.sparse_softmax_cross_entropy_with_logits
        notes = tf.cast(kinds == NOTE, tf.float32)
        return tf.reduce_sum(used * (cross(kinds, of_kinds) + notes * cross(moves, of_moves)), 1)

    def write(self, contexts: Any, noise: Any, training: bool = False) -> tuple[Any, Any, Any]:
        """The bars of noise (batch, 16, 36): kinds, moves (one place each) and likelihood.

        Forward, each choice is the greatest; backward, gradients take the softmax.
        """
        shared, state = self.conditions(contexts, training)
        shared = BarConditions(*(_repeated(each, noise) for each in shared))
        state, contexts = _repeated(state, noise), _repeated(contexts, noise)
        line = first_line(contexts)
        kinds, moves, likelihood = [], [], 0.0
        for place in range(PLACES):
            after, step = self.step(place, state, shared, line, training)
            reached = line.row[:, None] + OFFSETS[None]
            outside = (reached < shared.low[:, None]) | (reached > shared.high[:, None])
            of_moves = step.moves + FORBIDDEN * tf.cast(outside, tf.float32)
            kind = _chosen(step.kinds, noise[:, place, :KINDS])
            move = _chosen(of_moves, noise[:, place, KINDS:])
            likelihood += tf.reduce_sum(kind * tf.nn.log_softmax(step.kinds), 1)
            likelihood += kind[:, NOTE] * tf.reduce_sum(move * tf.nn.log_softmax(of_moves), 1)
            kinds.append(kind)
            moves.append(move)
            written = next_line(line, tf.stop_gradient(kind), tf.stop_gradient(move))
            state, line = _kept(place, shared, (after, written), (state, line))
        return tf.stack(kinds, 1), tf.stack(moves, 1), likelihood


class LineDiscriminator(keras.layers.Layer):  # type: ignore[misc] # keras has no types here
    """Judges a bar with the two bars before it, and how well it fits its harmony and place.

    The fit is a projection (Miyato and Koyama, 2018).
    """

    def __init__(self, dropout: float) -> None:
        super().__init__(name="discriminator")
        width = DISCRIMINATOR_WIDTH
        self.before, self.bar = layers.Dense(width), layers.Dense(width)
        self.convolutions = [
            layers.Conv1D(width, 3, padding="same", strides=stride) for stride in (1, 2, 2, 2)
        ]
        self.features, self.logit = layers.Dense(width), layers.Dense(1)
        self.context, self.projection = layers.Dense(width, activation="relu"), layers.Dense(width)
        self.places = self.add_weight(
            shape=((BARS_BEFORE + 1) * PLACES, width), initializer="random_normal", name="places"
        )
        self.drops = [layers.Dropout(dropout) for _ in range(2)]
        self.built = True

    def call(self, contexts: Any, bars: Any, training: bool = False) -> Any:
        """The logit of each bar, (batch,). `bars`: `bar_features` of it."""
        before = tf.reshape(contexts[:, LAYOUT.before], (-1, BARS_BEFORE * PLACES, PLACE_BEFORE))
        x = tf.concat([_repeated(self.before(before), bars), self.bar(bars)], 1)
        x = _leaky(x + self.places[None])
        for place, convolution in enumerate(self.convolutions):
            x = _leaky(convolution(x))
            if place == 1:
                x = self.drops[0](x, training=training)
        features = _leaky(self.features(tf.reshape(x, (-1, x.shape[1] * x.shape[2]))))
        features = self.drops[1](features, training=training)
        others = contexts[:, LAYOUT.feel.start : LAYOUT.targets.stop]
        known = tf.concat([contexts[:, LAYOUT.harmony], others], 1)
        fit = features * _repeated(self.projection(self.context(known)), bars)
        return self.logit(features)[:, 0] + tf.reduce_sum(fit, 1) / BELOW_MOST_VALUES


def bar_features(contexts: Any, kinds: Any, moves: Any) -> Any:
    """What the discriminator sees of bars, (batch, 16, features).

    `kinds`, `moves`: one place each, (batch, 16, ...). Gradients go through them.
    """
    harmony = tf.reshape(contexts[:, LAYOUT.harmony], (-1, HARMONIES, HARMONY))
    harmony, contexts = _repeated(harmony, kinds), _repeated(contexts, kinds)
    line = first_line(contexts)
    found = []
    for place in range(PLACES):
        kind, move = kinds[:, place], moves[:, place] * kinds[:, place, NOTE:]
        masks = move_masks(harmony, place, tf.stop_gradient(line.row))
        classes = tf.one_hot(move_classes(tf.stop_gradient(line.row)), 12)
        written = next_line(line, kind, moves[:, place])
        found.append(
            tf.concat(
                [
                    kind,
                    move,
                    tf.linalg.matvec(masks, move),
                    tf.linalg.matvec(classes, move, transpose_a=True),
                    (written.row[:, None] - MIDDLE_ROW) / 12,
                    line.sounds[:, None],
                ],
                1,
            )
        )
        line = written
    return tf.stack(found, 1)


def one_places(kinds: Any, moves: Any) -> tuple[Any, Any]:
    """Classes of kinds and moves (batch, 16) with one place each."""
    return tf.one_hot(kinds, KINDS), tf.one_hot(moves, MOVES)


def _gated(of_input: Any, of_state: Any, state: Any, width: int) -> Any:
    """The next state of a gated recurrent unit (Cho et al., 2014)."""
    update, reset = (
        tf.sigmoid(of_input[:, part] + of_state[:, part])
        for part in (slice(width), slice(width, 2 * width))
    )
    new = tf.tanh(of_input[:, 2 * width :] + reset * of_state[:, 2 * width :])
    return (1 - update) * new + update * state


def _forbidden_kinds(place: int, line: Line, shared: BarConditions) -> Any:
    """What may not be chosen: a rest where nothing sounds; anything at a place that is unused."""
    silent = 1 - line.sounds
    nothing = tf.zeros_like(silent)
    unused = shared.thirds if is_unused(place, True) else nothing
    return FORBIDDEN * tf.stack([nothing, tf.maximum(silent, unused), unused], 1)


def _kept(
    place: int, shared: BarConditions, after: tuple[Any, Line], before: tuple[Any, Line]
) -> tuple[Any, Line]:
    """State and line after a place; those before it, where the grid leaves the place out."""
    if not is_unused(place, True):
        return after
    unused = shared.thirds > 0

    def pick(new: Any, old: Any) -> Any:
        return tf.where(unused[:, None] if len(new.shape) > 1 else unused, old, new)

    line = Line(*(pick(new, old) for new, old in zip(after[1], before[1], strict=True)))
    return pick(after[0], before[0]), line


def _chosen(logits: Any, noise: Any) -> Any:
    """The greatest of the noisy logits, one place each; gradients are those of the softmax."""
    soft = tf.nn.softmax(logits + noise)
    hard = tf.one_hot(tf.argmax(logits + noise, 1, output_type=tf.int32), logits.shape[1])
    return tf.stop_gradient(hard - soft) + soft


def _repeated(values: Any, like: Any) -> Any:
    """Values with a batch of one, for each of the batch of `like`; others as they are."""
    if values.shape[0] != 1 or like.shape[0] == 1:
        return values
    return tf.repeat(values, like.shape[0], 0)


def _leaky(x: Any) -> Any:
    return tf.nn.leaky_relu(x, LEAK)
