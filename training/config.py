"""What a training run is told; the only home of its defaults."""

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from perform.errors import RunFolderError, SidemanError

Positive = Annotated[int, Meta(ge=1)]

Share = Annotated[float, Meta(ge=0, lt=1)]


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A training run, whole: the same options and data give the same weights on the same machine.

    `width`: channels of the compact networks. `penalty`: weight of R1 and R2, charged every
    `penalty_every` steps. `average`: decay of the averaged generator. `roll_columns`
    and `cut_columns`: the discriminator sees bars moved in time by up to so many columns, and with
    so many silenced (a roll loosens the rhythm, so it is off: see the shipped card).
    """

    architecture: Literal["compact", "paper"] = "compact"
    loss: Literal["relativistic", "cross-entropy"] = "relativistic"
    steps: Positive = 4000
    batch: Positive = 32
    width: Positive = 64
    noise_dim: Positive = 100
    learning_rate: Annotated[float, Meta(gt=0)] = 5e-4
    beta_1: Share = 0.0
    beta_2: Share = 0.99
    penalty: Annotated[float, Meta(ge=0)] = 1.0
    penalty_every: Positive = 2
    average: Share = 0.995
    roll_columns: Annotated[int, Meta(ge=0, le=32)] = 0
    cut_columns: Annotated[int, Meta(ge=0, le=48)] = 16
    seed: Annotated[int, Meta(ge=0, lt=2**31)] = 0
    checkpoint_every: Positive = 250


def paper(seed: int = 0) -> Options:
    """The paper's own recipe (sections 5 and 6.2): DCGAN, cross-entropy, batches of 50."""
    return Options(
        architecture="paper",
        loss="cross-entropy",
        steps=3720,
        batch=50,
        learning_rate=1e-4,
        beta_1=0.9,
        beta_2=0.999,
        penalty=0.0,
        average=0.0,
        cut_columns=0,
        seed=seed,
    )


def from_flags(given: dict[str, Any]) -> Options:
    """The options of a recipe with some of them given; None leaves the recipe's own.

    SidemanError names the flag that cannot be.
    """
    base = paper() if given.get("architecture") == "paper" else Options()
    chosen = {name: value for name, value in given.items() if value is not None}
    try:
        return msgspec.convert({**msgspec.structs.asdict(base), **chosen}, Options)
    except msgspec.ValidationError as fault:
        reason, _, place = str(fault).partition(" - at `$.")
        flag = place.rstrip("`").replace("_", "-")
        raise SidemanError(f"--{flag} {chosen.get(flag.replace('-', '_'))}: {reason}") from None


def read(path: Path) -> Options:
    """The options in a run's options.json; RunFolderError when they are none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Options)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise RunFolderError(f"{path}: no options of a run ({fault}); begin a new run") from None
