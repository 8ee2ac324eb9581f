"""Fixtures that several tests of training use."""

import sys
import warnings

import pytest

from training import cli
from training.data import dataset


@pytest.fixture(scope="session")
def bars():
    """The 96 bars that ship."""
    return dataset.open_data()


@pytest.fixture
def command(monkeypatch, capsys):
    """A function that runs a command of `training` here: exit code, standard output and error."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["training", *map(str, words)])
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = end.code or 0
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def untraced():
    """Training steps run as Python: for a few steps that is faster than tracing them.

    Other tests run traced steps: what every training does, and that a resumed run continues.
    """
    from training.model.backend import tf

    tf.config.run_functions_eagerly(True)
    with warnings.catch_warnings():
        # TensorFlow's own data pipelines stay traced
        warnings.filterwarnings("ignore", "Even though the")
        yield
    tf.config.run_functions_eagerly(False)
