"""Phrases from a trained bundle, by LiteRT on one thread."""

import contextlib
import os
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perform.bundles import bundle
from perform.errors import BundleError, StartError
from perform.music import condition
from perform.music.condition import UNCONDITIONAL, Conditions, generator_inputs
from perform.music.note import COLUMNS, ROWS, Phrase
from perform.music.pianoroll import Rolls, clean, decode, threshold, unplayable

KEPT_BATCHES = 64  # 6 MB: the pools of the bars ahead, for when they are asked for again


class LiteRTSource:
    """Invents bars with the generator of a bundle.

    One inference makes a whole batch, so consecutive seeds cost one inference a batch. Raises
    BundleError where tensors and manifest disagree, StartError where LiteRT cannot be loaded.
    """

    def __init__(self, path: Path) -> None:
        self.bundle = bundle.load(path)
        manifest = self.bundle.manifest
        self._batch = manifest.batch
        self._threshold = manifest.threshold
        self._interpreter = _interpreter(self.bundle.generator)
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]
        _check(self.bundle, self._interpreter)
        judge = self.bundle.discriminator
        self._judge = _interpreter(judge) if judge is not None else None
        self._batches: OrderedDict[tuple[int, Conditions], Rolls] = OrderedDict()

    def phrase(self, seed: int, conditions: Conditions = UNCONDITIONAL) -> Phrase:
        """The bar for a seed: cleaned, never empty or unplayable unless its whole batch is."""
        number, place = divmod(seed, self._batch)
        return decode(self._playable(number, conditions)[place])

    def pool(
        self,
        seed: int,
        count: int,
        conditions: Conditions = UNCONDITIONAL,
        expired: Callable[[], bool] = lambda: False,
    ) -> Rolls:
        """`count` or a few more cleaned, playable bars (n, 48, 64) of a seed's own.

        `expired` is asked before each batch but the first; those that are there then are all.
        """
        batches = -(-count // self._batch)
        first = seed * batches
        made = [self._playable(first, conditions)]
        for place in range(1, batches):
            if expired():
                break
            made.append(self._playable(first + place, conditions))
        return np.concatenate(made)

    def raw(self, number: int, conditions: Conditions = UNCONDITIONAL) -> Rolls:
        """The uncleaned rolls of batch `number`, int8 (batch, 48, 64)."""
        manifest = self.bundle.manifest
        asked = generator_inputs(
            self._batch, manifest.noise_dim, manifest.conditions, number, conditions
        )
        self._interpreter.set_tensor(self._input, asked)
        self._interpreter.invoke()
        answer = self._interpreter.get_tensor(self._output)
        return threshold(answer.reshape(-1, ROWS, COLUMNS), self._threshold)

    def opinion(self, rolls: Rolls) -> NDArray[np.float64]:
        """How real the bundle's discriminator finds bars (n, 48, 64): for each the share (0 to 1) of the
        others that it finds less so. All alike where the bundle keeps none.
        """
        if self._judge is None:
            return np.zeros(len(rolls))
        into = self._judge.get_input_details()[0]["index"]
        out = self._judge.get_output_details()[0]["index"]
        padded = np.zeros((-(-len(rolls) // self._batch) * self._batch, ROWS, COLUMNS), np.float32)
        padded[: len(rolls)] = rolls
        opinions = []
        for start in range(0, len(padded), self._batch):
            self._judge.set_tensor(into, padded[start : start + self._batch])
            self._judge.invoke()
            opinions.append(self._judge.get_tensor(out).reshape(-1).copy())
        order = np.concatenate(opinions)[: len(rolls)].argsort().argsort()
        return np.asarray(order / max(1, len(rolls) - 1))

    def _playable(self, number: int, conditions: Conditions) -> Rolls:
        if not self.bundle.manifest.conditions:
            conditions = UNCONDITIONAL  # it cannot be asked for anything, so nothing is made twice
        rolls = self._batches.get((number, conditions))
        if rolls is None:
            rolls = self._batches[number, conditions] = self._invent(number, conditions)
            if len(self._batches) > KEPT_BATCHES:
                self._batches.popitem(last=False)
        return rolls

    def _invent(self, number: int, conditions: Conditions) -> Rolls:
        rolls = clean(self.raw(number, conditions))
        good = np.flatnonzero(~unplayable(rolls))
        if good.size:  # what cannot be played is replaced by its next playable neighbour
            rolls = rolls[good[np.searchsorted(good, np.arange(len(rolls))) % good.size]]
        return rolls


def _interpreter(path: Path):  # type: ignore[no-untyped-def] # LiteRT ships no types  # noqa: ANN202
    try:
        from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415 - 60 ms and 30 MB
    except ImportError as fault:
        raise StartError(f"LiteRT cannot be loaded ({fault}); pip install ai-edge-litert") from None
    try:
        with _quiet():
            interpreter = Interpreter(model_path=str(path), num_threads=1)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as fault:
        reason = str(fault).splitlines()[0]
        raise BundleError(f"{path}: not a TFLite model ({reason}); export it again") from None
    return interpreter


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """No chatter: LiteRT announces its delegate on the file descriptor itself, in everybody's way."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _check(loaded: bundle.Bundle, interpreter) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    manifest = loaded.manifest
    noise = tuple(interpreter.get_input_details()[0]["shape"].tolist())
    rolls = tuple(interpreter.get_output_details()[0]["shape"].tolist())
    unknown = set(manifest.conditions) - set(condition.CONDITION_NAMES)
    if unknown:
        raise BundleError(
            f"{loaded.path}: the model wants to be told its {min(unknown)}, which this version cannot; "
            "update Sideman"
        )
    wanted_noise = (manifest.batch, manifest.noise_dim + len(manifest.conditions))
    if noise != wanted_noise or rolls[0] != manifest.batch or rolls[1:3] != (ROWS, COLUMNS):
        raise BundleError(
            f"{loaded.path}: the network maps {noise} to {rolls}, the manifest says "
            f"{wanted_noise} to {(manifest.batch, ROWS, COLUMNS)}; export the model again"
        )
