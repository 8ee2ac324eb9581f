"""Topics and payloads of MQTT against the one table."""

import aiomqtt
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.config.mqtt import MqttConfig
from perform.control import registry
from perform.control.parsers import StatsRequest
from perform.errors import MessageError
from perform.events import (
    ChordChanged,
    ModeChanged,
    Panic,
    ParameterChanged,
    PlayerNoteOn,
    VoiceMuted,
)
from perform.mqtt.topics import LONGEST_CLIENT, MOST_PAYLOAD, Topics, spell, values
from perform.music.chord import parse_chord

VOICES = ("lead", "left hand")
TABLE = {
    address: control.as_json() | {"address": address}
    for address, control in registry.addresses(VOICES)
}
MQTT = MqttConfig(broker="h:1", name="foyer", prefix="museum/east", groups=("north", "loud"))
WAYS = ("museum/east/foyer", "museum/east/group/north", "museum/east/group/loud", "museum/east/all")


def meaning(address, payload):
    said = values(payload.encode(), TABLE[address])
    # by way of JSON, as it goes to the daemon
    return None if said is None else registry.parse(address, told(said))


def told(said):
    return tuple(msgspec.json.decode(msgspec.json.encode(said)))


# what a player says to each kind of control, as OSC has it, and the payloads that mean the same
TEXTS = {
    "/chart": "|: Dm7 G7 | Cmaj7 :|", "/key": "F#m", "/learn": "/voice/left hand/swing",
    "/snapshot/store": "the end", "/snapshot/recall": "the end",
}  # fmt: skip


def spelled(address, control):
    """(values over OSC, payloads over MQTT) of everything that a control takes."""
    match control["kind"]:
        case "action":
            yield (), ("1", "PRESS", "true", "on")
        case "switch":
            yield (1,), ("1", "on", "ON", "true", "1.0")
            yield (0,), ("0", "off", "False", "no")
        case "number":
            for value in (
                control["low"],
                control["high"],
                control["low"] / 4 + control["high"] / 2,
            ):
                yield (value,), (str(value), f" {value}\n")
        case "chord":
            yield ("F#m7b5/C",), ("F#m7b5/C", '"F#m7b5/C"', '["F#m7b5/C"]')
            yield (57, 60, 64, 67), ("57 60 64 67", "57,60, 64\t67", "[57, 60, 64, 67]")
        case "note":
            yield (60, 100), ("60 100", "[60, 100]", "60,100")
        case "choice":
            for choice in control["choices"]:
                yield (choice,), (choice, f'"{choice}"')
                if control["takes"] == "s[i]":
                    yield (choice, 8), (f"{choice} 8", f'["{choice}", 8]')
        case "text":
            text = TEXTS.get(address, "blues")
            yield (text,), (text, f"{text}\n")
        case "request" if control["takes"] == "s":
            yield (TEXTS[address],), (TEXTS[address],)
        case "request":
            yield (), ("1", "please")


# who is told over MQTT is told by topics
@pytest.mark.parametrize("address", [it for it in TABLE if "subscribe" not in it])
def test_every_control_is_heard_whole(address):
    """With all its values, for voices, in all spellings: as if it were said over OSC."""
    said = list(spelled(address, TABLE[address]))
    assert said
    for over_osc, payloads in said:
        wanted = registry.parse(address, over_osc)
        for payload in payloads:
            assert meaning(address, payload) == wanted


def test_every_address_is_heard_for_the_one_the_group_and_all():
    topics = Topics(MQTT, TABLE)
    filters = topics.filters()
    for way in WAYS:
        for address in TABLE:
            topic = aiomqtt.Topic(way + address)
            assert [way + "/#"] == [one for one, _ in filters if topic.matches(one)]
            assert topics.address(topic.value) == address


def test_what_we_tell_is_known_as_ours():
    topics = Topics(MQTT, TABLE)
    for own in (*(f"state{address}" for address in TABLE), "availability", "error", "beat"):
        assert topics.ours(topics.of(own))
        assert topics.address(topics.of(own)) is None
    assert topics.address("museum/east/all/state/tempo") == "/state/tempo"  # nobody's: refused
    assert topics.address("museum/west/foyer/chord") is None
    assert not topics.ours("museum/east/foyers/state/tempo")


@pytest.mark.parametrize(
    "wrong",
    ["foyer/chrod", "foyer/wieght/steps", "all/a/b/c/d/e", "group/north/weight/stpes", "chord"],
)
def test_what_is_misspelt_is_heard_so_that_it_can_be_answered(wrong):
    topics = Topics(MQTT, TABLE)
    topic = aiomqtt.Topic(f"museum/east/{wrong}")
    assert any(topic.matches(one) for one, _ in topics.filters())
    assert topics.stands(topic.value)  # a flood of it is looked at once
    address = topics.address(topic.value)
    assert address is None or address not in TABLE


def test_what_is_of_a_moment_stands_nowhere():
    topics = Topics(MQTT, TABLE)
    for address, control in TABLE.items():
        for way in WAYS:
            wanted = control["told"] or address == "/panic"
            assert topics.stands(way + address) == wanted, address


def test_every_installation_is_a_client_of_its_own():
    named = [("a-b", "c"), ("a", "b-c"), ("a/b", "c"), ("a", "c"), ("a", "c-trial")]
    configs = [MqttConfig(broker="h:1", prefix=prefix, name=name) for prefix, name in named]
    clients = [Topics(one, TABLE).client(purpose) for one in configs for purpose in ("", "a trial")]
    assert len(set(clients)) == 2 * len(named)
    assert clients[0] == Topics(configs[0], {}).client()
    # what every broker takes, by MQTT 3.1.1
    assert all(it.isascii() and it.isalnum() and len(it) <= LONGEST_CLIENT for it in clients)


def test_quality_goes_by_the_longest_name():
    qos = {"state": 0, "state/tempo": 2, "chord": 2, "": 1}
    topics = Topics(MqttConfig(broker="h:1", qos=qos), TABLE)
    assert topics.qos("state/tempo", 0) == 2
    assert topics.qos("state/metre", 1) == 0
    assert topics.qos("chord/release", 0) == 2
    assert topics.qos("panic", 0) == 1
    assert dict(topics.filters())["sideman/all/#"] == 2
    assert Topics(MQTT, TABLE).qos("state/tempo", 0) == 0


@pytest.mark.parametrize(
    ("address", "payload", "kind"),
    [
        ("/chord", "Cm7", ChordChanged),
        ("/chord", '"Cm7"', ChordChanged),
        ("/chord", "60 64 67", ChordChanged),
        ("/chord", "[60, 64, 67]", ChordChanged),
        ("/chord", "60, 64,67", ChordChanged),
        ("/note", "60 100", PlayerNoteOn),
        ("/note", "[60,100]", PlayerNoteOn),
        ("/weight/steps", " 0.5\n", ParameterChanged),
        ("/voice/left hand/mute", "ON", VoiceMuted),
        ("/voice/lead/mute", "false", VoiceMuted),
        ("/mode", "trade 8", ModeChanged),
        ("/mode", "hold", ModeChanged),
        ("/panic", "PRESS", Panic),
        ("/panic", "1", Panic),
        ("/stats", "please", StatsRequest),
    ],
)
def test_payloads_mean_what_they_say(address, payload, kind):
    assert isinstance(meaning(address, payload), kind)


def test_switches_and_spans_keep_their_value():
    assert meaning("/voice/lead/mute", "off") == VoiceMuted("lead", False)
    assert meaning("/mode", '["trade", 8]') == ModeChanged(None, "trade", 8)
    assert meaning("/snapshot/store", "123").name == "123"
    assert meaning("/chart", "").chart.bars == ()
    assert meaning("/chord", "57 60 64 67") == ChordChanged(parse_chord("Am7"))


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
            registry.parse(address, said)
    except MessageError as fault:
        assert "\n" not in str(fault)


@given(st.sampled_from(sorted(TABLE)), st.text(max_size=60))
def test_nor_does_any_text(address, text):
    try:
        said = values(text.encode("utf-8", "surrogatepass"), TABLE[address])
        if said is not None:
            msgspec.json.encode(said)
            registry.parse(address, said)
    except MessageError as fault:
        assert str(fault)


def test_what_is_no_text_or_too_long_is_refused():
    for payload, why in (
        (b"\xff\xfe", "text"),
        (b"C\0m7", "control characters"),
        (b"C" * (MOST_PAYLOAD + 1), "at most"),
        (b"[1, {}]", "list of numbers"),
        (b'"', "JSON"),
        (b"[" * 12_000, "JSON"),
        (b'["\\ud800"]', "JSON"),
    ):
        with pytest.raises(MessageError, match=why):
            values(payload, TABLE["/chord"])
    assert values(b"anything", None) == ("anything",)
    assert values(b"", None) is None  # a retained mistake that is cleared
    for huge in (b"99999999999999999999 60", b"[99999999999999999999, 60, 64]", b"9" * 5000):
        with pytest.raises(MessageError):
            meaning("/chord", huge.decode())


@given(st.floats(-400, 400))
def test_a_number_that_is_told_can_be_said_again(value):
    (said,) = values(spell(value).encode(), TABLE["/tempo"])
    assert said == pytest.approx(value, rel=1e-5, abs=1e-9)
