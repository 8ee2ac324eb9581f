"""Topics and payloads of MQTT, for every control of the registry."""

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
    ChordNotesPlayed,
    FeelChanged,
    ModeChanged,
    Panic,
    ParameterChanged,
    PlayerNoteOn,
    VoiceMuted,
)
from perform.mqtt.topics import (
    MAX_CLIENT_ID,
    MAX_PAYLOAD,
    Topics,
    format_value,
    parse_payload,
)

VOICES = ("lead", "left hand")
CONTROLS = {
    address: control.as_json() | {"address": address}
    for address, control in registry.addresses(VOICES)
}
MQTT = MqttConfig(broker="h:1", name="foyer", prefix="museum/east", groups=("north", "loud"))
BASES = (
    "museum/east/foyer",
    "museum/east/group/north",
    "museum/east/group/loud",
    "museum/east/all",
)


def parse(address, payload):
    """The event or request of a payload, as the daemon gets it: through JSON."""
    values = parse_payload(payload.encode(), CONTROLS[address])
    if values is None:
        return None
    return registry.parse(address, tuple(msgspec.json.decode(msgspec.json.encode(values))))


# a valid text for each control that takes one
TEXTS = {
    "/chart": "|: Dm7 G7 | Cmaj7 :|", "/key": "F#m", "/learn": "/voice/left hand/swing",
    "/snapshot/store": "the end", "/snapshot/recall": "the end",
}  # fmt: skip


def spellings(address, control):
    """(values of an OSC message, MQTT payloads that mean the same), all that a control takes."""
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
        case "request" if control["takes"] == "s[s]":
            text = TEXTS[address]
            yield (text,), (text, f'"{text}"')
            yield (text, "offset"), (f'["{text}", "offset"]',)
        case "request":
            yield (), ("1", "please")


# MQTT has topics in place of subscriptions
@pytest.mark.parametrize("address", [it for it in CONTROLS if "subscribe" not in it])
def test_every_payload_means_what_the_osc_message_means(address):
    """With all values, for voices too, in all spellings."""
    spelled = list(spellings(address, CONTROLS[address]))
    assert spelled
    for osc_values, payloads in spelled:
        expected = registry.parse(address, osc_values)
        for payload in payloads:
            assert parse(address, payload) == expected


def test_every_address_has_topics_for_one_a_group_and_all():
    topics = Topics(MQTT, CONTROLS)
    filters = topics.filters()
    for base in BASES:
        for address in CONTROLS:
            topic = aiomqtt.Topic(base + address)
            assert [base + "/#"] == [one for one, _ in filters if topic.matches(one)]
            assert topics.address(topic.value) == address


def test_what_an_installation_publishes_is_its_own():
    topics = Topics(MQTT, CONTROLS)
    for own in (*(f"state{address}" for address in CONTROLS), "availability", "error", "beat"):
        assert topics.is_own(topics.topic(own))
        assert topics.address(topics.topic(own)) is None
    assert (
        topics.address("museum/east/all/state/tempo") == "/state/tempo"
    )  # of no installation: rejected
    assert topics.address("museum/west/foyer/chord") is None
    assert not topics.is_own("museum/east/foyers/state/tempo")


@pytest.mark.parametrize(
    "wrong",
    ["foyer/chrod", "foyer/wieght/steps", "all/a/b/c/d/e", "group/north/weight/stpes", "chord"],
)
def test_a_misspelt_topic_is_received_so_that_it_gets_a_reply(wrong):
    topics = Topics(MQTT, CONTROLS)
    topic = aiomqtt.Topic(f"museum/east/{wrong}")
    assert any(topic.matches(one) for one, _ in topics.filters())
    assert topics.is_value(topic.value)  # a flood of it is handled once
    address = topics.address(topic.value)
    assert address is None or address not in CONTROLS


def test_an_action_sets_no_value():
    topics = Topics(MQTT, CONTROLS)
    for address, control in CONTROLS.items():
        for base in BASES:
            expected = control["told"] or address == "/panic"
            assert topics.is_value(base + address) == expected, address


def test_every_installation_has_its_own_client_identifier():
    named = [("a-b", "c"), ("a", "b-c"), ("a/b", "c"), ("a", "c"), ("a", "c-trial")]
    configs = [MqttConfig(broker="h:1", prefix=prefix, name=name) for prefix, name in named]
    identifiers = [
        Topics(one, CONTROLS).client_id(purpose) for one in configs for purpose in ("", "a trial")
    ]
    assert len(set(identifiers)) == 2 * len(named)
    assert identifiers[0] == Topics(configs[0], {}).client_id()
    # every broker takes these, by MQTT 3.1.1
    assert all(it.isascii() and it.isalnum() and len(it) <= MAX_CLIENT_ID for it in identifiers)


def test_the_quality_of_service_is_that_of_the_longest_name():
    qos = {"state": 0, "state/tempo": 2, "chord": 2, "": 1}
    topics = Topics(MqttConfig(broker="h:1", qos=qos), CONTROLS)
    assert topics.qos("state/tempo", 0) == 2
    assert topics.qos("state/metre", 1) == 0
    assert topics.qos("chord/release", 0) == 2
    assert topics.qos("panic", 0) == 1
    assert dict(topics.filters())["sideman/all/#"] == 2
    assert Topics(MQTT, CONTROLS).qos("state/tempo", 0) == 0


@pytest.mark.parametrize(
    ("address", "payload", "kind"),
    [
        ("/chord", "Cm7", ChordChanged),
        ("/chord", '"Cm7"', ChordChanged),
        ("/chord", "60 64 67", ChordNotesPlayed),
        ("/chord", "[60, 64, 67]", ChordNotesPlayed),
        ("/chord", "60, 64,67", ChordNotesPlayed),
        ("/note", "60 100", PlayerNoteOn),
        ("/note", "[60,100]", PlayerNoteOn),
        ("/weight/steps", " 0.5\n", ParameterChanged),
        ("/voice/left hand/mute", "ON", VoiceMuted),
        ("/voice/lead/mute", "false", VoiceMuted),
        ("/mode", "trade 8", ModeChanged),
        ("/mode", "hold", ModeChanged),
        ("/voice/lead/feel", "latin", FeelChanged),
        ("/panic", "PRESS", Panic),
        ("/panic", "1", Panic),
        ("/stats", "please", StatsRequest),
    ],
)
def test_a_payload_becomes_its_event_or_request(address, payload, kind):
    assert isinstance(parse(address, payload), kind)


def test_an_event_has_the_value_of_its_payload():
    assert parse("/voice/lead/mute", "off") == VoiceMuted("lead", False)
    assert parse("/mode", '["trade", 8]') == ModeChanged(None, "trade", 8)
    assert parse("/voice/lead/feel", "latin") == FeelChanged("lead", "latin")
    assert parse("/feel", '"auto"') == FeelChanged(None, "auto")
    assert parse("/snapshot/store", "123").name == "123"
    assert parse("/chart", "").chart.bars == ()
    assert parse("/chord", "57 60 64 67") == ChordNotesPlayed((57, 60, 64, 67))


def test_a_released_button_and_an_empty_payload_do_nothing():
    assert parse("/panic", "off") is None
    assert parse("/panic", "0") is None
    for address, control in CONTROLS.items():
        if address != "/chart":
            assert parse_payload(b"", control) is None
            assert parse_payload(b" \n", control) is None


@given(st.sampled_from(sorted(CONTROLS)), st.binary(max_size=200))
def test_any_payload_is_parsed_or_rejected(address, payload):
    try:
        values = parse_payload(payload, CONTROLS[address])
        if values is not None:
            msgspec.json.encode(values)  # as the daemon gets it
            registry.parse(address, values)
    except MessageError as error:
        assert "\n" not in str(error)


@given(st.sampled_from(sorted(CONTROLS)), st.text(max_size=60))
def test_any_text_is_parsed_or_rejected(address, text):
    try:
        values = parse_payload(text.encode("utf-8", "surrogatepass"), CONTROLS[address])
        if values is not None:
            msgspec.json.encode(values)
            registry.parse(address, values)
    except MessageError as error:
        assert str(error)


def test_a_payload_that_is_no_text_or_too_long_is_rejected():
    for payload, reason in (
        (b"\xff\xfe", "text"),
        (b"C\0m7", "control characters"),
        (b"C" * (MAX_PAYLOAD + 1), "at most"),
        (b"[1, {}]", "list of numbers"),
        (b'"', "JSON"),
        (b"[" * 12_000, "JSON"),
        (b'["\\ud800"]', "JSON"),
    ):
        with pytest.raises(MessageError, match=reason):
            parse_payload(payload, CONTROLS["/chord"])
    assert parse_payload(b"anything", None) == ("anything",)
    assert parse_payload(b"", None) is None  # clears a retained mistake
    for huge in (b"99999999999999999999 60", b"[99999999999999999999, 60, 64]", b"9" * 5000):
        with pytest.raises(MessageError):
            parse("/chord", huge.decode())


@given(st.floats(-400, 400))
def test_a_published_number_can_be_set_again(value):
    (parsed,) = parse_payload(format_value(value).encode(), CONTROLS["/tempo"])
    assert parsed == pytest.approx(value, rel=1e-5, abs=1e-9)
