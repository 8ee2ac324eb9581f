"""Training without tracing, for the few steps of a test."""

import contextlib

from lazy import LazyModule

backend = LazyModule("training.model.backend")


@contextlib.contextmanager
def untraced():
    """TensorFlow runs each operation at once: to trace a step takes longer than a few steps do.

    The commands of the README trace theirs.
    """
    backend.tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        backend.tf.config.run_functions_eagerly(False)
