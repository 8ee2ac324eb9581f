"""Which requests the panel lets in, and which messages it takes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.errors import MessageError
from perform.panel.guard import Guard, parse_message, token_of

LOCAL = Guard(["127.0.0.1", "localhost"], "", loopback=True)
PUBLIC = Guard(["0.0.0.0", "localhost", "pi", "pi.local"], "a token that is long", loopback=False)


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8137", "localhost:8137", "LOCALHOST", "[::1]:8137", "127.0.0.2"]
)
def test_this_machine_comes_in_by_its_own_names(host):
    assert LOCAL.refusal(host, f"http://{host}", "") == ""
    assert LOCAL.refusal(host, None, "") == ""


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:8137",
        "",
        "127.0.0.1.evil.example",
        "192.168.1.9:8137",
        "[::1",
        "a@evil.example",
    ],
)
def test_another_name_is_refused(host):
    assert "name" in LOCAL.refusal(host, None, "")


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "",
        "http://127.0.0.1:9999",
        "file://",
        "http://[",
        "ftp://127.0.0.1:8137",
    ],
)
def test_a_page_of_another_site_is_refused(origin):
    assert "another site" in LOCAL.refusal("127.0.0.1:8137", origin, "")


@pytest.mark.parametrize("host", ["192.168.1.9:8137", "pi.local:8137", "[fe80::1]:8137", "PI:8137"])
def test_another_machine_needs_the_token(host):
    assert PUBLIC.refusal(host, f"http://{host}", "a token that is long") == ""
    for wrong in ("", "a token", "a token that is long ", "ä token"):
        assert "token" in PUBLIC.refusal(host, None, wrong)
    assert "name" in PUBLIC.refusal("evil.example", None, "a token that is long")


@pytest.mark.parametrize(
    ("query", "cookie", "token"),
    [
        (b"token=abc", "", "abc"),
        (b"token=abc", "sideman=other", "abc"),
        (b"", "x=1; sideman=abc; y=2", "abc"),
        (b"token=a%20b%3B", "", "a b;"),
        (b"", "sideman=a%20b%3B; y=2", "a b;"),
        (b"tok=abc", "notsideman=abc", ""),
        (b"\xff\xfe=%ff", "", ""),
    ],
)
def test_the_token_is_in_the_query_or_in_the_cookie(query, cookie, token):
    assert token_of(query, cookie) == token


def test_a_message_is_an_address_and_values():
    assert parse_message('["/chord", "C7"]') == ("/chord", ["C7"])
    assert parse_message('["/weight/steps", 0.5]') == ("/weight/steps", [0.5])
    assert parse_message('["/panic"]') == ("/panic", [])


@pytest.mark.parametrize(
    "text",
    [
        *("", "{}", "[]", "3", '["chord"]', '["/a", null]', '["/a", [1]]', '["/a", {"b": 1}]'),
        "[" * 9999,
        '["/a"' + ", 1" * 33 + "]",
        '["/subscribe", "10.0.0.1", 53]',
        '["/unsubscribe"]',
    ],
)
def test_any_other_text_is_an_error_of_one_line(text):
    with pytest.raises(MessageError) as error:
        parse_message(text)
    assert "\n" not in str(error.value)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=20))
def test_any_json_is_a_message_or_an_error(value):
    try:
        address, values = parse_message(json.dumps(value))
    except MessageError:
        return
    assert address.startswith("/")
    assert all(isinstance(it, str | int | float) for it in values)


def test_the_names_of_a_reverse_proxy_come_in_also_where_it_replaces_the_host():
    guard = Guard(["127.0.0.1"], "a token", proxied=["Band.example"], loopback=True)
    for host in ("127.0.0.1:8137", "band.example"):
        assert guard.refusal(host, "https://band.example", "a token") == ""
        assert "token" in guard.refusal(host, "https://band.example", "")
        assert "another site" in guard.refusal(host, "https://evil.example", "a token")
        assert "another site" in guard.refusal(host, "ftp://band.example", "a token")
    assert "name" in guard.refusal("evil.example", None, "a token")
    assert "another site" in LOCAL.refusal("127.0.0.1", "https://band.example", "")
