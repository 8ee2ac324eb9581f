"""Fixtures and settings of all tests."""

import functools
import gc
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


# Files whose tests run in one worker: one test at a time may use JACK, and each process that loads
# TensorFlow takes five seconds. Long tests take longer than that, so they are spread.
TOGETHER = {
    "jack": re.compile(r"def \w+\([^)]*\bjack\b"),
    "tensorflow": re.compile(r'LazyModule\("training\.|"untraced"|^ *import keras$', re.MULTILINE),
}
# What begins last ends last, so the slow files begin first.
FIRST = ("tensorflow", "jack", "tests/real/", "tests/training/", "tests/commands/", "tests/")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """`--dist loadfile`, with the groups of `TOGETHER` and the order of `FIRST`."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    spread = () if "not long" in config.option.markexpr else ("tensorflow",)

    class Files(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            group = _group(config.rootpath, file)
            return file if group in spread else group

    config.option.loadscopereorder = False  # it would begin with the file of the most tests
    return Files(config, log)


def pytest_collection_modifyitems(config, items):
    def rank(item):
        group = _group(config.rootpath, item.nodeid.partition("::")[0])
        return next(place for place, prefix in enumerate(FIRST) if group.startswith(prefix))

    items.sort(key=rank)


def pytest_collection_finish(session):
    """What was imported and collected stays: to walk through it again and again takes a sixth of
    the time of all tests.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@functools.cache
def _group(root, file):
    """The group of a test file; its own path when it needs none."""
    text = (root / file).read_text(encoding="utf-8")
    return next((name for name, uses in TOGETHER.items() if uses.search(text)), file)


@pytest.fixture(scope="session", autouse=True)
def state_folder(tmp_path_factory):
    """Persistent files go to a temporary folder instead of the user's home."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="session")
def root():
    return ROOT
