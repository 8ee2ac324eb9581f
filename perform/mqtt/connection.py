"""Connections to the broker that a rig describes, and for each error one line with its mend."""

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

TIMEOUT_SECONDS = 5.0
KEEPALIVE_SECONDS = 15  # a broker that is silent for half as long again counts as gone
ERRORS = (aiomqtt.MqttError, OSError, InputError)
NO_TLS = "it speaks no TLS there; use its TLS port (often 8883), or tls = false"
NOT_LISTENING = "no broker listens there; start it, or correct broker in [mqtt]"
# of X509_V_ERR in OpenSSL's x509_vfy.h, and of CONNACK as paho numbers it for every MQTT version
EXPIRED, NOT_YET_VALID, OTHER_NAME = 10, 9, (62, 64)
OLD_VERSION, NAME_REJECTED, BUSY, BAD_PASSWORD, FORBIDDEN = 132, 133, 136, 134, 135


class _LastError(logging.Handler):
    """Keeps the last error that paho logs: the only trace of a TLS alert."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.line = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.line = record.getMessage()


class BrokerConnection:
    """Makes clients of one broker, and explains errors.

    `will`: what the broker publishes when our connection breaks. Without it, this is a trial
    connection, under another client identifier than the daemon's.
    """

    def __init__(self, mqtt: MqttConfig, topics: Topics, will: QueuedMessage | None = None) -> None:
        self._mqtt = mqtt
        self._topics = topics
        self._will = will
        host, _, port = mqtt.broker.rpartition(":")
        self._host, self._port = host.strip("[]"), int(port)
        self._last_error = _LastError()
        self._log = logging.Logger("mqtt")  # noqa: LOG001 - apart from the terminal's log
        self._log.addHandler(self._last_error)

    def client(self) -> aiomqtt.Client:
        """A client, for `async with`. InputError when a file that the rig names cannot be used.

        Each client reads the certificates again, so that renewed ones need no restart.
        """
        mqtt, will = self._mqtt, self._will
        self._last_error.line = ""
        return aiomqtt.Client(
            self._host,
            self._port,
            username=mqtt.user,
            password=mqtt.password,
            # the same each time, so that a new connection ends the old one
            identifier=self._topics.client_id("" if will else "a trial"),
            clean_session=True,
            will=aiomqtt.Will(will.topic, will.payload, will.qos, will.retain) if will else None,
            tls_context=self._tls_context() if mqtt.tls else None,
            keepalive=KEEPALIVE_SECONDS,
            timeout=TIMEOUT_SECONDS,
            queue_type=cast("type[asyncio.Queue[aiomqtt.Message]]", self._inbox),
            logger=self._log,
        )

    def _inbox(self, maxsize: int) -> Inbox:  # noqa: ARG002 - aiomqtt passes it
        return Inbox(self._topics.is_value)

    def explain(self, error: Exception) -> str:
        """What is wrong, and what to do."""
        if isinstance(error, InputError):
            return str(error)
        if isinstance(error, aiomqtt.MqttCodeError):
            return _rejected(error.rc)
        # aiomqtt wraps the system's error in its own
        cause = error if isinstance(error, OSError) else error.__context__
        if isinstance(cause, ssl.SSLError):
            return _tls_error(cause)
        if isinstance(cause, OSError) and not isinstance(cause, TimeoutError):
            return self._unreachable(cause)
        if "SSL" in self._last_error.line:
            return _tls_closed(self._last_error.line)
        if "timed out" in str(error):
            return "it does not answer; is it an MQTT broker, and does it need tls = true or false?"
        return str(error)

    def _unreachable(self, error: OSError) -> str:
        if isinstance(error, ConnectionRefusedError):
            return NOT_LISTENING
        if isinstance(error, ConnectionResetError | BrokenPipeError) and self._mqtt.tls:
            return NO_TLS
        if isinstance(error, socket.gaierror):
            return f"there is no host {self._host!r}; correct broker in [mqtt]"
        return f"it cannot be reached ({error.strerror or error}); is the network up?"

    def _tls_context(self) -> ssl.SSLContext:
        mqtt = self._mqtt
        try:
            context = ssl.create_default_context(cafile=mqtt.ca)
        except (OSError, ssl.SSLError) as error:
            raise InputError(
                f"[mqtt] ca {mqtt.ca}: cannot be used ({error.strerror or error})"
            ) from None
        if mqtt.ca is not None:
            # Python 3.13 demands extensions that a self-made authority usually lacks
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if mqtt.cert is not None:
            try:
                context.load_cert_chain(mqtt.cert, mqtt.key, _no_pass_phrase)
            except (OSError, ssl.SSLError, ValueError) as error:
                raise InputError(
                    f"[mqtt] cert {mqtt.cert} and key {mqtt.key}: cannot be used ({error})"
                ) from None
        return context


def _no_pass_phrase() -> str:
    """ValueError: there is no user whom OpenSSL could ask."""
    raise ValueError("the key needs a pass phrase; use one without")


async def check_broker(mqtt: MqttConfig) -> None:
    """Connect once; InputError when the broker is not there or rejects the connection."""
    connection = BrokerConnection(mqtt, Topics(mqtt, {}))
    try:
        async with connection.client():
            pass
    except ERRORS as error:
        raise InputError(f"MQTT broker {mqtt.broker}: {connection.explain(error)}") from None


def _rejected(reason: ReasonCode | int | None) -> str:
    code = reason.value if isinstance(reason, ReasonCode) else reason
    known = {
        OLD_VERSION: "it does not speak MQTT 3.1.1; use a newer broker",
        NAME_REJECTED: "it rejects our name; shorten name and prefix in [mqtt]",
        BUSY: "it takes no connections at the moment",
        BAD_PASSWORD: "it knows no such user and password; correct user and password in [mqtt]",
        FORBIDDEN: "it rejects us; correct user and password in [mqtt], or its access list",
    }
    return known.get(code or 0, f"it rejects us ({reason})")


def _tls_error(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _bad_certificate(error)
    if any(sign in str(error) for sign in ("WRONG_VERSION", "RECORD_LAYER", "EOF")):
        return NO_TLS
    return _tls_closed(str(error))


def _bad_certificate(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code == EXPIRED:
        return "its certificate has expired; renew it (and check the date of this machine)"
    if error.verify_code == NOT_YET_VALID:
        return "its certificate is not valid yet; is the date of this machine right?"
    if error.verify_code in OTHER_NAME:
        return (
            f"its certificate has another name ({error.verify_message}); "
            "write broker as its certificate does"
        )
    return (
        f"its certificate is from an unknown authority ({error.verify_message}); "
        "name that authority's file in [mqtt] ca"
    )


def _tls_closed(line: str) -> str:
    if "CERTIFICATE" in line or "UNKNOWN_CA" in line:
        return "it needs a certificate of ours that it trusts; correct cert and key in [mqtt]"
    return f"no encrypted connection ({line})"
