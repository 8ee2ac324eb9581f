"""The commands in patches/ that need a daemon print what their pages show."""

import socket

import code_blocks
import pytest
from code_blocks import ROOT
from loopback import free_port
from parts import eventually, need, perform

from perform.net.osc import encode

WRONG = {"/chord": "C7", "/sideman/weight/step": 1.0, "/sideman/swing": 7.0}


@pytest.fixture
def daemon(tmp_path):
    port = free_port()
    (tmp_path / "rig.toml").write_text(
        f'[inputs.osc]\nlisten = "127.0.0.1:{port}"\n'
        f'[outputs.unused]\nkind = "osc"\nto = "127.0.0.1:{free_port()}"\n'
    )
    program = perform("run", str(tmp_path / "rig.toml")).started("ready")
    program.port = port
    yield program
    program.end()


@pytest.mark.parametrize("block", code_blocks.blocks(ROOT, "console daemon"), ids=str)
def test_a_running_daemon_replies_as_the_page_shows(block, daemon, root, tmp_path):
    need("oscsend")

    def change(text):
        there = text.replace("127.0.0.1:9000", f"127.0.0.1:{daemon.port}")
        return there.replace("127.0.0.1 9000", f"127.0.0.1 {daemon.port}")

    code_blocks.check(block, tmp_path, root, change)


@pytest.mark.parametrize("block", code_blocks.blocks(ROOT, "text daemon"), ids=str)
def test_the_log_has_the_lines_that_the_page_quotes(block, daemon):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for address, value in WRONG.items():
            client.sendto(encode(address, value), ("127.0.0.1", daemon.port))
    for line in block.text.splitlines():
        eventually(lambda line=line: line in daemon.lines)
