"""The rig's [mqtt]. The MQTT process imports this module, so it imports nothing of the music."""

import os
from typing import Annotated, Self

import msgspec
from msgspec import Meta

from perform.tables import RigTable

Qos = Annotated[int, Meta(ge=0, le=2)]


class MqttConfig(RigTable, frozen=True):
    """An MQTT broker (host:port), and the name of this installation there.

    Sideman subscribes to PREFIX/NAME/..., PREFIX/all/..., and PREFIX/group/GROUP/... for each of
    its `groups`. It publishes values at PREFIX/NAME/state/... (retained).

    `password_env`: the environment variable that holds the password. `tls`: encrypt the connection;
    `ca`, `cert` and `key` are files, for a private authority and for a client certificate. `qos`:
    the quality of service of each topic below the name ("chord" = 1, "state" = 0, "state/tempo" =
    1, "" for all others); subscriptions have the highest one of all topics. `notes`: publish every
    note and beat. `stats_seconds`: how often statistics are published; 0 never. `discovery`: the
    topic prefix under which Home Assistant looks for devices.
    """

    broker: str
    name: str = "sideman"
    prefix: str = "sideman"
    groups: tuple[str, ...] = ()
    user: str | None = None
    password: str | None = None
    password_env: str | None = None
    tls: bool = False
    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    qos: dict[str, Qos] = msgspec.field(default_factory=dict)
    notes: bool = False
    stats_seconds: Annotated[float, Meta(ge=0, le=3600)] = 30.0
    discovery: str | None = None

    def with_password(self) -> Self:
        """The same table with the password from the environment variable, if it names one."""
        if self.password_env is None:
            return self
        return msgspec.structs.replace(self, password=os.environ.get(self.password_env))
