"""The shipped surfaces, with the rig that each one's README names."""

import re

import pytest
import surface_messages
from dispatchers import FakeClient, with_clients

from perform.config.load import load_rig
from perform.config.set_file import read_set
from perform.surfaces import formats


def of_puredata(data):
    """The OSC messages that a patch makes of what its controls send."""
    for name, value in surface_messages.of_pure_data(data):
        address, _, option = name.removesuffix(":say").partition("=")
        yield address, (option,) if option else (float(value),) if value else ()


MESSAGES = {
    "touchosc": surface_messages.of_touchosc,
    "max": surface_messages.of_max,
    "open-stage-control": surface_messages.of_open_stage_control,
    "pd": of_puredata,
}


@pytest.mark.parametrize("kind", formats.FORMATS)
def test_the_rig_of_its_readme_accepts_every_message_of_a_shipped_surface(kind, root):
    page = (root / "patches" / kind / "README.md").read_text()
    (named,) = re.findall(r"`perform run (patches/rigs/[\w-]+\.toml)`", page)
    data = (root / f"patches/{kind}/sideman{formats.FORMATS[kind].suffix}").read_bytes()
    messages = [
        (address.removeprefix("/sideman"), values)
        for address, values in dict.fromkeys(MESSAGES[kind](data))
        if "subscribe" not in address
    ]

    async def scene(clients):
        surface = FakeClient(("127.0.0.1", 5000))
        later = ("/snapshot/recall", "/song/previous")  # what needs another one before it
        for address, values in sorted(messages, key=lambda it: it[0] in later):
            clients.send(surface, address, *values)
        await clients.events.songs._reloading
        assert surface.at("/error") == []
        assert clients.dispatcher.stats()["received"] == len(messages) > 300

    voices = [voice.settings() for voice in load_rig(root / named).voices]
    song_set = read_set(root / "patches/sets/gig.toml", [voice.name for voice in voices])
    with_clients(scene, voices=voices, song_set=song_set)


def test_a_value_that_is_not_known_yet_is_no_text(root):
    pictures = [*(root / "patches").glob("*/sideman.svg")]
    assert len(pictures) == 4
    assert [it for it in pictures if ">None</text>" in it.read_text()] == []
