"""What tests of training share."""

import warnings

import pytest

from training.data import dataset


@pytest.fixture(scope="session")
def bars():
    """The 96 bars that ship."""
    return dataset.import_files([dataset.OWN_BARS])


@pytest.fixture
def untraced():
    """Steps run as Python: for a handful of them that is quicker than the seconds that tracing takes. What every
    training does, and what a resumed one has in common with one that was not, is tested traced.
    """
    from training.model.backend import tf

    tf.config.run_functions_eagerly(True)
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "Even though the"
        )  # that its own data pipelines stay traced
        yield
    tf.config.run_functions_eagerly(False)
