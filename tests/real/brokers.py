"""A Mosquitto broker for tests."""

import os
import subprocess

from loopback import free_port
from parts import Program, need

MARK = "tests/mark"


class Broker:
    """A Mosquitto of the test's own. `lines`: its configuration.

    It may end and start again; with the default configuration it keeps its retained messages.
    """

    def __init__(self, folder, *lines):
        need("mosquitto")
        need("mosquitto_sub")
        self.port = free_port()
        self.conf = folder / f"{self.port}.conf"
        # Without a limit the broker drops nothing in a flood: Sideman loses what is lost.
        listening = lines or (
            f"listener {self.port} 127.0.0.1", "allow_anonymous true", "max_queued_messages 0",
            "persistence true", f"persistence_location {folder}/",
            f"persistence_file {self.port}.db",
        )  # fmt: skip
        self._kept = folder / f"{self.port}.db"
        user = (
            ["user root"] if os.geteuid() == 0 else []
        )  # else Mosquitto cannot read files of root
        self.conf.write_text("\n".join([*user, *listening]) + "\n")
        self.program = None

    def start(self, *verbose):
        """Start the broker. With "-v" it logs every packet, which takes seconds in a flood."""
        self.program = Program("mosquitto", *verbose, "-c", str(self.conf)).started("running")
        return self

    def end(self):
        if self.program is not None:
            self.program.end()
            self.program = None

    def forget(self):
        """Delete the retained messages, after the broker has ended."""
        self._kept.unlink()

    def where(self):
        return "-h", "127.0.0.1", "-p", str(self.port)

    def flood(self, topic, lines):
        """Publish each line as a message."""
        subprocess.run(
            ["mosquitto_pub", *self.where(), "-q", "1", "-t", topic, "-l"], input=lines, check=True
        )

    def publish(self, topic, payload, *more):
        subprocess.run(
            ["mosquitto_pub", *self.where(), "-t", topic, "-m", payload, *more], check=True
        )

    def listen(self, *topics):
        """A subscribed mosquitto_sub whose output lines are "topic payload"."""
        each = [word for topic in topics for word in ("-t", topic)]
        return Program("mosquitto_sub", *self.where(), "-v", "-d", *each).started("Subscribed")

    def kept(self, topic):
        """The message that the broker retains at a topic, or None."""
        self.publish(MARK, "-", "-r")
        # The broker sends retained messages in the order of the subscriptions: if the mark
        # comes first, the topic has none.
        command = ["mosquitto_sub", *self.where(), "-t", topic, "-t", MARK, "-F", "%t %p"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as asking:
            there, _, payload = asking.stdout.readline().rstrip("\n").partition(" ")
            asking.kill()
        return payload if there == topic else None
