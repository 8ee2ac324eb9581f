"""A short plan of an experiment."""

import msgspec

from training.experiment import plan
from training.features.spr import SprExtractor


def planned(bars, arms, runs=2, protocol="fair", held_out=41):
    made = plan.plan(bars, arms, runs, protocol, held_out, SprExtractor())
    return msgspec.structs.replace(made, samples=128)
