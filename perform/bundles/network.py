"""LiteRT networks on one thread, with a batch of fixed size."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perform.bundles.native_stderr import filtered_stderr
from perform.errors import BundleError, StartError
from perform.music.note import COLUMNS, ROWS


class Network:
    """A LiteRT network with one input and one output, from a file or from its bytes.

    Each call runs as many batches as it needs.

    BundleError where the model is no TFLite model, StartError where LiteRT cannot be loaded.
    """

    def __init__(self, model: Path | bytes) -> None:
        self._interpreter = _interpreter(model)
        self._input, self.input_shape = _tensor(self._interpreter.get_input_details())
        self._output, self.output_shape = _tensor(self._interpreter.get_output_details())

    def run(self, inputs: NDArray[Any], padding: float = 0.0) -> NDArray[np.float32]:
        """The outputs (n, ...) for n inputs, at least one. `padding` fills the last batch."""
        count, batch = len(inputs), self.input_shape[0]
        whole = -(-count // batch) * batch
        if whole != count or inputs.dtype != np.float32:
            padded = np.full((whole, *inputs.shape[1:]), padding, np.float32)
            padded[:count] = inputs
            inputs = padded
        outputs = []
        for start in range(0, whole, batch):
            self._interpreter.set_tensor(self._input, inputs[start : start + batch])
            self._interpreter.invoke()
            outputs.append(self._interpreter.get_tensor(self._output))  # a copy
        return np.concatenate(outputs)[:count]


class LineNetwork:
    """The generator of lines of a bundle: noise and one context in, a batch of bars out.

    BundleError where the model is no TFLite model or has other tensors.
    """

    def __init__(self, model: Path | bytes) -> None:
        self._interpreter = _interpreter(model)
        inputs = {int(it["shape"][0]) == 1: it for it in self._interpreter.get_input_details()}
        outputs = {len(it["shape"]): it for it in self._interpreter.get_output_details()}
        if inputs.keys() != {True, False} or outputs.keys() != {2, 3}:
            raise BundleError("the network is no generator of lines; export it again")
        self._context, self._noise = inputs[True]["index"], inputs[False]["index"]
        self._rolls, self._facts = outputs[3]["index"], outputs[2]["index"]
        self.batch, self.noise_dim = inputs[False]["shape"].tolist()
        self.context_dim = int(inputs[True]["shape"][1])

    def run(
        self, noise: NDArray[np.float32], context: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The bars of noise (batch, noise): rolls (batch, 48, 64), and three facts of each bar.

        The facts: 1 where the bar goes on with the note before it, its log likelihood, and the
        discriminator's logit.
        """
        self._interpreter.set_tensor(self._noise, noise)
        self._interpreter.set_tensor(self._context, context[None])
        self._interpreter.invoke()
        rolls, facts = (self._interpreter.get_tensor(it) for it in (self._rolls, self._facts))
        return rolls, facts


class TasteNetwork:
    """What scores the bars of a line: a batch of bars and one context in, scores out.

    BundleError where the model is no TFLite model or has other tensors.
    """

    def __init__(self, model: Path | bytes) -> None:
        self._interpreter = _interpreter(model)
        inputs = {len(it["shape"]): it for it in self._interpreter.get_input_details()}
        if inputs.keys() != {1, 2, 3}:
            raise BundleError(f"{_name(model)}: does not score bars of a line; export it again")
        self._tied, self._context, self._rolls = (inputs[rank]["index"] for rank in (1, 2, 3))
        self._scores, shape = _tensor(self._interpreter.get_output_details())
        self.batch, self.context_dim = shape[0], int(inputs[2]["shape"][1])

    def run(
        self, rolls: NDArray[Any], tied: NDArray[np.bool_], context: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """The scores of bars (batch,): higher where a bar fits what was before and its chords.

        `rolls`: (batch, 48, 64), cells above 0 are on. `tied`: whether each bar goes on with the
        note before it. `context`: one for all.
        """
        self._interpreter.set_tensor(self._rolls, rolls.astype(np.float32))
        self._interpreter.set_tensor(self._tied, tied.astype(np.float32))
        self._interpreter.set_tensor(self._context, context[None])
        self._interpreter.invoke()
        scores: NDArray[np.float32] = self._interpreter.get_tensor(self._scores)
        return scores


def run_generator(model: Path | bytes, inputs: NDArray[Any]) -> NDArray[np.float32]:
    """The rolls (n, 48, 64), before the threshold, for inputs (n, noise and conditions)."""
    return Network(model).run(inputs).reshape(-1, ROWS, COLUMNS)


def _tensor(details: list[Any]) -> tuple[int, tuple[int, ...]]:
    """The index and the shape of the only tensor."""
    return details[0]["index"], tuple(details[0]["shape"].tolist())


def _interpreter(model: Path | bytes) -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415 - 60 ms and 30 MB
    except ImportError as fault:
        raise StartError(f"LiteRT cannot be loaded ({fault}); pip install ai-edge-litert") from None
    content = {"model_content": model} if isinstance(model, bytes) else {"model_path": str(model)}
    try:
        with filtered_stderr():
            interpreter = Interpreter(**content, num_threads=1)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as fault:
        reason = str(fault).splitlines()[0]
        raise BundleError(
            f"{_name(model)}: not a TFLite model ({reason}); export it again"
        ) from None
    return interpreter


def _name(model: Path | bytes) -> str:
    return "the model" if isinstance(model, bytes) else str(model)
