"""A small sequence model of notes given their chords: how many bits a note of a line needs.

For each note it predicts, in turn, the gap since the note before, the interval, and the length,
from the notes before it and the chords. Causal convolutions over notes (van den Oord et al.,
WaveNet, 2016) see the last 31 notes. Pitch is relative to the note before and to the chord, so
that all keys are equal.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from perform.music.chord import Chord
from perform.music.note import TICKS_PER_BAR, TICKS_PER_BEAT
from training.data.piece import Piece

PLACES = 12  # of a beat
BAR = TICKS_PER_BAR * PLACES // TICKS_PER_BEAT
GAPS, LENGTHS, WIDEST_MOVE = 96, 48, 24
INTERVALS = 2 * WIDEST_MOVE + 1
WIDTH, DILATIONS, DROPOUT = 96, (1, 2, 4, 8), 0.3
EPOCHS, PATIENCE, RATE, BATCH = 120, 12, 2e-3, 16
MASKS = 4  # of each candidate pitch: chord tone, of the scale, the root, a tone of the next chord
Floats = NDArray[np.float32]


class Sequences(NamedTuple):
    """Pieces as arrays (pieces, notes, ...), padded; `real` marks the notes that are there.

    `before`: what is known before a note's onset. `harmony`: place in the bar and candidates'
    masks, known with its onset. `gap`, `interval`, `length`: classes.
    """

    before: Floats
    harmony: Floats
    gap: NDArray[np.int32]
    interval: NDArray[np.int32]
    length: NDArray[np.int32]
    real: Floats


class Bits(NamedTuple):
    """Mean bits a note, by what is predicted, each with its standard error over tunes."""

    onset: tuple[float, float]
    pitch: tuple[float, float]
    length: tuple[float, float]


def sequences(pieces: Sequence[Piece], shift: int = 0) -> Sequences:
    """Pieces as arrays. `shift`: semitones by which the chords alone move, for wrong chords."""
    most = max(len(piece.notes) for piece in pieces)
    rows = [_rows(piece, shift) for piece in pieces]
    padded = [
        np.stack(
            [
                np.pad(row[i], [(0, most - len(row[i])), *[(0, 0)] * (row[i].ndim - 1)])
                for row in rows
            ]
        )
        for i in range(6)
    ]
    return Sequences(*padded)


def _rows(piece: Piece, shift: int) -> tuple[NDArray[Any], ...]:
    before, harmony, gaps, intervals, lengths = [], [], [], [], []
    last_start, last_pitch, last_length, last_interval, last_gap = 0, 60, 0, 0, 0
    if piece.notes:
        last_pitch = piece.notes[0].pitch
    for place, note in enumerate(piece.notes):
        chord, following = piece.chord_at(note.start), piece.chord_at(note.start + TICKS_PER_BAR)
        now = piece.chord_at(last_start)
        gap = min(max(_twelfths(note.start - last_start), 0), GAPS - 1)
        interval = min(max(note.pitch - last_pitch, -WIDEST_MOVE), WIDEST_MOVE)
        before.append(
            np.concatenate(
                [
                    _one(_twelfths(last_start) % BAR, BAR),
                    _one(last_gap, GAPS),
                    _one(last_interval + WIDEST_MOVE, INTERVALS),
                    _one(last_length, LENGTHS),
                    _over(last_pitch, now, shift),
                    [(last_pitch - 64) / 12, place == 0, (_twelfths(last_start) // BAR) % 4 / 4],
                ]
            )
        )
        harmony.append(
            np.concatenate(
                [
                    _one(_twelfths(note.start) % BAR, BAR),
                    _one(gap, GAPS),
                    _masks(last_pitch, chord, following, shift),
                ]
            )
        )
        gaps.append(gap)
        intervals.append(interval + WIDEST_MOVE)
        lengths.append(min(max(_twelfths(note.duration), 1), LENGTHS) - 1)
        last_gap, last_interval, last_length = gap, interval, lengths[-1]
        last_start, last_pitch = note.start, note.pitch
    return (
        np.array(before, np.float32),
        np.array(harmony, np.float32),
        np.array(gaps, np.int32),
        np.array(intervals, np.int32),
        np.array(lengths, np.int32),
        np.ones(len(gaps), np.float32),
    )


def _twelfths(ticks: int) -> int:
    return round(ticks * PLACES / TICKS_PER_BEAT)


def _one(place: int, size: int) -> Floats:
    row = np.zeros(size, np.float32)
    row[place] = 1
    return row


def _over(pitch: int, chord: Chord | None, shift: int) -> Floats:
    """The pitch above the chord's root, and one place for no chord."""
    return _one(12 if chord is None else (pitch - chord.root - shift) % 12, 13)


def _masks(pitch: int, chord: Chord | None, following: Chord | None, shift: int) -> Floats:
    """For each interval from a pitch: in the chord, the scale, the root, in the next chord."""
    classes = [(pitch + step - shift) % 12 for step in range(-WIDEST_MOVE, WIDEST_MOVE + 1)]
    sets: list[frozenset[int]] = [frozenset()] * MASKS
    if chord is not None:
        sets[:3] = [chord.tones, frozenset(chord.scale) | chord.tones, frozenset({chord.root})]
    if following is not None:
        sets[3] = following.tones
    return np.array([[it in each for it in classes] for each in sets], np.float32).reshape(-1)


def build(seed: int = 0) -> Any:
    """The untrained model: (before, harmony) -> logits of gap, interval and length."""
    from training.model.backend import keras, layers  # noqa: PLC0415 - tensorflow takes seconds

    keras.utils.set_random_seed(seed)
    width = BAR + GAPS + INTERVALS + LENGTHS + 13 + 3
    before = keras.Input((None, width))
    harmony = keras.Input((None, BAR + GAPS + MASKS * INTERVALS))
    x = layers.Dense(WIDTH)(before)
    for dilation in DILATIONS:
        skip = x
        x = layers.Conv1D(WIDTH, 3, padding="causal", dilation_rate=dilation, activation="relu")(x)
        x = layers.Add()([skip, layers.Dropout(DROPOUT, seed=seed)(x)])
    gap = layers.Dense(GAPS, name="gap")(layers.Dropout(DROPOUT, seed=seed)(x))
    both = layers.Concatenate()([x, harmony])
    inner = layers.Dropout(DROPOUT, seed=seed)(layers.Dense(WIDTH, activation="relu")(both))
    masks = layers.Reshape((-1, MASKS, INTERVALS))(harmony[:, :, BAR + GAPS :])
    # a weight for each mask, from the line so far: how strongly this note follows the chord
    weights = layers.Dense(MASKS)(inner)
    fit = keras.ops.einsum("bnm,bnmi->bni", weights, masks)
    interval = layers.Add(name="interval")([layers.Dense(INTERVALS)(inner), fit])
    length = layers.Dense(LENGTHS, name="length")(inner)
    return keras.Model([before, harmony], [gap, interval, length])


def train(pieces: Sequence[Piece], seed: int = 0) -> Any:
    """The model trained on pieces; a fifth of them decides when to stop."""
    from training.model.backend import keras  # noqa: PLC0415

    order = np.random.default_rng(seed).permutation(len(pieces))
    checked = max(1, len(pieces) // 5)
    data = sequences([pieces[i] for i in order[checked:]])
    check = sequences([pieces[i] for i in order[:checked]])
    model = build(seed)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(RATE), [loss] * 3)
    stop = keras.callbacks.EarlyStopping(patience=PATIENCE, restore_best_weights=True)
    model.fit(
        [data.before, data.harmony], [data.gap, data.interval, data.length],
        sample_weight=[data.real] * 3,
        validation_data=(
            [check.before, check.harmony],
            [check.gap, check.interval, check.length],
            [check.real] * 3,
        ),
        epochs=EPOCHS, batch_size=8, verbose=0, callbacks=[stop],
    )  # fmt: skip
    return model


def measure(model: Any, pieces: Sequence[Piece], shift: int = 0) -> tuple[NDArray[np.float64], ...]:
    """For each piece the mean bits of its notes: onsets, pitches, lengths; arrays (pieces,)."""
    found = [bits.mean(axis=0) for bits in note_bits(model, pieces, shift)]
    return tuple(np.stack(found, axis=1))


def note_bits(model: Any, pieces: Sequence[Piece], shift: int = 0) -> list[NDArray[np.float64]]:
    """For each piece the bits of its notes, (notes, 3): onset, pitch, length."""
    data = sequences(pieces, shift)
    # called directly: `predict` compiles again for every length of a piece
    parts = [
        [np.asarray(it) for it in model([data.before[i : i + BATCH], data.harmony[i : i + BATCH]])]
        for i in range(0, len(pieces), BATCH)
    ]
    logits = [np.concatenate(part) for part in zip(*parts, strict=True)]
    targets = (data.gap, data.interval, data.length)
    bits = np.stack([_bits(at, it) for at, it in zip(logits, targets, strict=True)], axis=2)
    return [row[: len(piece.notes)] for row, piece in zip(bits, pieces, strict=True)]


def _bits(logits: Floats, classes: NDArray[np.int32]) -> NDArray[np.float64]:
    high = logits.max(axis=-1, keepdims=True)
    log = logits - high - np.log(np.exp(logits - high).sum(axis=-1, keepdims=True))
    chosen = np.take_along_axis(log, classes[..., None], axis=-1)[..., 0] / -np.log(2)
    return np.asarray(chosen, np.float64)


def over_folds(
    source: Sequence[Piece], reference: Sequence[Piece], folds: int = 5, seed: int = 0
) -> dict[str, Bits]:
    """Bits of the source, of the reference's held-out tunes, and of those with wrong chords.

    Each fold trains on the other tunes of the reference; the source is measured by every fold.
    """
    rows: dict[str, list[NDArray[np.float64]]] = {"source": [], "held out": [], "wrong chords": []}
    for fold, (model, inside) in enumerate(_folds(tuple(reference), folds, seed)):
        rows["source"].append(np.stack(measure(model, source)))
        rows["held out"].append(np.stack(measure(model, inside)))
        rows["wrong chords"].append(np.stack(measure(model, inside, 1 + (5 * fold + 2) % 11)))
    found = {"source": np.mean(rows["source"], axis=0)}
    for name in ("held out", "wrong chords"):
        found[name] = np.concatenate(rows[name], axis=1)
    return {name: Bits(*map(_mean, values)) for name, values in found.items()}


@lru_cache(1)  # several sources are judged by one reference
def _folds(reference: tuple[Piece, ...], folds: int, seed: int) -> list[tuple[Any, list[Piece]]]:
    """For each fold the model that was trained on the others, and the tunes of the fold."""
    order = np.random.default_rng(seed).permutation(len(reference))
    return [
        (
            train([reference[i] for i in order if i % folds != fold], seed + fold),
            [reference[i] for i in order if i % folds == fold],
        )
        for fold in range(folds)
    ]


def _mean(values: NDArray[np.float64]) -> tuple[float, float]:
    return float(values.mean()), float(values.std() / max(1, len(values) - 1) ** 0.5)
