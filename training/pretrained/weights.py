"""Files of pretrained weights: those that ship, and those that `training weights` writes."""

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
from training.options import AnyOptions, options_class

SHIPPED = Path(__file__).parent
SCHEMA = 1
# the options that decide the shapes of the weights
SHAPING = ("architecture", "width", "noise_dim", "intervals", "conditions")
NETWORKS = ("generator", "discriminator")


class Weights(NamedTuple):
    """The weights of a run, float32 arrays: of its averaged generator and of its discriminator.

    `options`: those of the run.
    """

    options: AnyOptions
    generator: list[NDArray[np.float32]]
    discriminator: list[NDArray[np.float32]]


def weights_path(name: str) -> Path:
    """The file of shipped weights, by their name, or of the user's own, by its path.

    SidemanError when there is neither.
    """
    is_path = name.endswith(".npz")
    path = Path(name) if is_path else SHIPPED / f"{name}.npz"
    if is_path or (path.parent == SHIPPED and path.is_file()):
        return path
    known = ", ".join(sorted(each.stem for each in SHIPPED.glob("*.npz")))
    raise SidemanError(
        f"no weights {name!r}; there are {known}, or name an .npz of training weights"
    )


def weights_digest(name: str) -> str:
    """The SHA-256 of a file of weights, in hexadecimal."""
    return hashlib.sha256(_read_bytes(name)).hexdigest()


def read_weights(name: str) -> Weights:
    """The weights with this name or path.

    SidemanError when there are none, or when another version wrote them.
    """
    content = _read_bytes(name)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            story = json.loads(str(archive["story"]))
            schema = story["schema"]
            parts = [list(_arrays(archive, part)) for part in NETWORKS]
            options = msgspec.convert(story["options"], options_class(story["options"]))
        if not all(np.isfinite(each).all() for part in parts for each in part):
            raise ValueError("not finite")
    except Exception:  # noqa: BLE001 - zip, zlib, npy and JSON errors have no common type
        raise SidemanError(
            f"{weights_path(name)}: no weights; make some with training weights"
        ) from None
    if schema != SCHEMA:
        raise SidemanError(
            f"{weights_path(name)}: weights of schema {schema}, this version reads {SCHEMA}; "
            "make them again"
        )
    return Weights(options, *parts)


def check_fit(
    weights: Weights, options: AnyOptions, shapes: Sequence[Sequence[tuple[int, ...]]]
) -> None:
    """SidemanError when weights do not fit these options or shapes; it names the first difference.

    `shapes`: of the generator's and of the discriminator's variables.
    """
    for name in SHAPING:
        theirs, ours = (getattr(each, name, ()) for each in (weights.options, options))
        if theirs != ours:
            raise SidemanError(
                f"weights {options.pretrained!r} have {name} {_format(theirs)} and this run has "
                f"{_format(ours)}; take that, or begin from random weights with --pretrained ''"
            )
    if [[each.shape for each in part] for part in weights[1:]] != [list(part) for part in shapes]:
        raise SidemanError(
            f"weights {options.pretrained!r} do not have the shapes of their own options; "
            "make them again"
        )


def write_weights(path: Path, weights: Weights, story: dict[str, Any]) -> None:
    """Write weights as half floats, which is enough: the training soon changes them.

    `story`: how they were made; it is stored beside the options.
    """
    options = msgspec.to_builtins(weights.options)
    content: dict[str, Any] = {
        "story": np.array(json.dumps({"schema": SCHEMA, "options": options, **story}))
    }
    for part in NETWORKS:
        arrays = getattr(weights, part)
        content |= {f"{part}{place}": each.astype(np.float16) for place, each in enumerate(arrays)}
    packed = io.BytesIO()
    np.savez_compressed(packed, **content)
    atomic_file.write(path, packed.getvalue())


def _arrays(archive: Any, part: str) -> Iterator[NDArray[np.float32]]:
    place = 0
    while f"{part}{place}" in archive:
        yield archive[f"{part}{place}"].astype(np.float32)
        place += 1


def _read_bytes(name: str) -> bytes:
    path = weights_path(name)
    try:
        return path.read_bytes()
    except OSError as error:
        raise SidemanError(f"{path}: {error.strerror}; name weights that exist") from None


def _format(value: object) -> str:
    return ", ".join(value) or "none" if isinstance(value, tuple) else str(value).lower()
