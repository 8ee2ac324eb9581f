"""No installation needs a compiler: every package has a wheel for each supported machine."""

import os
import re
import subprocess
import sys
import tomllib
from itertools import chain, product
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from registry import pip_setting

pytestmark = pytest.mark.network

MACHINES = ("x86_64", "aarch64")
# The packages that pyproject.toml omits on a version of Python. They have no wheel there, or
# another package does their work.
LEFT_OUT = {
    "3.11": {"supriya-midi"},
    "3.12": {"supriya-midi"},
    "3.13": {"python-rtmidi"},
    "3.14": {"python-rtmidi", "tensorflow"},
}
# the oldest glibc that the wheels must support; Debian 12 has 2.36
GLIBC = "manylinux_2_28"
# uv's names for pip's options
INDEXES = {
    "index-url": "--default-index",
    "extra-index-url": "--index",
    "find-links": "--find-links",
}


@pytest.mark.parametrize(("python", "machine"), [*product(LEFT_OUT, MACHINES)])
def test_every_package_has_a_wheel(python, machine, root):
    """The base and every extra but `dev`, whose isobar is pure Python and has no wheel."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {
        name: lines for name, lines in project["optional-dependencies"].items() if name != "dev"
    }
    named = chain(project["dependencies"], *extras.values())
    found = _resolved(root, python, machine, extras)
    assert {_plain(Requirement(line).name) for line in named} - found == LEFT_OUT[python]


def _resolved(root, python, machine, extras):
    """The names of all packages of an installation that uses only wheels.

    uv can evaluate markers for another Python and machine; pip uses those that it runs on.
    """
    words = [
        "pip",
        "compile",
        "pyproject.toml",
        "--quiet",
        "--no-header",
        "--no-annotate",
        "--prerelease",
        "explicit",
    ]
    words += ["--only-binary", ":all:", "--index-strategy", "unsafe-best-match"]
    words += ["--python-version", python, "--python-platform", f"{machine}-{GLIBC}"]
    words += chain.from_iterable(("--extra", extra) for extra in extras)
    for option, flag in INDEXES.items():
        words += chain.from_iterable((flag, place) for place in pip_setting(option))
    certificates = [("SSL_CERT_FILE", path) for path in pip_setting("cert")]
    done = subprocess.run(
        [Path(sys.executable).with_name("uv"), *words],
        cwd=root, env=os.environ | dict(certificates), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {_plain(line.partition("==")[0]) for line in done.stdout.splitlines() if "==" in line}


def _plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()
