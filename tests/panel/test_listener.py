"""Where browsers reach the panel, and the errors when it cannot be opened."""

import socket
import sys
from urllib.parse import urlsplit

import pytest

from perform.errors import InputError, StartError
from perform.panel.listener import open_listener


def test_a_local_panel_needs_no_token():
    listener = open_listener("127.0.0.1", 0)
    with listener.socket:
        port = listener.socket.getsockname()[1]
        assert listener.url == f"http://127.0.0.1:{port}/"
        assert listener.access_rules()["token"] == ""
        assert listener.qr_code() == ""


def test_a_local_panel_needs_the_token_of_the_rig():
    listener = open_listener("127.0.0.1", 0, "a token of the rig")
    listener.socket.close()
    assert listener.url.endswith("/?token=a%20token%20of%20the%20rig")
    assert listener.access_rules() == {
        "token": "a token of the rig", "names": ("127.0.0.1", "localhost"), "loopback": True,
        "proxied": (), "path": "/",
    }  # fmt: skip
    assert listener.qr_code() == ""  # no phone reaches it


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no IPv6 here")
def test_a_panel_at_all_addresses_is_reached_at_its_url():
    listener = open_listener("::", 0)
    with listener.socket:
        url = urlsplit(listener.url)
        socket.create_connection((url.hostname, url.port), timeout=5).close()


def test_a_panel_on_the_network_has_the_stored_token_or_that_of_the_rig():
    listeners = [open_listener("0.0.0.0", 0) for _ in range(2)]
    fixed = open_listener("0.0.0.0", 0, "a token of the rig")
    for listener in (*listeners, fixed):
        listener.socket.close()
    assert listeners[0].token == listeners[1].token
    assert len(listeners[0].token) == 16
    assert listeners[0].url.endswith(f"?token={listeners[0].token}")
    assert "0.0.0.0" not in listeners[0].url
    assert fixed.token == "a token of the rig"
    assert "?token=a%20token%20of%20the%20rig" in fixed.url
    assert len(listeners[0].qr_code().splitlines()) > 10


def test_a_port_in_use_is_an_error_that_names_the_key():
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(InputError, match="listen"):
        open_listener("127.0.0.1", other.getsockname()[1])


def test_an_address_of_another_machine_is_an_error():
    with pytest.raises(
        InputError, match=r"^panel 192.0.2.1:8137 [^\n]* no address of this machine"
    ):
        open_listener("192.0.2.1", 8137)


def test_missing_packages_are_an_error_that_names_the_mend(monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(StartError, match=r"needs uvicorn; .*pip install '\.\[panel\]'"):
        open_listener("127.0.0.1", 0)


def test_a_local_panel_behind_a_proxy_needs_a_token():
    listener = open_listener("127.0.0.1", 0, None, ("band.example",), "/jam/")
    listener.socket.close()
    rules = listener.access_rules()
    assert (len(rules["token"]) > 8, rules["path"], rules["proxied"]) == (
        True,
        "/jam/",
        ("band.example",),
    )
