"""What a training run is told; the only home of its defaults. Recipes are TOML files of the same keys."""

import difflib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from msgspec import Meta

from perform.errors import RunFolderError, SidemanError
from training.augment.pipeline import PipelineStep

RECIPES = Path(__file__).with_name("recipes")
DEFAULT_RECIPE = "sideman"
SCHEMA = 1

Positive = Annotated[int, Meta(ge=1)]
Share = Annotated[float, Meta(ge=0, lt=1)]


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A training run, whole: the same options and data give the same weights on the same machine.

    `architecture`: "markov" is a chain over notes, an arm of experiments that nothing is trained for.
    `augment`: the stages that the bars go through first. `width`: channels of the compact networks.
    `penalty`: weight of R1 and R2, charged every `penalty_every` steps. `average`: decay of the
    averaged generator. `temperature`: how much wider than in training noise is drawn afterwards, for
    more variety. `column_share`: notes begin and end only in columns that hold this share of all the
    bars' beginnings and ends; 0 leaves them all free. `onset_share`: of these, notes begin only in those that hold this share of
    all beginnings. `intervals`: the discriminator of compact and melody sees how the
    melody moves, too. `roll_columns`, `cut_columns` and
    `octave_share`: the discriminator sees bars moved in time by up to so many columns, with so many
    silenced, and this share of them an octave away (a roll loosens the rhythm, so it is off: see the
    shipped card). `conditions`: what the generator learns to be asked for, by the bars' chords,
    numbers of notes and heights. `pretrained`: weights that networks of their shape begin with instead of chance:
    the name of some that ship, or an .npz of `training weights`.
    """

    architecture: Literal["compact", "melody", "paper", "markov"] = "compact"
    pretrained: str = ""
    loss: Literal["relativistic", "hinge", "cross-entropy"] = "relativistic"
    conditions: tuple[Literal["quality", "density", "register"], ...] = ()
    augment: tuple[PipelineStep, ...] = ()
    steps: Positive = 4000
    batch: Positive = 32
    width: Positive = 64
    noise_dim: Positive = 100
    learning_rate: Annotated[float, Meta(gt=0, le=sys.float_info.max)] = 5e-4
    beta_1: Share = 0.0
    beta_2: Share = 0.99
    penalty: Annotated[float, Meta(ge=0, le=sys.float_info.max)] = 1.0
    penalty_every: Positive = 2
    average: Share = 0.995
    temperature: Annotated[float, Meta(gt=0, le=3)] = 1.0
    column_share: Share = 0.0
    onset_share: Share = 0.0
    intervals: bool = False
    roll_columns: Annotated[int, Meta(ge=0, le=32)] = 0
    cut_columns: Annotated[int, Meta(ge=0, le=48)] = 16
    octave_share: Share = 0.0
    seed: Annotated[int, Meta(ge=0, lt=2**31)] = 0
    checkpoint_every: Positive = 250

    def __post_init__(self) -> None:
        """ValueError, which begins with an option, where an architecture has no place for what is asked of it."""
        if self.architecture not in {"compact", "melody"}:
            for name in ("conditions", "intervals", "pretrained"):
                if getattr(self, name):
                    raise ValueError(
                        f"architecture {self.architecture} has no place for {name}; take compact or melody"
                    )
        if self.architecture == "markov" and self.augment:
            raise ValueError(
                "architecture markov is counted on the bars as they are; leave out [[augment]]"
            )
        if len(set(self.conditions)) < len(self.conditions):
            raise ValueError("conditions have one twice; leave it out")


def recipes() -> list[str]:
    """The names of the recipes that ship."""
    return sorted(path.stem for path in RECIPES.glob("*.toml"))


def recipe(name: str) -> Options:
    """The options of a recipe that ships, by name, or of a TOML file, by path.

    SidemanError for an unknown name or key (the nearest known one is named) and for a wrong value.
    """
    path = Path(name) if name.endswith(".toml") else RECIPES / f"{name}.toml"
    try:
        values = msgspec.toml.decode(path.read_bytes())
    except OSError:
        near = difflib.get_close_matches(name, recipes(), 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(recipes())}"
        raise SidemanError(f"no recipe {name!r}; {hint}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise SidemanError(f"{path}: not TOML ({fault}); mend it there") from None
    return _convert(values, f"{path.name}: ")


def from_flags(base: Options, given: dict[str, Any]) -> Options:
    """The options of a recipe or a run with some of them given; None leaves those of the base.

    SidemanError names the flag that cannot be.
    """
    chosen = {name: value for name, value in given.items() if value is not None}
    return _convert({**msgspec.to_builtins(base), **chosen}, "--")


def arms(names: Sequence[str]) -> dict[str, Options]:
    """The options of recipes by the names of their arms; SidemanError for two of one name."""
    found: dict[str, Options] = {}
    for name in names:
        arm = Path(name).stem
        if arm in found:
            raise SidemanError(f"--arm {name}: there is an arm {arm} already; rename the file")
        found[arm] = recipe(name)
    return found


def spell(options: Options) -> str:
    """The options as a recipe's TOML, which `recipe` reads back to the same options."""
    plain = msgspec.to_builtins(options)
    stages = plain.pop("augment")
    lines = [f"{name} = {json.dumps(value)}" for name, value in plain.items()]
    for stage in stages:
        lines += ["", "[[augment]]"] + [f"{name} = {json.dumps(stage[name])}" for name in stage]
    return "\n".join(lines) + "\n"


def record(options: Options) -> bytes:
    """The options as a run keeps them in options.json, which `read` reads back."""
    kept = {"schema": SCHEMA, **msgspec.to_builtins(options)}
    return msgspec.json.format(msgspec.json.encode(kept), indent=2) + b"\n"


def read(path: Path) -> Options:
    """The options in a run's options.json; RunFolderError when they are none, or of another version."""
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise RunFolderError(f"{path}: no options of a run ({fault}); begin a new run") from None
    schema = kept.pop("schema", None)
    if schema != SCHEMA:
        raise RunFolderError(
            f"{path}: options of schema {schema}, this version reads {SCHEMA}; begin a new run"
        )
    return whole(kept, f"{path}: ")


def whole(values: Any, where: str) -> Options:
    """The options that a run or an arm was begun with, with no default in the place of a missing one.

    RunFolderError, beginning with `where`, for what is missing, unknown or wrong.
    """
    known = {field.name for field in msgspec.structs.fields(Options)}
    differing = sorted(known ^ values.keys()) if isinstance(values, dict) else sorted(known)
    if differing:
        way = "has no" if differing[0] in known else "has an unknown"
        raise RunFolderError(f"{where}{way} option {differing[0]}; begin anew with this version")
    try:
        return msgspec.convert(values, Options)
    except msgspec.ValidationError as fault:
        raise RunFolderError(f"{where}{fault}; begin anew") from None


def _convert(values: dict[str, Any], where: str) -> Options:
    known = [field.name for field in msgspec.structs.fields(Options)]
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            raise SidemanError(f"{where}no option {key!r}; {hint}")
    try:
        return msgspec.convert(values, Options)
    except msgspec.ValidationError as fault:
        reason, placed, place = str(fault).partition(" - at `$.")
        if not placed:  # of several options together, and it begins with one of them
            raise SidemanError(f"{where}{reason}") from None
        key = place.rstrip("`")
        flag = key.replace("_", "-") if where == "--" else key
        value = f" {values[key]}" if key in values else ""
        raise SidemanError(f"{where}{flag}{value}: {reason}{_there_are(key, reason)}") from None


def _there_are(key: str, reason: str) -> str:
    """What may stand at a place of the options like `conditions[0]`, in words; nothing where that is no short list."""
    name, _, inside = key.partition("[")
    if name == "augment":  # a key of a stage is unknown or missing
        known = " and ".join(PipelineStep.__struct_fields__)
        return f"; a stage has {known}" if reason.startswith("Object") else ""
    kinds = {field.name: field.type for field in msgspec.structs.fields(Options)}
    kind = get_args(kinds[name])[0] if inside else kinds[name]
    return f"; there are {', '.join(get_args(kind))}" if get_origin(kind) is Literal else ""
