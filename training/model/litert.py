"""A generator's answers by LiteRT, as the daemon gets them, without tensorflow."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from perform.music.note import COLUMNS, ROWS
from training.chatter import held_back


def infer(model: bytes, asked: NDArray[np.float32], batch: int) -> NDArray[np.float32]:
    """What LiteRT answers to inputs (n, columns), n a multiple of `batch`: (n, 48, 64)."""
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415

    with held_back():
        interpreter: Any = Interpreter(model_content=model, num_threads=1)
        interpreter.allocate_tensors()
    into = interpreter.get_input_details()[0]["index"]
    out = interpreter.get_output_details()[0]["index"]
    answers = []
    for start in range(0, len(asked), batch):
        interpreter.set_tensor(into, asked[start : start + batch])
        interpreter.invoke()
        answers.append(interpreter.get_tensor(out).copy())
    return np.concatenate(answers).reshape(-1, ROWS, COLUMNS)
