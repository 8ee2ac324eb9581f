import fcntl
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from parts import Program, jack_priority, need


@pytest.fixture
def link_session():
    """The machine's Link session, which is everybody's, to oneself."""
    with (Path(tempfile.gettempdir()) / "sideman-link-session").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


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
