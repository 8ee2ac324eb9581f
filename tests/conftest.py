"""Fixtures and settings of all tests."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
# for the shared modules beside this one; last, so that no test folder hides a package
sys.path.append(str(Path(__file__).parent))

settings.register_profile("steady", derandomize=True, deadline=None, max_examples=100)
settings.load_profile("steady")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="session", autouse=True)
def state_folder(tmp_path_factory):
    """Files that outlive a start go to a temporary folder, and not to the user's home."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="session")
def root():
    return ROOT
