"""What a rig says of an MQTT broker; light enough for the process that speaks to it."""

import os
from typing import Annotated, Self

import msgspec
from msgspec import Meta

Quality = Annotated[int, Meta(ge=0, le=2)]


class MqttConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A broker, and what this installation is called there: it hears PREFIX/NAME/..., PREFIX/group/GROUP/...
    for its `groups`, and PREFIX/all/...; it tells where values stand at PREFIX/NAME/state/... (retained).

    `password_env`: the environment variable that holds the password. `tls`: encrypted; `ca`, `cert` and `key`
    are files, for a private authority and for a client certificate. `qos`: by topic below the name ("chord" = 1,
    "state" = 0, "state/tempo" = 1, ...; "" for the rest); all that is heard may come with the best that is wanted
    of anything. `notes`: publish every note and beat. `stats_seconds`:
    how often figures are published; 0 never. `discovery`: the topic prefix under which Home Assistant looks for
    devices.
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
    qos: dict[str, Quality] = {}
    notes: bool = False
    stats_seconds: Annotated[float, Meta(ge=0, le=3600)] = 30.0
    discovery: str | None = None

    def unlocked(self) -> Self:
        """The same with the password that the environment holds."""
        if self.password_env is None:
            return self
        return msgspec.structs.replace(self, password=os.environ.get(self.password_env))
