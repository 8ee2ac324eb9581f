"""The piano rolls of bars that a generator of lines writes."""

from typing import Any

import numpy as np

from perform.music.line_codec import LAYOUT, PLACES, column_of
from perform.music.note import COLUMNS, ROWS
from training.lines.examples import GO_ON, NOTE, is_unused
from training.lines.networks import bar_features, first_line, next_line
from training.model.backend import tf


def written_bars(generator: Any, discriminator: Any, noise: Any, context: Any) -> tuple[Any, Any]:
    """Rolls (batch, 48, 64) of noise over one context (1, CONTEXT), and facts (batch, 3).

    The facts: whether the bar is tied to the one before, its log likelihood, and the
    discriminator's logit.
    """
    kinds, moves, likelihood = generator.write(context, noise)
    real = discriminator(context, bar_features(context, kinds, moves))
    repeated = tf.repeat(context, noise.shape[0], 0)
    tied = kinds[:, 0, GO_ON] * first_line(repeated).sounds
    return rolls_of(repeated, kinds, moves), tf.stack([tied, likelihood, real], 1)


def rolls_of(contexts: Any, kinds: Any, moves: Any) -> Any:
    """The rolls of bars (batch, 48, 64), -1 or 1, of their choices: one place each."""
    line = first_line(contexts)
    rows, sounds = [], []
    for place in range(PLACES):
        line = next_line(line, kinds[:, place], moves[:, place])
        rows.append(tf.cast(tf.round(line.row), tf.int32))
        sounds.append(line.sounds)
    begins = kinds[:, :, NOTE]
    thirds = contexts[:, LAYOUT.feel.stop - 1][:, None]
    on = sum(
        (thirds if grid else 1 - thirds)[:, :, None]
        * _cells(tf.stack(rows, 1), tf.stack(sounds, 1), begins, thirds=grid)
        for grid in (False, True)
    )
    return 2 * on - 1


def _cells(rows: Any, sounds: Any, begins: Any, *, thirds: bool) -> Any:
    """Cells that are on, 0 or 1 (batch, 48, 64); a column is off before a note struck again."""
    places = _place_of_columns(thirds)
    following = np.append(places[1:], places[-1])
    changes = (following != places).astype(np.float32)
    row, after = (tf.gather(rows, each, axis=1) for each in (places, following))
    struck = tf.gather(begins, following, axis=1) * changes[None]
    again = struck * tf.cast(row == after, tf.float32)
    on = tf.gather(sounds, places, axis=1) * (1 - again)
    return tf.transpose(tf.one_hot(row, ROWS) * on[:, :, None], (0, 2, 1))


def _place_of_columns(thirds: bool) -> np.ndarray[Any, np.dtype[np.int32]]:
    """The place of each column of a bar, (64,)."""
    used = [place for place in range(PLACES) if not is_unused(place, thirds)]
    firsts = [column_of(place, thirds) for place in used]
    found = np.searchsorted(firsts, np.arange(COLUMNS), side="right") - 1
    return np.array([used[index] for index in found], np.int32)
