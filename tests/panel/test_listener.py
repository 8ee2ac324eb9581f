"""Where the panel is reached, and what is said when it cannot be."""

import socket
import sys
from urllib.parse import urlsplit

import pytest

from perform.errors import InputError, StartError
from perform.panel.listener import open_door


def test_on_this_machine_no_token_is_asked_for():
    door = open_door("127.0.0.1", 0)
    with door.listening:
        port = door.listening.getsockname()[1]
        assert door.url == f"http://127.0.0.1:{port}/"
        assert door.rules()["token"] == ""
        assert door.picture() == ""


def test_on_this_machine_too_the_token_of_the_rig_is_asked_for():
    door = open_door("127.0.0.1", 0, "a token of the rig")
    door.listening.close()
    assert door.url.endswith("/?token=a%20token%20of%20the%20rig")
    assert door.rules() == {
        "token": "a token of the rig", "names": ("127.0.0.1", "localhost"), "loopback": True,
    }  # fmt: skip
    assert door.picture() == ""  # a telephone does not come in


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no IPv6 here")
def test_at_all_addresses_of_either_kind_it_is_reached_as_it_says():
    door = open_door("::", 0)
    with door.listening:
        place = urlsplit(door.url)
        socket.create_connection((place.hostname, place.port), timeout=5).close()


def test_beyond_it_there_is_one_token_that_stays_or_the_rigs():
    doors = [open_door("0.0.0.0", 0) for _ in range(2)]
    fixed = open_door("0.0.0.0", 0, "a token of the rig")
    for door in (*doors, fixed):
        door.listening.close()
    assert doors[0].token == doors[1].token
    assert len(doors[0].token) == 16
    assert doors[0].url.endswith(f"?token={doors[0].token}")
    assert "0.0.0.0" not in doors[0].url
    assert fixed.token == "a token of the rig"
    assert "?token=a%20token%20of%20the%20rig" in fixed.url
    assert len(doors[0].picture().splitlines()) > 10


def test_a_port_that_is_taken_names_the_key_to_change():
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(InputError, match="listen"):
        open_door("127.0.0.1", other.getsockname()[1])


def test_a_host_that_is_not_ours_is_one_line():
    with pytest.raises(
        InputError, match=r"^panel 192.0.2.1:8137 [^\n]* no address of this machine"
    ):
        open_door("192.0.2.1", 8137)


def test_without_its_packages_the_mend_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(StartError, match=r"needs uvicorn; .*pip install '\.\[panel\]'"):
        open_door("127.0.0.1", 0)
