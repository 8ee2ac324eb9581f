"""The commands in patches/ that need MIDI ports print what their pages show."""

import contextlib

import code_blocks
import pytest
from code_blocks import ROOT
from parts import instrument


@pytest.fixture(scope="module")
def ports(jack):
    """The ports of a keyboard, a synthesizer and a loop, opened as other programs do."""
    with contextlib.ExitStack() as ends:

        def plug_in(kind, name):
            return ends.enter_context(contextlib.closing(instrument(kind, name)))

        plug_in("output", "Keystation")
        plug_in("input", "MicroFreak")
        out = plug_in("output", "Loop out")
        plug_in("input", "Loop in").listen(lambda message, _: out.send(message))
        yield


@pytest.mark.parametrize("block", code_blocks.blocks(ROOT, "console jack"), ids=str)
def test_ports_are_named_as_the_page_shows(block, ports, root, tmp_path):
    code_blocks.check(block, tmp_path, root)
