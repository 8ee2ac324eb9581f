import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from parts import Program, jack_priority, need

LINKED = {"test_clocks.py", "test_cookbook.py"}  # a Link session is everybody's on the machine


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """With several processes a file stays in one, and those that join a Link session in the same one."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            group = "link" if item.path.name in LINKED else item.path.name
            item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def jack():
    """A JACK server without a sound card; rtmidi finds it by the environment."""
    need("jackd")
    name = f"sideman{os.getpid()}"
    os.environ["JACK_DEFAULT_SERVER"] = name
    os.environ["JACK_NO_START_SERVER"] = "1"
    server = Program(
        "jackd", "-n", name, *jack_priority(), "-d", "dummy", "-r", "48000", "-p", "128"
    )

    waiting = subprocess.run(["jack_wait", "-w", "-t", "20", "-s", name], check=False)
    assert waiting.returncode == 0, "\n".join(server.lines)
    yield name
    server.end()
