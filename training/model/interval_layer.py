"""The layer by which a discriminator sees intervals, so that lines move as those of the style."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from perform.music.note import COLUMNS, ROWS
from training.model.backend import keras

SIXTEENTHS = 16
EARLIER = (1, 2, 4)  # sixteenths
WIDEST = ROWS - 1  # semitones
INTERVAL_COUNT = 2 * WIDEST + 1  # intervals that two rows can have
CIRCLE = 2 * ROWS  # room for all rows and the widest interval


def _waves(positions: NDArray[np.intp]) -> NDArray[np.float32]:
    """Cosines and sines of positions on the circle, (2, positions, frequencies)."""
    angles = 2 * np.pi * positions[:, None] * np.arange(CIRCLE // 2 + 1) / CIRCLE
    return np.stack([np.cos(angles), np.sin(angles)]).astype(np.float32)


_TO_SPECTRUM = _waves(np.arange(ROWS))
_FROM_SPECTRUM = np.swapaxes(_waves(np.arange(-WIDEST, WIDEST + 1)), 1, 2) * (
    2 / np.float32(CIRCLE)
)
_FROM_SPECTRUM[:, [0, -1]] /= 2  # the lowest and the highest frequency have no mirror image


class IntervalLayer(keras.layers.Layer):  # type: ignore[misc] # keras has no types here
    """Intervals of melodies: each sixteenth against what sounded one, two and four before it.

    A roll has one channel for each pitch. To a convolution over time a third on one pitch has
    nothing in common with a third on another. Where bars are few each interval appears on few
    pitches, and without this layer a generator leaps as no player would.
    """

    def call(self, rolls: Any) -> Any:
        """(batch, 16, 3 * 95), about 0 to 1, of rolls (batch, 48, 64) in -1 to 1.

        For each distance: how much of what sounds lies -47 to 47 semitones from what sounded
        then. A rest repeats what sounded before it.
        """
        ops = keras.ops
        sounding = ops.transpose((rolls + 1) / 2, (0, 2, 1))
        slots = ops.mean(ops.reshape(sounding, (-1, SIXTEENTHS, COLUMNS // SIXTEENTHS, ROWS)), 2)
        last = [ops.zeros_like(slots[:, 0])] * max(EARLIER)
        for place in range(SIXTEENTHS - 1):
            now = slots[:, place]
            last.append(now + (1 - ops.max(now, axis=1, keepdims=True)) * last[-1])
        return ops.concatenate(_correlations(slots, ops.stack(last, 1)), axis=2)


def _correlations(slots: Any, last: Any) -> list[Any]:
    """For each distance the correlation over rows of (batch, 16, 48) with (batch, 19, 48).

    It is computed by spectra, which are products of small matrices. A sum over all pairs of rows
    takes several times as long.
    """
    ops = keras.ops
    now, then = ([ops.tensordot(each, wave, 1) for wave in _TO_SPECTRUM] for each in (slots, last))
    found = []
    for earlier in EARLIER:
        start = max(EARLIER) - earlier
        real, imaginary = (part[:, start : start + SIXTEENTHS] for part in then)
        found.append(
            ops.tensordot(real * now[0] + imaginary * now[1], _FROM_SPECTRUM[0], 1)
            - ops.tensordot(imaginary * now[0] - real * now[1], _FROM_SPECTRUM[1], 1)
        )
    return found
