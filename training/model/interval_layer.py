"""What a discriminator is told of intervals, so that lines move as those of the style do."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from perform.music.note import COLUMNS, ROWS
from training.model.backend import keras

SIXTEENTHS = 16
EARLIER = (1, 2, 4)  # sixteenths
WIDEST = ROWS - 1  # semitones
WIDTH = 2 * WIDEST + 1  # intervals that two rows can have
CIRCLE = 2 * ROWS  # room for all rows and the widest interval


def _waves(places: NDArray[np.intp]) -> NDArray[np.float32]:
    """Cosines and sines of places on the circle, (2, places, frequencies)."""
    turns = 2 * np.pi * places[:, None] * np.arange(CIRCLE // 2 + 1) / CIRCLE
    return np.stack([np.cos(turns), np.sin(turns)]).astype(np.float32)


_THERE = _waves(np.arange(ROWS))
_BACK = np.swapaxes(_waves(np.arange(-WIDEST, WIDEST + 1)), 1, 2) * (2 / np.float32(CIRCLE))
_BACK[:, [0, -1]] /= 2  # the lowest and the highest frequency stand for themselves alone


class IntervalLayer(keras.layers.Layer):  # type: ignore[misc] # keras has no types here
    """How far melodies move: each sixteenth beside what sounded last one, two and four sixteenths before.

    Rolls have a channel a pitch, and no convolution over time knows that a third on one is a third on another: where
    bars are few each interval is seen on few pitches, and what is invented leaps as no player would.
    """

    def call(self, rolls: Any) -> Any:
        """(batch, 16, 3 * 95), about 0 to 1, of rolls (batch, 48, 64) in -1 to 1: for each distance how much of what
        sounds lies -47 to 47 semitones from what sounded then. A rest keeps what was before it.
        """
        ops = keras.ops
        sounding = ops.transpose((rolls + 1) / 2, (0, 2, 1))
        slots = ops.mean(ops.reshape(sounding, (-1, SIXTEENTHS, COLUMNS // SIXTEENTHS, ROWS)), 2)
        last = [ops.zeros_like(slots[:, 0])] * max(EARLIER)
        for place in range(SIXTEENTHS - 1):
            now = slots[:, place]
            last.append(now + (1 - ops.max(now, axis=1, keepdims=True)) * last[-1])
        return ops.concatenate(_moves(slots, ops.stack(last, 1)), axis=2)


def _moves(slots: Any, last: Any) -> list[Any]:
    """The correlation over rows of (batch, 16, 48) with what sounded before it, (batch, 19, 48), one for each distance.

    By way of spectra: products of small matrices, where a sum over all pairs of rows takes several times as long.
    """
    ops = keras.ops
    now, then = ([ops.tensordot(each, wave, 1) for wave in _THERE] for each in (slots, last))
    found = []
    for earlier in EARLIER:
        start = max(EARLIER) - earlier
        real, imaginary = (part[:, start : start + SIXTEENTHS] for part in then)
        found.append(
            ops.tensordot(real * now[0] + imaginary * now[1], _BACK[0], 1)
            - ops.tensordot(imaginary * now[0] - real * now[1], _BACK[1], 1)
        )
    return found
