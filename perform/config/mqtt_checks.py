"""What is wrong with a rig's [mqtt].

The MQTT process does not import this: it needs the controls.
"""

import os
from itertools import accumulate

from perform.config.mqtt import MqttConfig
from perform.control import published, registry
from perform.errors import RigError, did_you_mean
from perform.net.address import host_port


def check_mqtt(mqtt: MqttConfig, voices: list[str]) -> None:
    """RigError for a value of [mqtt] that cannot be right in a rig with these voices."""
    host_port(mqtt.broker)
    _check_names(mqtt, voices)
    _check_qos(mqtt, voices)
    _check_secrets(mqtt)


def _check_names(mqtt: MqttConfig, voices: list[str]) -> None:
    for text in (mqtt.name, *mqtt.groups, *voices):
        if not text or set(text) & set("/+#\0"):
            raise RigError(f"[mqtt] {text!r} cannot be part of a topic; names have no /, + or #")
    if mqtt.name in ("group", "all"):
        raise RigError(f"[mqtt] name {mqtt.name!r} is reserved; choose another name")
    for key, topic in (("prefix", mqtt.prefix), ("discovery", mqtt.discovery)):
        if topic is not None and (not all(topic.split("/")) or set(topic) & set("+#\0")):
            raise RigError(
                f'[mqtt] {key} {topic!r}: write it like "gallery/north", without + and #'
            )


def _check_qos(mqtt: MqttConfig, voices: list[str]) -> None:
    """RigError for a topic that is neither subscribed to nor published."""
    subscribed = [address for address, _ in registry.addresses(voices)]
    states = [
        it.address.replace(registry.NAME, voice)
        for it in published.FEEDBACK
        if it.address.startswith(registry.STATE)
        for voice in voices
    ]
    topics = [*subscribed, *states, "/state/stats", "/notes", "/beat", "/error"]
    known = {
        begun for topic in topics for begun in accumulate(topic[1:].split("/"), "{}/{}".format)
    }
    for topic in mqtt.qos:
        if topic and topic not in known:
            near = did_you_mean(topic, known, cutoff=0.0)
            raise RigError(f"[mqtt] qos {topic!r}: no such topic{near}")


def _check_secrets(mqtt: MqttConfig) -> None:
    if (mqtt.cert is None) != (mqtt.key is None):
        raise RigError("[mqtt] a client certificate takes both cert and key")
    if not mqtt.tls and (mqtt.ca or mqtt.cert):
        raise RigError("[mqtt] ca, cert and key are for tls = true")
    if mqtt.password is not None and mqtt.password_env is not None:
        raise RigError("[mqtt] takes password or password_env, not both")
    if mqtt.user is None and (mqtt.password is not None or mqtt.password_env is not None):
        raise RigError("[mqtt] a password needs a user; name one")
    if mqtt.password_env is not None and mqtt.password_env not in os.environ:
        raise RigError(
            f"[mqtt] password_env: there is no {mqtt.password_env} in the environment; "
            f"export {mqtt.password_env}=... before the start"
        )
