"""Address patterns: what they match, and that no pattern takes long."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.errors import MessageError
from perform.net.osc_patterns import below_prefix, is_pattern, matching

ADDRESSES = ["/mute", "/voice/lead/mute", "/voice/bass/mute", "/voice/b/mute", "/voice/b/mode/bars"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("/voice/*/mute", ["lead", "bass", "b"]),
        ("/voice/{lead,bass}/mute", ["lead", "bass"]),
        ("/voice/?/mute", ["b"]),
        ("/voice/[a-c]*/mute", ["bass", "b"]),
        ("/voice/[!a-c]*/mute", ["lead"]),
        ("/voice/*a*/m*{e,y}", ["lead", "bass"]),
        ("/*/mute", []),
        ("/voice*", []),
    ],
)
def test_a_pattern_matches_within_each_part(pattern, found):
    assert matching(pattern, ADDRESSES) == [f"/voice/{voice}/mute" for voice in found]


@pytest.mark.parametrize(
    ("address", "prefix", "below"),
    [
        ("/sideman/tempo", "/sideman", "/tempo"),
        ("/*/voice/*/mute", "/sideman", "/voice/*/mute"),
        ("/{band,side[a-m]an}/tempo", "/sideman", "/tempo"),
        ("/hall/s*/tempo", "/hall/sideman", "/tempo"),
        ("/*/tempo", "/hall/sideman", ""),
        ("/*", "/sideman", ""),
        ("/other*/tempo", "/sideman", ""),
        ("/sidemans/tempo", "/sideman", ""),
    ],
)
def test_a_pattern_may_match_the_prefix_too(address, prefix, below):
    assert below_prefix(address, prefix) == below


@given(st.text("/ab*?[]{},!-", max_size=30))
def test_any_pattern_is_matched_or_rejected(pattern):
    try:
        found = matching(pattern, ["/a/b", "/ab", "/"])
    except MessageError:
        return
    assert is_pattern(pattern) or found == [it for it in ("/a/b", "/ab", "/") if it == pattern]


def test_no_pattern_takes_long():
    begun = time.process_time()
    assert matching("/" + "*a" * 90 + "b", ["/" + "a" * 200] * 20) == []
    with pytest.raises(MessageError, match="choices"):
        matching("/" + "{a,b}" * 30, ["/a"])
    assert time.process_time() - begun < 0.5
