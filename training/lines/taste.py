"""The taste: a small network that tells how likely a bar of a line is after the bars before it.

It sees the bar as a roll, so that it scores bars of any generator.
"""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from perform.bundles.native_stderr import filtered_stderr
from perform.music.line_codec import (
    CONTEXT,
    HARMONIES,
    HARMONY,
    LAYOUT,
    MIDDLE_ROW,
    PLACE_BEFORE,
    PLACES,
    WIDEST_MOVE,
    column_of,
)
from perform.music.line_context import BARS_BEFORE
from perform.music.note import COLUMNS, ROWS
from training.lines.examples import is_unused
from training.model.backend import keras, layers, tf

SHIPPED = Path(__file__).parent.with_name("pretrained") / "taste.tflite"
ALL_PLACES = (BARS_BEFORE + 1) * PLACES
MOVES = 2 * WIDEST_MOVE + 1
GAPS = 17  # places since the last onset; longer ones count as 16
WIDTHS = (48, 48, 64, 64)
OUTPUTS = 3  # bits a note, standardised: for its onset, its pitch, its length


class Taste(keras.layers.Layer):  # type: ignore[misc] # keras has no types here
    """Rolls (batch, 48, 64), whether each is tied (batch,) and contexts -> bits (batch, 3)."""

    def __init__(self, dropout: float = 0.4) -> None:
        super().__init__(name="taste")
        self.entry = layers.Dense(WIDTHS[0])
        self.convolutions = [
            layers.Conv1D(width, 3, padding="same", strides=stride)
            for width, stride in zip(WIDTHS, (1, 2, 2, 2), strict=True)
        ]
        self.context = layers.Dense(32, activation="relu")
        self.hidden, self.output_layer = layers.Dense(64), layers.Dense(OUTPUTS)
        self.places = self.add_weight(
            shape=(ALL_PLACES, WIDTHS[0]), initializer="random_normal", name="places"
        )
        self.drops = [layers.Dropout(dropout) for _ in range(2)]
        self.built = True

    def call(self, rolls: Any, tied: Any, contexts: Any, training: bool = False) -> Any:
        """The bits of each bar, (batch, 3); contexts (batch or 1, CONTEXT)."""
        if contexts.shape[0] == 1 and rolls.shape[0] != 1:
            contexts = tf.repeat(contexts, rolls.shape[0], 0)
        x = tf.nn.leaky_relu(self.entry(features(rolls, tied, contexts)) + self.places[None])
        for place, convolution in enumerate(self.convolutions):
            x = tf.nn.leaky_relu(convolution(x))
            if place == 1:
                x = self.drops[0](x, training=training)
        x = tf.reshape(x, (-1, x.shape[1] * x.shape[2]))
        known = tf.concat(
            [
                contexts[:, LAYOUT.harmony],
                contexts[:, LAYOUT.feel.start : LAYOUT.form.stop],
            ],
            1,
        )
        x = tf.nn.leaky_relu(self.hidden(tf.concat([x, self.context(known)], 1)))
        return self.output_layer(self.drops[1](x, training=training))


def features(rolls: Any, tied: Any, contexts: Any) -> Any:
    """What each place of three bars has, (batch, 48, ...): the two before, and the bar itself."""
    before = tf.reshape(contexts[:, LAYOUT.before], (-1, BARS_BEFORE * PLACES, PLACE_BEFORE))
    onset, sounds, row, classes = bar_places(rolls, tied, contexts)
    onset = tf.concat([before[:, :, 0], onset], 1)
    sounds = tf.concat([before[:, :, 1], sounds], 1)
    row = tf.concat([12 * before[:, :, 2] + MIDDLE_ROW * before[:, :, 1], row], 1)
    classes = tf.concat([before[:, :, 3:], classes], 1)
    moves, gaps = _moves_and_gaps(onset, row)
    harmony = tf.reshape(contexts[:, LAYOUT.harmony], (-1, HARMONIES, HARMONY))
    fits = _fits(classes[:, BARS_BEFORE * PLACES :], harmony)
    fits = tf.pad(fits, ((0, 0), (BARS_BEFORE * PLACES, 0), (0, 0)))
    height = sounds * (row - MIDDLE_ROW) / 12
    return tf.concat([tf.stack([onset, sounds, height], 2), classes, moves, gaps, fits], 2)


def bar_places(rolls: Any, tied: Any, contexts: Any) -> tuple[Any, Any, Any, Any]:
    """Onset, sounding, row (batch, 16) and pitch class (batch, 16, 12) at each place of bars."""
    thirds = contexts[:, LAYOUT.feel.stop - 1][:, None]
    found = [_places_on_grid(rolls, tied, grid) for grid in (False, True)]
    onset, cells = (
        (1 - _in_rank(thirds, one)) * one + _in_rank(thirds, one) * other
        for one, other in zip(*found, strict=True)
    )
    row = tf.linalg.matvec(cells, np.arange(ROWS, dtype=np.float32))
    classes = tf.reduce_sum(tf.reshape(cells, (-1, PLACES, ROWS // 12, 12)), 2)
    return onset, tf.reduce_max(cells, 2), row, classes


def _in_rank(thirds: Any, values: Any) -> Any:
    """Whether the grid is of thirds, in the rank of values."""
    return tf.reshape(thirds, (-1, *[1] * (len(values.shape) - 1)))


def _places_on_grid(rolls: Any, tied: Any, thirds: bool) -> tuple[Any, Any]:
    """Onsets (batch, 16) and the cells that sound (batch, 16, 48) at the places of one grid."""
    columns = [column_of(place, thirds) for place in range(PLACES)]
    on = tf.transpose(tf.cast(rolls > 0, tf.float32), (0, 2, 1))
    cells = tf.gather(on, columns, axis=1)
    earlier = tf.gather(on, [max(column - 1, 0) for column in columns], axis=1)
    goes_on = tf.reduce_max(cells * earlier, 2)
    goes_on = tf.concat([tied[:, None], goes_on[:, 1:]], 1)
    used = [float(not is_unused(place, thirds)) for place in range(PLACES)]
    return tf.reduce_max(cells, 2) * (1 - goes_on) * np.array(used, np.float32), cells


def _moves_and_gaps(onset: Any, row: Any) -> tuple[Any, Any]:
    """At each onset its move from the onset before and the places since then, one place each."""
    later = np.tril(np.ones((ALL_PLACES, ALL_PLACES), np.float32), -1)
    number = np.arange(1, ALL_PLACES + 1, dtype=np.float32)
    since = onset[:, None, :] * (later * number[None])[None]
    last = tf.argmax(since, 2, output_type=tf.int32)
    known = onset * tf.reduce_max(onset[:, None, :] * later[None], 2)
    move = tf.cast(tf.round(row - tf.gather(row, last, batch_dims=1)), tf.int32)
    move = tf.clip_by_value(move, -WIDEST_MOVE, WIDEST_MOVE) + WIDEST_MOVE
    gap = tf.minimum(tf.range(ALL_PLACES)[None] - last, GAPS - 1)
    return (
        tf.one_hot(move, MOVES) * known[:, :, None],
        tf.one_hot(gap, GAPS) * known[:, :, None],
    )


def _fits(classes: Any, harmony: Any) -> Any:
    """Whether each place's pitch is a tone, in the scale, the root: of its chord and the next."""
    parts = []
    for half in (0, 1):
        cells = classes[:, half * PLACES // 2 : (half + 1) * PLACES // 2]
        sets = [
            harmony[:, chord, start : start + 12]
            for chord in (half, half + 1)
            for start in (13, 25, 1)
        ]
        parts.append(tf.matmul(cells, tf.stack(sets, 2)))
    return tf.concat(parts, 1)


def convert(taste: Taste, batch: int) -> bytes:
    """The TFLite flatbuffer, in half floats: bars and one context in, a score of each bar out.

    The score is the sum of the bits, negative: a likely bar has a high one.
    """

    def serve(rolls: Any, tied: Any, context: Any) -> dict[str, Any]:
        return {"scores": -tf.reduce_sum(taste(rolls, tied, context), 1)}

    signature = [
        tf.TensorSpec((batch, ROWS, COLUMNS), tf.float32),
        tf.TensorSpec((batch,), tf.float32),
        tf.TensorSpec((1, CONTEXT), tf.float32),
    ]
    with tempfile.TemporaryDirectory() as folder, filtered_stderr():
        archive = keras.export.ExportArchive()
        archive.track(taste)
        archive.add_endpoint("serve", serve, signature)
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
        return bytes(converter.convert())
