"""A freshly installed Debian release in a folder, for tests on a machine without our software."""

import configparser
import io
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from parts import need
from registry import pip_settings

NEW_DEBIAN = Path(__file__).with_name("new_debian.sh")
SECONDS = 900
PATHS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# The settings with which this machine reaches the network.
NETWORK = {"http_proxy", "https_proxy", "no_proxy", "ssl_cert_file", "requests_ca_bundle"}
# A wheel from the cache of this machine would hide that pip needs a compiler.
BUILT_HERE = ("PIP_CACHE_DIR", "PIP_CONFIG_FILE", "global.cache-dir")


def need_debian():
    """The address of apt's Debian mirror. Skips the test if Debian cannot be installed here."""
    for program in ("apt-get", "debootstrap", "script", "unshare"):
        need(program)
    mounted = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    if os.geteuid() or subprocess.run(mounted, capture_output=True, check=False).returncode:
        _without("Debian is laid into a folder by a root that may mount")
    asked = ["apt-get", "indextargets", "Created-By: Packages"]
    asked += ["--format", "$(RELEASE) $(COMPONENT) $(REPO_URI)"]
    known = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    release = Path("/etc/os-release").read_text(encoding="utf-8")
    for suite, component, address in map(str.split, known.splitlines()):
        if component == "main" and f"VERSION_CODENAME={suite}\n" in release:
            return address
    return _without("apt names no Debian mirror")


def _without(reason):
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; CI must have it")
    pytest.skip(reason)


def type_on_new_debian(suite, mirror, command, tree, folder):
    """The (exit status, terminal output) of a command in a copy of `tree`, on a new Debian.

    The files demo.* that the command writes are in `folder` afterwards.
    """
    not_ours = shutil.ignore_patterns(
        ".*", "__pycache__", "build", "dist", "runs", "demo.mid", "demo.wav"
    )
    shutil.copytree(tree, folder / "sideman", ignore=not_ours)
    environment = _of_pip_and_the_network()
    configuration, settings = _configuration_of_pip()
    (folder / "pip.conf").write_text(configuration, encoding="utf-8")
    words = ["unshare", "--mount", "--propagation", "private", "sh", NEW_DEBIAN]
    words += [suite, mirror, folder, command]
    words += _paths([*environment.values(), *settings])
    # pip and the demo draw only on a terminal
    shown = ["script", "--quiet", "--return", "--command", shlex.join(map(str, words)), "/dev/null"]
    done = subprocess.run(
        shown,
        env={**environment, "HOME": "/root", "PATH": PATHS, "LANG": "C.UTF-8", "TERM": "xterm"},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def _of_pip_and_the_network():
    return {
        name: value
        for name, value in os.environ.items()
        if (name.startswith("PIP_") or name.lower() in NETWORK) and name not in BUILT_HERE
    }


def _configuration_of_pip():
    """The (text, values) of pip's configuration files on this machine, joined into one file."""
    parser = configparser.RawConfigParser()
    values = []
    for name, value in pip_settings().items():
        if name in BUILT_HERE or name.startswith(":env:"):
            continue
        values.append(value)
        section, _, option = name.partition(".")
        if not parser.has_section(section):
            parser.add_section(section)
        parser.set(section, option, value)
    file = io.StringIO()
    parser.write(file)
    return file.getvalue(), values


def _paths(values):
    """The paths that settings name: certificates, constraints, folders of wheels."""
    found = {_folder_of(word) for value in values for word in value.split()}
    return sorted(str(path) for path in found if path.is_absolute() and path.exists())


def _folder_of(word):
    path = Path(word.removeprefix("file://"))
    # The pages of a package index link to files in a folder beside it.
    beside = word.startswith("file://") and len(path.parent.parts) > 2
    return path.parent if beside else path
