"""A connection to a broker as a rig describes it, and in one line what to mend where there is none."""

import asyncio
import logging
import socket
import ssl
from typing import cast

import aiomqtt
from paho.mqtt.reasoncodes import ReasonCode

from perform.config.mqtt import MqttConfig
from perform.errors import InputError
from perform.mqtt.queues import Inbox, QueuedMessage
from perform.mqtt.topics import Topics

PATIENCE_SECONDS = 5.0
KEEPALIVE_SECONDS = 15  # a broker that is silent for half as long again is gone
FAULTS = (aiomqtt.MqttError, OSError, InputError)
NO_TLS = "it speaks no TLS there; use its TLS port (often 8883), or tls = false"
NOBODY = "nobody listens there; start the broker, or mend broker in [mqtt]"
# of X509_V_ERR in OpenSSL's x509_vfy.h, and of CONNACK as paho numbers it for every version of MQTT
EXPIRED, NOT_YET, OTHER_NAME = 10, 9, (62, 64)
OLD, NAME_REFUSED, BUSY, PASSWORD, FORBIDDEN = 132, 133, 136, 134, 135


class _Last(logging.Handler):
    """Keeps the last thing that paho complained of: that is all that it says of an alert of TLS."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.said = record.getMessage()


class Connection:
    """Makes clients for one broker, and explains why one came to nothing. `will`: what the broker says of us when
    we are gone without a word; without one it is a trial, which leaves a daemon of our name alone.
    """

    def __init__(self, mqtt: MqttConfig, topics: Topics, will: QueuedMessage | None = None) -> None:
        self._mqtt = mqtt
        self._topics = topics
        self._will = will
        host, _, port = mqtt.broker.rpartition(":")
        self._host, self._port = host.strip("[]"), int(port)
        self._last = _Last()
        self._log = logging.Logger("mqtt")  # noqa: LOG001 - of its own: what paho says is not for the terminal
        self._log.addHandler(self._last)

    def client(self) -> aiomqtt.Client:
        """A client, to be entered with `async with`; InputError where a file of the rig cannot be used.

        Certificates are read anew each time, so that renewed ones are taken without a restart.
        """
        mqtt, will = self._mqtt, self._will
        self._last.said = ""
        return aiomqtt.Client(
            self._host,
            self._port,
            username=mqtt.user,
            password=mqtt.password,
            # the same each time, so that a new one ends the old
            identifier=self._topics.client("" if will else "a trial"),
            clean_session=True,
            will=aiomqtt.Will(will.topic, will.payload, will.qos, will.retain) if will else None,
            tls_context=self._tls() if mqtt.tls else None,
            keepalive=KEEPALIVE_SECONDS,
            timeout=PATIENCE_SECONDS,
            queue_type=cast("type[asyncio.Queue[aiomqtt.Message]]", self._inbox),
            logger=self._log,
        )

    def _inbox(self, maxsize: int) -> Inbox:  # noqa: ARG002 - as aiomqtt calls it
        return Inbox(self._topics.stands)

    def explain(self, fault: Exception) -> str:
        """What is wrong, and what to do."""
        if isinstance(fault, InputError):
            return str(fault)
        if isinstance(fault, aiomqtt.MqttCodeError):
            return _refused(fault.rc)
        # aiomqtt hides the system's fault behind its own
        cause = fault if isinstance(fault, OSError) else fault.__context__
        if isinstance(cause, ssl.SSLError):
            return _insecure(cause)
        if isinstance(cause, OSError) and not isinstance(cause, TimeoutError):
            return self._unreachable(cause)
        if "SSL" in self._last.said:
            return _closed_to_us(self._last.said)
        if "timed out" in str(fault):
            return "it says nothing; is it an MQTT broker, and does it want tls = true or false?"
        return str(fault)

    def _unreachable(self, fault: OSError) -> str:
        if isinstance(fault, ConnectionRefusedError):
            return NOBODY
        if isinstance(fault, ConnectionResetError | BrokenPipeError) and self._mqtt.tls:
            return NO_TLS
        if isinstance(fault, socket.gaierror):
            return f"there is no host {self._host!r}; mend broker in [mqtt]"
        return f"it cannot be reached ({fault.strerror or fault}); is the network up?"

    def _tls(self) -> ssl.SSLContext:
        mqtt = self._mqtt
        try:
            context = ssl.create_default_context(cafile=mqtt.ca)
        except (OSError, ssl.SSLError) as fault:
            raise InputError(
                f"[mqtt] ca {mqtt.ca}: cannot be used ({fault.strerror or fault})"
            ) from None
        if mqtt.cert is not None:
            try:
                context.load_cert_chain(mqtt.cert, mqtt.key, _no_pass_phrase)
            except (OSError, ssl.SSLError, ValueError) as fault:
                raise InputError(
                    f"[mqtt] cert {mqtt.cert} and key {mqtt.key}: cannot be used ({fault})"
                ) from None
        return context


def _no_pass_phrase() -> str:
    """Nobody is here to be asked."""
    raise ValueError("the key asks for a pass phrase; give one without")


async def try_out(mqtt: MqttConfig) -> None:
    """Connect once, and go again; InputError where the broker is not there or does not let us in."""
    connection = Connection(mqtt, Topics(mqtt, {}))
    try:
        async with connection.client():
            pass
    except FAULTS as fault:
        raise InputError(f"MQTT broker {mqtt.broker}: {connection.explain(fault)}") from None


def _refused(reason: ReasonCode | int | None) -> str:
    code = reason.value if isinstance(reason, ReasonCode) else reason
    known = {
        OLD: "it does not speak MQTT 3.1.1; use a newer one",
        NAME_REFUSED: "it does not take our name; shorten name and prefix in [mqtt]",
        BUSY: "it takes nobody at the moment",
        PASSWORD: "it knows no such user and password; mend user and password in [mqtt]",
        FORBIDDEN: "it does not let us in; mend user and password in [mqtt], or its access list",
    }
    return known.get(code or 0, f"it refused us ({reason})")


def _insecure(fault: ssl.SSLError) -> str:
    if isinstance(fault, ssl.SSLCertVerificationError):
        return _distrusted(fault)
    if any(sign in str(fault) for sign in ("WRONG_VERSION", "RECORD_LAYER", "EOF")):
        return NO_TLS
    return _closed_to_us(str(fault))


def _distrusted(fault: ssl.SSLCertVerificationError) -> str:
    if fault.verify_code == EXPIRED:
        return "its certificate has expired; renew it there (and see that this machine's date is right)"
    if fault.verify_code == NOT_YET:
        return "its certificate is not valid yet; is this machine's date right?"
    if fault.verify_code in OTHER_NAME:
        return f"its certificate is another's ({fault.verify_message}); name it in broker as its certificate does"
    return (
        f"its certificate is of no authority that we know ({fault.verify_message}); "
        "name that authority's file in [mqtt] ca"
    )


def _closed_to_us(said: str) -> str:
    if "CERTIFICATE" in said or "UNKNOWN_CA" in said:
        return "it wants a certificate of ours that it trusts; mend cert and key in [mqtt]"
    return f"no encrypted connection ({said})"
