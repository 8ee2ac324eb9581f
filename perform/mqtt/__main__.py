"""The child process that connects to an MQTT broker: `python -m perform.mqtt DESCRIPTOR`.

The daemon starts it (see `perform.ipc.parent`). The process waits for the broker, so no note waits.
"""

import asyncio
import contextlib
import os
import sys

import msgspec

from perform.config.mqtt import MqttConfig
from perform.ipc.child import connect
from perform.ipc.interrupts import ignore_signals
from perform.mqtt.installation import Installation


async def serve(descriptor: int) -> None:
    """Pass messages between the broker and the daemon until the daemon ends."""
    link = await connect(descriptor)
    greeting = await link.read_greeting()
    if greeting is None:
        return
    mqtt = msgspec.convert(greeting["mqtt"], MqttConfig)
    installation = Installation(link, mqtt, greeting["controls"], greeting["models"])
    async with (
        asyncio.TaskGroup() as tasks
    ):  # an error ends the process, and the daemon restarts it
        running = tasks.create_task(installation.run(), name="broker")
        link.report_ready()
        async for _, address, values in link.read_messages():
            installation.handle_daemon_message(address, values)
        running.cancel()
    os._exit(0)  # a connection that is being opened holds a thread that cannot be ended


def main() -> None:
    """Run the process. Only the daemon ends it: a terminal or a service signals the daemon."""
    ignore_signals()
    with contextlib.suppress(ConnectionError):
        asyncio.run(serve(int(sys.argv[1])))


if __name__ == "__main__":
    main()
