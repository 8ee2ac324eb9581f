"""What a run writes while it trains: checkpoints and the log of its losses."""

import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from perform import atomic_file
from perform.errors import DivergenceError, RunFolderError
from training.train.run_folder import METRICS


def pack_checkpoint(step: int, seconds: float, variables: Sequence[Any]) -> bytes:
    """The content of a checkpoint. DivergenceError where a weight is not finite."""
    values: dict[str, Any] = {f"v{i}": np.asarray(each) for i, each in enumerate(variables)}
    check_finite(step, values.values())
    packed = io.BytesIO()
    np.savez(packed, step=step, seconds=seconds, **values)
    return packed.getvalue()


def load_checkpoint(path: Path, variables: Sequence[Any]) -> tuple[int, float]:
    """Assign the variables of a checkpoint; return its step and its training time in seconds.

    RunFolderError when it does not fit.
    """
    try:
        with np.load(path, allow_pickle=False) as saved:
            step, seconds = int(saved["step"]), float(saved["seconds"])
            for index, variable in enumerate(variables):
                value = saved[f"v{index}"]
                if value.shape != tuple(variable.shape):  # the error of Keras prints both
                    raise ValueError(f"weights {value.shape} for {tuple(variable.shape)}")
                variable.assign(value)
    except Exception as error:  # noqa: BLE001 - zip, zlib and npy errors have no common type
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise RunFolderError(
            f"{path}: does not fit this run ({reason}); begin a new folder"
        ) from None
    return step, seconds


def check_finite(step: int, values: Iterable[Any]) -> None:
    """DivergenceError where a loss or a weight is not finite."""
    if not all(np.isfinite(value).all() for value in values):
        raise DivergenceError(
            f"losses or weights are not finite at step {step}; lower learning_rate or raise penalty"
        )


def log_metrics(folder: Path, step: int, losses: dict[str, float]) -> None:
    """Add the losses of a step to the run's log."""
    path = folder / METRICS
    with atomic_file.name_errors(path), path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"step": step, **losses}) + "\n")


def cut_metrics(folder: Path, step: int) -> None:
    """Drop the log's lines after `step`, and a last line that a kill cut short."""
    path = folder / METRICS
    if not path.exists():
        return
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            break
        if entry["step"] <= step:
            lines.append(line + "\n")
    atomic_file.write(path, "".join(lines).encode())
