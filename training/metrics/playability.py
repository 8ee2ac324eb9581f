"""Whether bars can be played, and whether they are new."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from perform.music.pianoroll import Rolls, clean, decode, unplayable
from training.metrics.musical import moves

COPY_CELLS = 10
OCTAVE = 12
AT_ONCE = 8192  # bars that are compared in one product


class Playability(msgspec.Struct, frozen=True):
    """Shares (0 to 1) of samples: unplayable raw and cleaned, near-copies of what was trained on; and notes a bar.

    `onsets_in_style`: share of onsets on columns where training bars have onsets, a measure of how
    firmly the rhythm stands. `leaps`: share of moves from note to note that are wider than an octave.
    `overlapping`: share of bars in which two notes sound at once for more
    than one column. Everything but `unplayable_raw` is of cleaned samples.
    """

    samples: int
    unplayable_raw: float
    unplayable_cleaned: float
    copies: float
    distinct: float
    notes_a_bar: float
    onsets_in_style: float
    leaps: float
    overlapping: float


def measure(raw: Rolls, training: Rolls, seen: Rolls | None = None) -> Playability:
    """The figures for raw samples (n, 48, 64) against the training bars (m, 48, 64).

    `seen`: the bars that were trained on where they are others, as augmented ones are: copies are copies of these.
    """
    cleaned = clean(raw)
    notes = [len(decode(roll)) for roll in cleaned]
    struck = _onsets(cleaned)
    known = _onsets(training) > 0
    together = ((cleaned > 0).sum(axis=1) > 1).sum(axis=1)
    return Playability(
        samples=len(raw),
        unplayable_raw=float(unplayable(raw).mean()),
        unplayable_cleaned=float(unplayable(cleaned).mean()),
        copies=float(
            (nearest_distance(cleaned, training if seen is None else seen) <= COPY_CELLS).mean()
        ),
        distinct=len(np.unique(cleaned.reshape(len(cleaned), -1), axis=0)) / len(cleaned),
        notes_a_bar=float(np.mean(notes)),
        onsets_in_style=float(struck[known].sum() / max(1, struck.sum())),
        leaps=leaps(cleaned),
        overlapping=float((together > 1).mean()),
    )


def leaps(rolls: Rolls) -> float:
    """The share of moves from note to note, in bars (n, 48, 64), that are wider than an octave."""
    wide = np.abs(moves(rolls)[1]) > OCTAVE
    return float(wide.mean()) if len(wide) else 0.0


def _onsets(rolls: Rolls) -> NDArray[np.int64]:
    """How many notes begin on each of the 64 columns."""
    on = rolls > 0
    starts = on & ~np.pad(on, ((0, 0), (0, 0), (1, 0)))[:, :, :-1]
    return np.asarray(starts.sum(axis=(0, 1)), np.int64)


def nearest_distance(rolls: Rolls, training: Rolls) -> NDArray[np.int64]:
    """For each roll the cells (0 to 3072) by which its nearest training bar differs."""
    flat = rolls.reshape(len(rolls), -1).astype(np.float32)
    nearest = np.full(len(rolls), float(flat.shape[1]))
    for start in range(0, len(training), AT_ONCE):
        known = training[start : start + AT_ONCE].reshape(-1, flat.shape[1]).astype(np.float32)
        same_minus_different = flat @ known.T
        nearest = np.minimum(nearest, ((flat.shape[1] - same_minus_different) / 2).min(axis=1))
    return np.asarray(nearest, np.int64)
