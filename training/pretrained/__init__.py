"""Weights that a run begins with instead of chance, so that few bars need only teach it their style."""

import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from perform import atomic_file
from perform.errors import SidemanError
from training.options import Options

SHIPPED = Path(__file__).parent
SCHEMA = 1
SHAPING = ("architecture", "width", "noise_dim", "intervals", "conditions")  # weights fit no others
PARTS = ("generator", "discriminator")


class Weights(NamedTuple):
    """What a run has learned: the arrays of its averaged generator and of its discriminator, float32, and how."""

    options: Options
    generator: list[NDArray[np.float32]]
    discriminator: list[NDArray[np.float32]]


def path(name: str) -> Path:
    """The file of weights that ship, by name, or one of the user's own, by its path; SidemanError for neither."""
    own = name.endswith(".npz")
    place = Path(name) if own else SHIPPED / f"{name}.npz"
    if own or (place.parent == SHIPPED and place.is_file()):
        return place
    there = ", ".join(sorted(each.stem for each in SHIPPED.glob("*.npz")))
    raise SidemanError(
        f"no weights {name!r}; there are {there}, or name an .npz of training weights"
    )


def digest(name: str) -> str:
    """The SHA-256 of a file of weights, in hexadecimal."""
    return hashlib.sha256(_content(name)).hexdigest()


def read(name: str) -> Weights:
    """The weights of a name; SidemanError when they cannot be had, or were written by another version."""
    content = _content(name)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as kept:
            story = json.loads(str(kept["story"]))
            schema = story["schema"]
            parts = [list(_arrays(kept, part)) for part in PARTS]
            options = msgspec.convert(story["options"], Options)
        if not all(np.isfinite(each).all() for part in parts for each in part):
            raise ValueError("no numbers")
    except Exception:  # noqa: BLE001 - zip, zlib, npy and JSON each have their own faults
        raise SidemanError(f"{path(name)}: no weights; make some with training weights") from None
    if schema != SCHEMA:
        raise SidemanError(
            f"{path(name)}: weights of schema {schema}, this version reads {SCHEMA}; make them again"
        )
    return Weights(options, *parts)


def demand_fit(
    weights: Weights, options: Options, shapes: Sequence[Sequence[tuple[int, ...]]]
) -> None:
    """SidemanError where weights are not of these options or shapes (generator's, discriminator's).

    It names the first option that differs.
    """
    for name in SHAPING:
        there, here = getattr(weights.options, name), getattr(options, name)
        if there != here:
            raise SidemanError(
                f"weights {options.pretrained!r} are of {name} {_said(there)} and this run has {_said(here)}; "
                "take that, or begin from nothing with --pretrained ''"
            )
    if [[each.shape for each in part] for part in weights[1:]] != [list(part) for part in shapes]:
        raise SidemanError(
            f"weights {options.pretrained!r} are not those of the options that they name; make them again"
        )


def write(target: Path, weights: Weights, story: dict[str, Any]) -> None:
    """Write weights as half floats: a run that begins with them soon moves on.

    `story`: of what they were made, kept beside the options.
    """
    options = msgspec.to_builtins(weights.options)
    kept: dict[str, Any] = {
        "story": np.array(json.dumps({"schema": SCHEMA, "options": options, **story}))
    }
    for part in PARTS:
        arrays = getattr(weights, part)
        kept |= {f"{part}{place}": each.astype(np.float16) for place, each in enumerate(arrays)}
    packed = io.BytesIO()
    np.savez_compressed(packed, **kept)
    atomic_file.write(target, packed.getvalue())


def _arrays(kept: Any, part: str) -> Iterator[NDArray[np.float32]]:
    place = 0
    while f"{part}{place}" in kept:
        yield kept[f"{part}{place}"].astype(np.float32)
        place += 1


def _content(name: str) -> bytes:
    place = path(name)
    try:
        return place.read_bytes()
    except OSError as fault:
        raise SidemanError(f"{place}: {fault.strerror}; name weights that are there") from None


def _said(value: object) -> str:
    return ", ".join(value) or "none" if isinstance(value, tuple) else str(value).lower()
