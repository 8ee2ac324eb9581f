"""A Mosquitto to play with."""

import os
import subprocess

from loopback import free_port
from parts import Program, need


class Broker:
    """A Mosquitto of our own, with these lines of configuration; may be ended and started again."""

    def __init__(self, folder, *lines):
        need("mosquitto")
        need("mosquitto_sub")
        self.port = free_port()
        self.conf = folder / f"{self.port}.conf"
        # without a limit it drops nothing in a flood: what is lost is lost by us
        listening = lines or (
            f"listener {self.port} 127.0.0.1", "allow_anonymous true", "max_queued_messages 0",
        )  # fmt: skip
        user = ["user root"] if os.geteuid() == 0 else []  # else it cannot read what is root's
        self.conf.write_text("\n".join([*user, *listening]) + "\n")
        self.program = None

    def start(self):
        self.program = Program("mosquitto", "-v", "-c", str(self.conf))
        self.program.wait_for("running")
        return self

    def end(self):
        if self.program is not None:
            self.program.end()
            self.program = None

    def where(self):
        return "-h", "127.0.0.1", "-p", str(self.port)

    def flood(self, topic, lines):
        """Each line a message."""
        subprocess.run(
            ["mosquitto_pub", *self.where(), "-q", "1", "-t", topic, "-l"], input=lines, check=True
        )

    def say(self, topic, payload, *more):
        subprocess.run(
            ["mosquitto_pub", *self.where(), "-t", topic, "-m", payload, *more], check=True
        )

    def listen(self, *topics):
        """A listener whose lines are "topic payload"; it is there when this returns."""
        each = [word for topic in topics for word in ("-t", topic)]
        listener = Program("mosquitto_sub", *self.where(), "-v", "-d", *each)
        listener.wait_for("Subscribed")
        return listener

    def kept(self, topic):
        """What the broker keeps at a topic; None where there is nothing."""
        done = subprocess.run(
            ["mosquitto_sub", *self.where(), "-t", topic, "-C", "1", "-W", "1"],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout.strip() or None
