"""Phrases of a bundle whose generator knows the bar's context, chosen among many candidates."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from perform.bundles import bundle
from perform.bundles.network import LineNetwork, TasteNetwork
from perform.errors import BundleError
from perform.generation.motif_bars import RIFF_FEELS, motif_bars
from perform.generation.time_limit import time_limit
from perform.interfaces import GeneratedBar
from perform.music.condition import UNCONDITIONAL, Conditions
from perform.music.feel import THIRD, Feel
from perform.music.line_codec import (
    CONTEXT,
    PLACES,
    WIDEST_MOVE,
    Floats,
    context_numbers,
    uses_thirds,
)
from perform.music.line_context import LineContext
from perform.music.note import TICKS_PER_BEAT, TICKS_PER_COLUMN, Note, Phrase
from perform.music.pianoroll import Rolls, decode, threshold, unplayable
from perform.music.steering import Steering
from perform.steering.choice import Candidates, candidate_scores, choose
from perform.steering.evolution import Discriminator, evolve

MOVE_TEMPERATURE = 0.9  # below 1, moves are drawn a little more often from the likely ones
# what a standard deviation counts as a logit: of the taste's scores, of the discriminator's logits
TASTE_WEIGHT, LOGIT_WEIGHT = 0.4, 0.2
LEAST_DEVIATION = 1e-6
MIDDLE_PITCH = 66  # of the lines that generators are trained on
KINDS, MOVES = 3, 2 * WIDEST_MOVE + 1  # what may be chosen at a place
CANDIDATES, STEERED_POOLS = 32, 4  # the candidates of a pool; a steered bar has several pools
RIFF_LOGIT, ANSWER_LOGIT = 2.5, -2.0  # bars of a riff are drawn often, those of other motifs less
# where thirds stand on the grid of columns, and where they belong
EXACT = {5 * TICKS_PER_COLUMN: THIRD, 11 * TICKS_PER_COLUMN: 2 * THIRD}


class LineSource:
    """A phrase source: a bundle that makes bars for their context, and the choice among them.

    BundleError where tensors and manifest disagree, StartError where LiteRT cannot be loaded.
    """

    def __init__(self, path: Path) -> None:
        self.bundle = bundle.load(path)
        manifest = self.bundle.manifest
        self._network = LineNetwork(self.bundle.generator)
        found = (self._network.batch, self._network.noise_dim, self._network.context_dim)
        told = (manifest.batch, manifest.noise_dim, manifest.context)
        if found != told or told[2] != CONTEXT:
            raise BundleError(
                f"{path}: the network has batch, noise and context {found}, the manifest says "
                f"{told}, this version takes contexts of {CONTEXT}; export the model again"
            )
        self._taste = _open_taste(self.bundle, found)
        self._usual = cast("Feel | None", next(iter(manifest.feels), None))

    def phrase(
        self,
        seed: int,
        conditions: Conditions = UNCONDITIONAL,
        steering: Steering | None = None,
        context: LineContext | None = None,
        seconds: float | None = None,
    ) -> GeneratedBar:
        """One bar for a context, placed on its chords. Weights of the player choose before taste.

        Without a context, a bar that depends on nothing. With a limit of `seconds` there may be
        fewer candidates than 32, of one batch at least.
        """
        expired = time_limit(seconds)
        context = self._complete(context or LineContext(), conditions)
        octaves = octaves_to_roll(context)
        context = moved_by_octaves(context, octaves)
        thirds = uses_thirds(context.feel)
        numbers = context_numbers(context)
        if steering is None:
            candidates = with_motif(self.candidates(seed, numbers, expired), context)
            chosen = choose(candidates, context, seed)
            roll, tied = candidates.rolls[chosen], bool(candidates.tied[chosen])
        else:
            moved = steering._replace(low=context.low, high=context.high)
            roll, tied = self._steered(seed, context, numbers, moved, expired)
        line = (note._replace(pitch=note.pitch - 12 * octaves) for note in played(roll, thirds))
        return GeneratedBar(tuple(line), placed=True, tied=tied)

    def candidates(
        self, seed: int, numbers: Floats, expired: Callable[[], bool] = lambda: False
    ) -> Candidates:
        """The bars of a seed for a context: 32, or fewer once `expired` says so after a batch."""
        draws = np.random.default_rng(seed)
        batches = [self._batch(draws, numbers)]
        while len(batches) * self._network.batch < CANDIDATES and not expired():
            batches.append(self._batch(draws, numbers))
        rolls, facts, scores = (np.concatenate(part) for part in zip(*batches, strict=True))
        logits = facts[:, 2].astype(float)
        if self._taste is not None:
            logits = LOGIT_WEIGHT * standardised(logits, rolls)
            logits += TASTE_WEIGHT * standardised(scores, rolls)
        return Candidates(rolls, logits, facts[:, 0] > 0.5)

    def _batch(
        self, draws: np.random.Generator, numbers: Floats
    ) -> tuple[Rolls, NDArray[np.float32], NDArray[np.float32]]:
        """The bars of one batch of noise, their facts, and how the taste scores them."""
        batch = self._network.batch
        noise = draws.gumbel(size=(batch, PLACES, KINDS + MOVES))
        noise[:, :, KINDS:] *= MOVE_TEMPERATURE
        raw, facts = self._network.run(noise.reshape(batch, -1).astype(np.float32), numbers)
        rolls = threshold(raw, self.bundle.manifest.threshold)
        if self._taste is None:
            return rolls, facts, np.zeros(batch, np.float32)
        return rolls, facts, self._taste.run(rolls, facts[:, 0] > 0.5, numbers)

    def _steered(
        self,
        seed: int,
        context: LineContext,
        numbers: Floats,
        steering: Steering,
        expired: Callable[[], bool],
    ) -> tuple[Rolls, bool]:
        """The bar that meets the player's weights best; among equals, the one of better taste."""
        pools = [self.candidates(seed, numbers, expired)]
        for place in range(1, STEERED_POOLS):
            if len(pools[-1].rolls) < CANDIDATES or expired():
                break
            pools.append(self.candidates(seed + place * 2**48, numbers, expired))
        pool = with_motif(joined(pools), context)
        order = np.argsort(-candidate_scores(pool, context), kind="stable")
        rolls = pool.rolls[order]
        good = rolls[~unplayable(rolls)]
        best = evolve(
            good if len(good) else rolls,
            steering,
            seed,
            size=max(1, len(good) // 2),
            opinion=_opinion(pool),
            expired=expired,
        )
        same = np.flatnonzero((rolls == best).all(axis=(1, 2)))
        return best, bool(same.size and pool.tied[order][same[0]])

    def _complete(self, context: LineContext, conditions: Conditions) -> LineContext:
        """The context with the usual feel of the bundle, and the targets that conditions give."""
        feel, motif = context.feel or self._usual, context.motif
        return context._replace(
            feel=feel,
            motif=None if motif and motif.late and feel not in RIFF_FEELS else motif,
            density=conditions.density if context.density is None else context.density,
            register=conditions.register if context.register is None else context.register,
        )


def _opinion(pool: Candidates) -> Discriminator:
    """How real the discriminator (with a taste, both) finds bars, by rank in a pool, 0 to 1.

    It is 0 for a bar that the search has changed: the networks have not seen it.
    """
    ranks = pool.logits.argsort().argsort() / max(1, len(pool.logits) - 1)
    known = {roll.tobytes(): rank for roll, rank in zip(pool.rolls, ranks, strict=True)}
    return lambda rolls: np.array([known.get(roll.tobytes(), 0.0) for roll in rolls])


def _open_taste(source: bundle.Bundle, told: tuple[int, int, int]) -> TasteNetwork | None:
    """The bundle's own taste; None where the discriminator inside its generator is all it has.

    BundleError where it scores other batches or contexts than the generator makes.
    """
    if source.taste is None:
        return None
    taste = TasteNetwork(source.taste)
    if (taste.batch, taste.context_dim) != (told[0], told[2]):
        raise BundleError(
            f"{source.taste}: takes batches of {taste.batch} and contexts of {taste.context_dim}, "
            f"the generator makes {told[0]} and {told[2]}; export the model again"
        )
    return taste


def standardised(values: NDArray[Any], rolls: Rolls) -> NDArray[np.float64]:
    """Values of bars with mean 0 and deviation 1; 0 for bars without notes, which have no bits."""
    notes = (rolls > 0).any(axis=(1, 2))
    found = np.zeros(len(values))
    if notes.any():
        inside = values[notes].astype(float)
        found[notes] = (inside - inside.mean()) / max(inside.std(), LEAST_DEVIATION)
    return found


def octaves_to_roll(context: LineContext) -> int:
    """By how many octaves a voice's range must move so that its middle is that of the roll."""
    return round((MIDDLE_PITCH - (context.low + context.high) / 2) / 12)


def moved_by_octaves(context: LineContext, octaves: int) -> LineContext:
    """The context as if the voice played so many octaves higher."""
    if not octaves:
        return context
    by = 12 * octaves
    motif = context.motif
    return context._replace(
        low=context.low + by,
        high=context.high + by,
        before=_moved(context.before, by),
        motif=motif and motif._replace(phrase=_moved(motif.phrase, by)),
    )


def _moved(phrase: Phrase, by: int) -> Phrase:
    return tuple(note._replace(pitch=note.pitch + by) for note in phrase)


def joined(pools: Iterable[Candidates]) -> Candidates:
    """The candidates of several pools as one."""
    return Candidates(*(np.concatenate(part) for part in zip(*pools, strict=True)))


def with_motif(candidates: Candidates, context: LineContext) -> Candidates:
    """The candidates, and those that take up the motif, beside an average one: in feels of riffs
    they are worth more, elsewhere less.
    """
    rolls = motif_bars(context, candidates.rolls)
    average = np.logaddexp.reduce(candidates.logits) - np.log(len(candidates.logits))
    logit = average + (RIFF_LOGIT if context.feel in RIFF_FEELS else ANSWER_LOGIT)
    more = Candidates(rolls, np.full(len(rolls), logit), np.zeros(len(rolls), bool))
    return joined([candidates, more])


def played(roll: Rolls, thirds: bool) -> Phrase:
    """The phrase of a roll, with exact thirds."""
    phrase = decode(roll)
    if not thirds:
        return phrase
    exact = [(_exact(note.start), _exact(note.end), note.pitch) for note in phrase]
    return tuple(Note(start, end - start, pitch) for start, end, pitch in exact)


def _exact(tick: int) -> int:
    beat, inside = divmod(tick, TICKS_PER_BEAT)
    return beat * TICKS_PER_BEAT + EXACT.get(inside, inside)
