"""A plan for an experiment that takes no time."""

import msgspec

from training.experiment.plan import make_plan
from training.features.spr import SprExtractor


def planned(bars, arms, runs=2, protocol="fair", held_out=41):
    plan = make_plan(bars, arms, runs, protocol, held_out, SprExtractor())
    return msgspec.structs.replace(plan, samples=128)
