"""Fixtures and settings of all tests."""

import functools
import os
import re
import sys
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
# makes the shared test modules importable; last in the path, so that they hide no package
sys.path.append(str(Path(__file__).parent))

settings.register_profile("steady", derandomize=True, deadline=None, max_examples=100)
settings.load_profile("steady")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """`--dist loadfile`, with all tests on JACK in one worker, so that one at a time uses JACK."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Files(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            return "jack" if _plays_on_jack(config.rootpath / file) else file

    return Files(config, log)


@functools.cache
def _plays_on_jack(file):
    return re.search(r"def \w+\([^)]*\bjack\b", file.read_text(encoding="utf-8")) is not None


@pytest.fixture(scope="session", autouse=True)
def state_folder(tmp_path_factory):
    """Persistent files go to a temporary folder instead of the user's home."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="session")
def root():
    return ROOT
