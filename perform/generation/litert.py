"""Phrases from a trained bundle, by LiteRT on one thread."""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perform.bundles import bundle
from perform.bundles.network import Network
from perform.errors import BundleError
from perform.music.condition import (
    CONDITION_NAMES,
    UNCONDITIONAL,
    Conditions,
    generator_inputs,
)
from perform.music.note import COLUMNS, ROWS, Phrase
from perform.music.pianoroll import Rolls, clean, decode, threshold, unplayable

MAX_CACHED_BATCHES = 64  # 6 MB: enough for the bars ahead when the engine requests them again


class LiteRTSource:
    """Invents bars with the generator of a bundle.

    One inference makes a whole batch, so consecutive seeds cost one inference a batch. Raises
    BundleError where tensors and manifest disagree, StartError where LiteRT cannot be loaded.
    """

    def __init__(self, path: Path) -> None:
        self.bundle = bundle.load(path)
        self._batch = self.bundle.manifest.batch
        self._generator = Network(self.bundle.generator)
        _check_shapes(self.bundle, self._generator)
        discriminator = self.bundle.discriminator
        self._discriminator = None if discriminator is None else Network(discriminator)
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
        """At least `count` cleaned, playable bars (n, 48, 64), which no other seed shares.

        `expired` is called before each batch but the first; when it is true, the pool ends there.
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
        inputs = generator_inputs(
            self._batch, manifest.noise_dim, manifest.conditions, number, conditions
        )
        outputs = self._generator.run(inputs).reshape(-1, ROWS, COLUMNS)
        return threshold(outputs, manifest.threshold)

    def opinion(self, rolls: Rolls) -> NDArray[np.float64]:
        """How real the discriminator finds bars (n, 48, 64), (n,), 0 to 1.

        Each value is the share of the other bars that the discriminator finds less real. All are 0
        where the bundle has no discriminator.
        """
        if self._discriminator is None:
            return np.zeros(len(rolls))
        ranks = self._discriminator.run(rolls).reshape(-1).argsort().argsort()
        return np.asarray(ranks / max(1, len(rolls) - 1))

    def _playable(self, number: int, conditions: Conditions) -> Rolls:
        """The bars of a batch, cached; an unplayable bar is replaced by the next playable one."""
        if not self.bundle.manifest.conditions:
            conditions = UNCONDITIONAL  # the generator has none, so all share one cached batch
        rolls = self._batches.get((number, conditions))
        if rolls is None:
            rolls = self._batches[number, conditions] = self._generate(number, conditions)
            if len(self._batches) > MAX_CACHED_BATCHES:
                self._batches.popitem(last=False)
        return rolls

    def _generate(self, number: int, conditions: Conditions) -> Rolls:
        rolls = clean(self.raw(number, conditions))
        good = np.flatnonzero(~unplayable(rolls))
        if good.size:
            rolls = rolls[good[np.searchsorted(good, np.arange(len(rolls))) % good.size]]
        return rolls


def _check_shapes(loaded: bundle.Bundle, generator: Network) -> None:
    manifest = loaded.manifest
    unknown = set(manifest.conditions) - set(CONDITION_NAMES)
    if unknown:
        raise BundleError(
            f"{loaded.path}: the model takes the condition {min(unknown)}, which this version does "
            "not know; update Sideman"
        )
    inputs = (manifest.batch, manifest.noise_dim + len(manifest.conditions))
    outputs = (manifest.batch, ROWS, COLUMNS)
    if generator.input_shape != inputs or generator.output_shape[:3] != outputs:
        raise BundleError(
            f"{loaded.path}: the network maps {generator.input_shape} to "
            f"{generator.output_shape}, the manifest says {inputs} to {outputs}; "
            "export the model again"
        )
