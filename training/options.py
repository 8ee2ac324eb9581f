"""The options of a training run and their defaults. Recipes are TOML files with the same keys."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import msgspec
from msgspec import Meta

from perform.errors import DatasetError, RunFolderError, SidemanError, did_you_mean
from training.augment.lines import check_steps
from training.augment.pipeline import PipelineStep, find_strategy

RECIPES = Path(__file__).with_name("recipes")
DEFAULT_RECIPE = "sideman"
SCHEMA = 1

Positive = Annotated[int, Meta(ge=1)]
Share = Annotated[float, Meta(ge=0, lt=1)]


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All options of a training run.

    On one machine the same options and data give the same weights.

    `architecture`: "markov" is a Markov chain over notes, for experiments only; nothing trains it.
    `pretrained`: weights to start from: the name of shipped ones, or an .npz that
    `training weights` wrote; empty for random weights.
    `conditions`: what a caller can ask the generator for: the chord's quality, how many notes,
    how high.
    `augment`: the pipeline that the bars go through before the training.
    `width`: channels of the compact and melody networks.
    `penalty`: weight of the gradient penalties R1 and R2, added every `penalty_every` steps.
    `average`: decay of the averaged generator, which is the one that is kept.
    `temperature`: scale of the noise after the training; above 1 gives more variety.
    `column_share`: notes begin and end only in columns that hold at least this share of all
    beginnings and ends in the training bars; 0 allows every column.
    `onset_share`: notes begin only in columns that hold at least this share of all beginnings.
    `intervals`: the discriminator of compact and melody sees the intervals of the melody too.
    `roll_columns`, `cut_columns`, `octave_share`: augmentation of what the discriminator sees:
    bars moved in time by at most so many columns, so many columns silenced, and this share of
    the bars an octave away. Moving in time loosens the rhythm, so it is off by default.
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
        """ValueError for an option that the architecture lacks; its text begins with a name."""
        if self.architecture not in {"compact", "melody"}:
            for name in ("conditions", "intervals", "pretrained"):
                if getattr(self, name):
                    raise ValueError(
                        f"architecture {self.architecture} does not support {name}; "
                        "take compact or melody"
                    )
        if self.architecture == "markov" and self.augment:
            raise ValueError(
                "architecture markov counts the bars as they are; leave out [[augment]]"
            )
        if len(set(self.conditions)) < len(self.conditions):
            raise ValueError("conditions name one twice; leave one out")
        try:
            for step in self.augment:
                find_strategy(step.strategy)
        except DatasetError as error:
            raise ValueError(f"augment: {error}") from None


class LineOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All options of a run of architecture "phrase", whose bars depend on their context.

    `steps`: how many steps learn the likelihood of the bars, and `adversarial_steps` how many then
    learn against a discriminator too. `width`: of the generator's state. `dropout`: of both
    networks. `learning_rate`: of the likelihood, from where it falls to 0; `adversarial_rate`,
    `discriminator_rate`: after it. `adversarial_weight`: of the discriminator's answer beside the
    likelihood. `penalty`: weight of the gradient penalties R1 and R2. `average`: decay of the
    averaged generator. `book_share`: the share of each batch that comes from our own book beside
    the given bars, so that a few bars are not learned by heart. `pretrained`: as in `Options`.
    `augment`: the pipeline that the given pieces go through before the training; its strategies
    work on lines or on parts.
    """

    architecture: Literal["phrase"] = "phrase"
    pretrained: str = "lines"
    augment: tuple[PipelineStep, ...] = ()
    steps: Annotated[int, Meta(ge=0)] = 500
    adversarial_steps: Annotated[int, Meta(ge=0)] = 400
    batch: Positive = 64
    width: Positive = 128
    dropout: Share = 0.5
    learning_rate: Annotated[float, Meta(gt=0, le=1)] = 1e-3
    weight_decay: Annotated[float, Meta(ge=0, le=1)] = 1e-3
    adversarial_rate: Annotated[float, Meta(gt=0, le=1)] = 3e-4
    discriminator_rate: Annotated[float, Meta(gt=0, le=1)] = 1e-3
    adversarial_weight: Annotated[float, Meta(ge=0, le=1000)] = 2.0
    penalty: Annotated[float, Meta(ge=0, le=1000)] = 1.0
    average: Share = 0.99
    book_share: Share = 0.3
    seed: Annotated[int, Meta(ge=0, lt=2**31)] = 0
    checkpoint_every: Positive = 100

    def __post_init__(self) -> None:
        """ValueError for a strategy that works on single bars."""
        try:
            check_steps(self.augment)
        except DatasetError as error:
            raise ValueError(f"augment: {error}") from None

    @property
    def all_steps(self) -> int:
        """How many steps the whole training has."""
        return self.steps + self.adversarial_steps


AnyOptions = Options | LineOptions
Kind = TypeVar("Kind", Options, LineOptions)


def recipe_names() -> list[str]:
    """The names of the recipes that ship."""
    return sorted(path.stem for path in RECIPES.glob("*.toml"))


def read_recipe(name: str) -> Options:
    """As `read_any_recipe`, for what trains bars; SidemanError for one of lines."""
    options = read_any_recipe(name)
    if isinstance(options, LineOptions):
        raise SidemanError(f"recipe {name} trains lines, architecture phrase; name another recipe")
    return options


def read_any_recipe(name: str) -> AnyOptions:
    """The options of a shipped recipe, by its name, or of a TOML file, by its path.

    SidemanError for an unknown name or key (it names the nearest known one) and a wrong value.
    """
    path = Path(name) if name.endswith(".toml") else RECIPES / f"{name}.toml"
    try:
        values = msgspec.toml.decode(path.read_bytes())
    except OSError:
        raise SidemanError(f"no recipe {name!r}{did_you_mean(name, recipe_names())}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SidemanError(f"{path}: not TOML ({error}); correct the file") from None
    where = f"{path.name}: "
    if options_class(values) is LineOptions:
        return _convert(values, where, LineOptions)
    return _convert(values, where, Options)


def with_flags(base: Kind, flags: dict[str, Any]) -> Kind:
    """The base options with the values of the flags; None leaves the value of the base.

    SidemanError names the flag with a wrong value.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    return _convert({**msgspec.to_builtins(base), **given}, "--", type(base))


def read_arms(names: Sequence[str]) -> dict[str, Options]:
    """The options of an experiment's arms: each is a recipe, and its name is the recipe's.

    SidemanError for two arms of one name.
    """
    arms: dict[str, Options] = {}
    for name in names:
        arm = Path(name).stem
        if arm in arms:
            raise SidemanError(f"--arm {name}: there is an arm {arm} already; rename the file")
        arms[arm] = read_recipe(name)
    return arms


def to_toml(options: AnyOptions) -> str:
    """The options as a recipe's TOML. `read_recipe` reads the same options from it."""
    plain = msgspec.to_builtins(options)
    pipeline = plain.pop("augment", ())
    lines = [f"{name} = {json.dumps(value)}" for name, value in plain.items()]
    for step in pipeline:
        lines += ["", "[[augment]]"] + [f"{name} = {json.dumps(step[name])}" for name in step]
    return "\n".join(lines) + "\n"


def to_json(options: AnyOptions) -> bytes:
    """The options as a run's options.json. `read_options` reads the same options from it."""
    content = {"schema": SCHEMA, **msgspec.to_builtins(options)}
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def read_options(path: Path) -> Options:
    """As `read_any_options`, for a run of bars; RunFolderError for one of lines."""
    options = read_any_options(path)
    if isinstance(options, LineOptions):
        raise RunFolderError(f"{path.parent}: a run of lines; judge it: training judge BUNDLE")
    return options


def read_any_options(path: Path) -> AnyOptions:
    """The options in a run's options.json.

    RunFolderError when the file holds no options, or those of another version.
    """
    try:
        content = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RunFolderError(f"{path}: no options of a run ({error}); begin a new run") from None
    schema = content.pop("schema", None)
    if schema != SCHEMA:
        raise RunFolderError(
            f"{path}: options of schema {schema}, this version reads {SCHEMA}; begin a new run"
        )
    where = f"{path}: "
    if options_class(content) is LineOptions:
        return _complete(content, where, LineOptions)
    return _complete(content, where, Options)


def parse_complete(values: Any, where: str) -> Options:
    """The options in values that name every option: those of a run or an arm that was begun.

    RunFolderError, whose text begins with `where`, for an option that is missing, unknown or
    wrong. Defaults fill no gaps: those of another version may differ.
    """
    return _complete(values, where, Options)


def _complete(values: Any, where: str, kind: type[Kind]) -> Kind:
    known = {field.name for field in msgspec.structs.fields(kind)}
    differing = sorted(known ^ values.keys()) if isinstance(values, dict) else sorted(known)
    if differing:
        fault = "has no" if differing[0] in known else "has an unknown"
        raise RunFolderError(f"{where}{fault} option {differing[0]}; begin anew with this version")
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise RunFolderError(f"{where}{error}; begin anew") from None


def options_class(values: Any) -> type[AnyOptions]:
    """The class of options that values with this architecture have."""
    phrase = isinstance(values, dict) and values.get("architecture") == "phrase"
    return LineOptions if phrase else Options


def _convert(values: dict[str, Any], where: str, kind: type[Kind]) -> Kind:
    """The options in values. SidemanError, whose text begins with `where`, names the wrong key."""
    known = [field.name for field in msgspec.structs.fields(kind)]
    for key in values:
        if key not in known:
            raise SidemanError(f"{where}no option {key!r}{did_you_mean(key, known)}")
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        reason, found, path = str(error).partition(" - at `$.")
        if not found:  # from __post_init__; its text begins with an option's name
            raise SidemanError(f"{where}{reason}") from None
        key = path.rstrip("`")
        flag = key.replace("_", "-") if where == "--" else key
        value = f" {values[key]}" if key in values else ""
        raise SidemanError(f"{where}{flag}{value}: {reason}{_choices(key, reason)}") from None


def _choices(key: str, reason: str) -> str:
    """What is allowed at a place like `conditions[0]`, as text; empty where there is no list."""
    name, _, inside = key.partition("[")
    if name == "augment":  # a key of a step is unknown or missing
        known = " and ".join(PipelineStep.__struct_fields__)
        return f"; a step has {known}" if reason.startswith("Object") else ""
    types = {field.name: field.type for field in msgspec.structs.fields(Options)}
    choice = get_args(types[name])[0] if inside else types[name]
    return f"; there are {', '.join(get_args(choice))}" if get_origin(choice) is Literal else ""
