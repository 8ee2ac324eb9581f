"""A plan for an experiment that takes no time."""

import msgspec

from training import design
from training.features.spr import Spr


def planned(bars, arms, runs=2, protocol="fair", held_out=41):
    made = design.plan(bars, arms, runs, protocol, held_out, Spr())
    return msgspec.structs.replace(made, samples=128)
