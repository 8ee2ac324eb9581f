"""A rig file, read, checked and completed."""

import difflib
import os
import re
from itertools import accumulate
from pathlib import Path

import msgspec

from perform import controls
from perform.allow import network
from perform.errors import RigError, WireError
from perform.mqtt.config import MqttConfig
from perform.rig import (
    MOST_VOICES,
    PLAYER,
    TAKEN_CONTROLLERS,
    MidiOutput,
    OscInput,
    OscOutput,
    OutputConfig,
    PanelConfig,
    Rig,
    SurfaceInput,
    VoiceConfig,
    host_port,
    metre_of,
    nearest,
    pitch_of,
)


def load_rig(path: Path) -> Rig:
    """The rig in a TOML file, checked and completed. RigError names what is wrong and the mend."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise RigError(
            f"{path}: cannot be read ({fault}); `perform init {path}` writes one"
        ) from None
    return parse_rig(text, str(path))


def parse_rig(text: str, name: str = "rig") -> Rig:
    """The rig that TOML text describes; see `load_rig`."""
    try:
        rig = msgspec.toml.decode(text, type=Rig)
    except msgspec.ValidationError as fault:
        raise RigError(f"{name}: {_explain(str(fault))}") from None
    except msgspec.DecodeError as fault:
        raise RigError(f"{name}: not TOML: {fault}") from None
    return _complete(rig, name)


def _complete(rig: Rig, name: str) -> Rig:
    """The rig with what was left out filled in, and what refers to nothing refused."""
    outputs = rig.outputs or {"synth": MidiOutput(virtual="Sideman")}
    inputs = rig.inputs
    if not inputs.osc and not inputs.midi:
        inputs = msgspec.structs.replace(inputs, osc=OscInput())
    voices = rig.voices or (VoiceConfig(name="lead"),)
    first = next(iter(outputs))
    _check_names([voice.name for voice in voices], name)
    for voice in voices:
        if voice.output is not None and voice.output not in outputs:
            near = nearest(voice.output, outputs)
            raise RigError(
                f"{name}: voice {voice.name!r} plays to {voice.output!r}, no such output{near}"
            )
        voice.settings()
    for output in outputs.values():
        _check_output(output, name)
    rig.harmony.events()
    clock = rig.clock
    metre_of(clock.metre)
    if clock.source == "midi" and (clock.port is None) == (clock.virtual is None):
        raise RigError(f'{name}: a midi clock takes either port = "..." or virtual = "..."')
    if inputs.midi is not None and inputs.midi.split is not None:
        pitch_of("inputs.midi", inputs.midi.split)
    if inputs.surface is not None:
        _check_controllers(inputs.surface, [voice.name for voice in voices])
    _check_surfaces(inputs.osc, rig.mqtt, rig.panel, [voice.name for voice in voices])
    placed = tuple(msgspec.structs.replace(voice, output=voice.output or first) for voice in voices)
    return msgspec.structs.replace(rig, inputs=inputs, outputs=outputs, voices=placed)


def _check_names(voices: list[str], name: str) -> None:
    if len(voices) > MOST_VOICES:
        raise RigError(f"{name}: {len(voices)} voices; leave {MOST_VOICES}, which are the most")
    for voice in voices:
        if not voice or not voice.isprintable() or "/" in voice:
            raise RigError(
                f"{name}: a voice cannot be called {voice!r}, which is no part of an address; "
                "give it a name on one line, without /"
            )
        if voices.count(voice) > 1:
            raise RigError(f"{name}: two voices are called {voice!r}; give each its own name")
        if voice == PLAYER:
            raise RigError(
                f"{name}: a voice cannot be called {PLAYER!r}, which is you on record; rename it"
            )


def _check_controllers(surface: SurfaceInput, voices: list[str]) -> None:
    """RigError for what no controller sends, and for what none can turn."""
    known = dict(controls.of_rig(voices))
    turnable = [address for address, it in known.items() if it.kind in controls.TURNABLE]
    for source, address in surface.cc.items():
        where = f'[inputs.surface] cc "{source}" = "{address}"'
        sent = re.fullmatch(r"(note )?(\d{1,3})", source)
        if not sent or int(sent[2]) > 127:
            raise RigError(f'{where}: write a controller as "21" and a pad as "note 36", up to 127')
        if not sent[1] and int(sent[2]) in TAKEN_CONTROLLERS:
            raise RigError(
                f"{where}: controller {source} is the sustain pedal or a channel mode; take another"
            )
        if not {address, address.rpartition(" ")[0]} & known.keys():
            near = difflib.get_close_matches(address, turnable, n=1, cutoff=0.0)[0]
            raise RigError(f"{where}: no such address; did you mean {near!r}?")
        try:
            controls.mapped(address)
        except WireError as fault:
            raise RigError(f"{where}: {fault}") from None


def _check_surfaces(
    osc: OscInput | None, mqtt: MqttConfig | None, panel: PanelConfig | None, voices: list[str]
) -> None:
    if osc is not None:
        _check_osc(osc)
    if mqtt is not None:
        _check_topics(mqtt, voices)
        _check_qualities(mqtt, voices)
        _check_keys(mqtt)
    if panel is not None:
        host_port(panel.listen)


def _check_osc(osc: OscInput) -> None:
    host_port(osc.listen)
    if osc.tcp is not None:
        host_port(osc.tcp)
    if not osc.prefix.startswith("/") or osc.prefix.endswith("/"):
        raise RigError(
            f"[inputs.osc] prefix {osc.prefix!r}: begin it with / and end it without one"
        )
    for text in osc.allow:
        network(text)


def _check_topics(mqtt: MqttConfig, voices: list[str]) -> None:
    """RigError for what no broker would take, or what would not reach us there."""
    host_port(mqtt.broker)
    for text in (mqtt.name, *mqtt.groups, *voices):
        if not text or set(text) & set("/+#\0"):
            raise RigError(f"[mqtt] {text!r} is no word of a topic; names do without / + and #")
    if mqtt.name in ("group", "all"):
        raise RigError(f"[mqtt] name {mqtt.name!r} means others too; call this one something else")
    for key, topic in (("prefix", mqtt.prefix), ("discovery", mqtt.discovery)):
        if topic is not None and (not all(topic.split("/")) or set(topic) & set("+#\0")):
            raise RigError(
                f'[mqtt] {key} {topic!r}: write it like "gallery/north", without + and #'
            )


def _check_qualities(mqtt: MqttConfig, voices: list[str]) -> None:
    """RigError for the quality of what is neither heard nor told."""
    heard = [address for address, _ in controls.of_rig(voices)]
    told = [
        it.address.replace(controls.NAME, voice)
        for it in controls.FEEDBACK
        if it.address.startswith(controls.STATE)
        for voice in voices
    ]
    topics = [*heard, *told, "/state/stats", "/notes", "/beat", "/error"]
    known = {
        begun for topic in topics for begun in accumulate(topic[1:].split("/"), "{}/{}".format)
    }
    for word in mqtt.qos:
        if word and word not in known:
            near = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.0)[0]
            raise RigError(f"[mqtt] qos {word!r}: no such topic; did you mean {near!r}?")


def _check_keys(mqtt: MqttConfig) -> None:
    """RigError for a key without its lock."""
    if (mqtt.cert is None) != (mqtt.key is None):
        raise RigError("[mqtt] a client certificate takes both cert and key")
    if not mqtt.tls and (mqtt.ca or mqtt.cert):
        raise RigError("[mqtt] ca, cert and key are for tls = true")
    if mqtt.password is not None and mqtt.password_env is not None:
        raise RigError("[mqtt] takes password or password_env, not both")
    if mqtt.user is None and (mqtt.password is not None or mqtt.password_env is not None):
        raise RigError("[mqtt] a password belongs to a user; name one")
    if mqtt.password_env is not None and mqtt.password_env not in os.environ:
        raise RigError(
            f"[mqtt] password_env: there is no {mqtt.password_env} in the environment; "
            f"export {mqtt.password_env}=... before the start"
        )


def _check_output(output: OutputConfig, name: str) -> None:
    if isinstance(output, OscOutput):
        host_port(output.to)
    if isinstance(output, MidiOutput) and (output.port is None) == (output.virtual is None):
        raise RigError(f'{name}: a midi output takes either port = "..." or virtual = "..."')


def _explain(fault: str) -> str:
    """Msgspec's sentence, with a mend: what may be written there, or where what was written belongs."""
    said, _, place = fault.partition(" - at `$")
    place = place.strip("`").lstrip(".").replace("[...]", "")
    where = f" at `{place}`" if place else ""
    words = _words(msgspec.inspect.type_info(Rig))
    known = words.get(re.sub(r"\[\d+]", "[]", place), set())
    if key := re.fullmatch(r"Object contains unknown field `([^`]+)`", said):
        homes = [_table(home) for home, keys in words.items() if key[1] in keys]
        if difflib.get_close_matches(key[1], known, n=1, cutoff=0.85) and key[1] not in known:
            homes = []  # a slip of the finger
        mend = f"; it belongs {' or '.join(homes)}" if homes else nearest(key[1], known)
        mend = f"; it is for another kind of {place}" if key[1] in known else mend
        return f"unknown key {key[1]!r}{where and f' in [{place}]'}{mend}"
    if value := re.fullmatch(r"Invalid (?:enum )?value '([^']+)'", said):
        return f"unknown value {value[1]!r}{where}{nearest(value[1], known)}"
    mend = f"; each begins [[{place}]]" if f"{place}[]" in words else ""
    return f"{said}{where}{mend}"


def _table(place: str) -> str:
    """Where in a rig what belongs to a table is written."""
    if not place:
        return "at the top"
    return f"in [[{place[:-2]}]]" if place.endswith("[]") else f"in [{place}]"


def _words(kind: msgspec.inspect.Type, place: str = "") -> dict[str, set[str]]:
    """What may be written at every place of a type, "" being the top: a table's keys ("clock", "voices[]"), and the
    values of what is chosen ("clock.source").
    """
    found: dict[str, set[str]] = {}
    inner: list[tuple[msgspec.inspect.Type, str]] = []
    match kind:
        case msgspec.inspect.StructType(fields=fields, tag_field=tag_field, tag=tag):
            found[place] = {field.encode_name for field in fields}
            if tag_field:
                found[place].add(tag_field)
                found[f"{place}.{tag_field}"] = {str(tag)}
            inner = [(field.type, f"{place}.{field.encode_name}".strip(".")) for field in fields]
        case msgspec.inspect.UnionType(types=types):
            inner = [(one, place) for one in types]
        case msgspec.inspect.DictType(value_type=one):
            inner = [(one, place)]
        case msgspec.inspect.CollectionType(item_type=one):
            inner = [(one, f"{place}[]")]
        case msgspec.inspect.LiteralType(values=values):
            found[place] = {str(value) for value in values}
    for one, where in inner:
        for there, more in _words(one, where).items():
            found.setdefault(there, set()).update(more)
    return found
