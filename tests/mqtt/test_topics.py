"""Topics and payloads of MQTT against the one table."""

import aiomqtt
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform import controls
from perform.errors import WireError
from perform.events import ChordChanged, KeyPressed, ModeChanged, Panic, Turned, VoiceMuted
from perform.mqtt.config import MqttConfig
from perform.mqtt.topics import MOST_PAYLOAD, Topics, spell, values
from perform.reading import StatsAsked

VOICES = ("lead", "left hand")
TABLE = {
    address: control.plain() | {"address": address} for address, control in controls.of_rig(VOICES)
}
MQTT = MqttConfig(broker="h:1", name="foyer", prefix="museum/east", groups=("north", "loud"))
WAYS = ("museum/east/foyer", "museum/east/group/north", "museum/east/group/loud", "museum/east/all")


def meaning(address, payload):
    said = values(payload.encode(), TABLE[address])
    # by way of JSON, as it goes to the daemon
    return None if said is None else controls.read(address, told(said))


def told(said):
    return tuple(msgspec.json.decode(msgspec.json.encode(said)))


def test_every_address_is_heard_once_for_the_one_the_group_and_all():
    topics = Topics(MQTT, TABLE)
    filters = topics.filters()
    for way in WAYS:
        for address in TABLE:
            topic = aiomqtt.Topic(way + address)
            assert sum(topic.matches(one) for one, _ in filters) == 1, topic
            assert topics.address(topic.value) == address


def test_what_we_tell_is_not_heard_again_or_known_as_ours():
    topics = Topics(MQTT, TABLE)
    for address in TABLE:
        state = aiomqtt.Topic(topics.of("state", address))
        assert not any(state.matches(one) for one, _ in topics.filters())
    for own in ("availability", "error", "beat"):
        assert topics.address(topics.of(own)) is None
    assert topics.address("museum/east/all/state/tempo") == "/state/tempo"  # nobody's: refused
    assert topics.address("museum/west/foyer/chord") is None


def test_what_is_misspelt_is_heard_so_that_it_can_be_answered():
    topics = Topics(MQTT, TABLE)
    for wrong in ("chrod", "weight/stpes", "voice/nobody/mute", "voice/lead/weight/x"):
        topic = aiomqtt.Topic(topics.of(wrong))
        assert any(topic.matches(one) for one, _ in topics.filters()), wrong


def test_quality_goes_by_the_longest_name():
    qos = {"state": 0, "state/tempo": 2, "chord": 2, "": 1}
    topics = Topics(MqttConfig(broker="h:1", qos=qos), TABLE)
    assert topics.qos("state/tempo", 0) == 2
    assert topics.qos("state/metre", 1) == 0
    assert topics.qos("chord/release", 0) == 2
    assert topics.qos("panic", 0) == 1
    assert dict(topics.filters())["sideman/all/chord/+"] == 2
    assert dict(topics.filters())["sideman/all/weight/+"] == 1
    assert Topics(MQTT, TABLE).qos("state/tempo", 0) == 0


@pytest.mark.parametrize(
    ("address", "payload", "kind"),
    [
        ("/chord", "Cm7", ChordChanged),
        ("/chord", '"Cm7"', ChordChanged),
        ("/chord", "60 64 67", ChordChanged),
        ("/chord", "[60, 64, 67]", ChordChanged),
        ("/chord", "60, 64,67", ChordChanged),
        ("/note", "60 100", KeyPressed),
        ("/note", "[60,100]", KeyPressed),
        ("/weight/steps", " 0.5\n", Turned),
        ("/voice/left hand/mute", "ON", VoiceMuted),
        ("/voice/lead/mute", "false", VoiceMuted),
        ("/mode", "trade 8", ModeChanged),
        ("/mode", "hold", ModeChanged),
        ("/panic", "PRESS", Panic),
        ("/panic", "1", Panic),
        ("/stats", "please", StatsAsked),
    ],
)
def test_payloads_mean_what_they_say(address, payload, kind):
    assert isinstance(meaning(address, payload), kind)


def test_switches_and_spans_keep_their_value():
    assert meaning("/voice/lead/mute", "off") == VoiceMuted("lead", False)
    assert meaning("/mode", '["trade", 8]') == ModeChanged(None, "trade", 8)
    assert meaning("/snapshot/store", "123").name == "123"
    assert meaning("/chart", "").bars == ()


def test_a_button_that_comes_up_and_a_payload_that_is_empty_do_nothing():
    assert meaning("/panic", "off") is None
    assert meaning("/panic", "0") is None
    for address, control in TABLE.items():
        if address != "/chart":
            assert values(b"", control) is None
            assert values(b" \n", control) is None


@given(st.sampled_from(sorted(TABLE)), st.binary(max_size=200))
def test_no_payload_does_more_than_be_refused(address, payload):
    try:
        said = values(payload, TABLE[address])
        if said is not None:
            msgspec.json.encode(said)  # as it goes to the daemon
            controls.read(address, said)
    except WireError as fault:
        assert "\n" not in str(fault)


@given(st.sampled_from(sorted(TABLE)), st.text(max_size=60))
def test_nor_does_any_text(address, text):
    try:
        said = values(text.encode("utf-8", "surrogatepass"), TABLE[address])
        if said is not None:
            msgspec.json.encode(said)
            controls.read(address, said)
    except WireError as fault:
        assert str(fault)


def test_what_is_no_text_or_too_long_is_refused():
    for payload, why in (
        (b"\xff\xfe", "text"),
        (b"C\0m7", "control characters"),
        (b"C" * (MOST_PAYLOAD + 1), "at most"),
        (b"[1, {}]", "list of numbers"),
        (b'"', "JSON"),
        (b'["\\ud800"]', "JSON"),
    ):
        with pytest.raises(WireError, match=why):
            values(payload, TABLE["/chord"])
    assert values(b"anything", None) == ("anything",)
    for huge in (b"99999999999999999999 60", b"[99999999999999999999, 60, 64]", b"9" * 5000):
        with pytest.raises(WireError):
            meaning("/chord", huge.decode())


@given(st.floats(-400, 400))
def test_a_number_that_is_told_can_be_said_again(value):
    (said,) = values(spell(value).encode(), TABLE["/tempo"])
    assert said == pytest.approx(value, rel=1e-5, abs=1e-9)
