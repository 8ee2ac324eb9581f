"""A Mosquitto to play with."""

import os
import subprocess

from loopback import free_port
from parts import Program, need

MARK = "tests/mark"


class Broker:
    """A Mosquitto of our own, with these lines of configuration; may be ended and started again, and keeps meanwhile
    what is retained.
    """

    def __init__(self, folder, *lines):
        need("mosquitto")
        need("mosquitto_sub")
        self.port = free_port()
        self.conf = folder / f"{self.port}.conf"
        # without a limit it drops nothing in a flood: what is lost is lost by us
        listening = lines or (
            f"listener {self.port} 127.0.0.1", "allow_anonymous true", "max_queued_messages 0",
            "persistence true", f"persistence_location {folder}/", f"persistence_file {self.port}.db",
        )  # fmt: skip
        self._kept = folder / f"{self.port}.db"
        user = ["user root"] if os.geteuid() == 0 else []  # else it cannot read what is root's
        self.conf.write_text("\n".join([*user, *listening]) + "\n")
        self.program = None

    def start(self, *verbose):
        """Up; with "-v" it writes every packet down, which in a flood takes it seconds."""
        self.program = Program("mosquitto", *verbose, "-c", str(self.conf))
        self.program.wait_for("running")
        return self

    def end(self):
        if self.program is not None:
            self.program.end()
            self.program = None

    def forget(self):
        """Once it has ended: it begins anew, and knows nothing."""
        self._kept.unlink()

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
        self.say(MARK, "-", "-r")
        # it tells what it keeps in the order in which it is asked: when the mark has come there is nothing
        command = ["mosquitto_sub", *self.where(), "-t", topic, "-t", MARK, "-F", "%t %p"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as asking:
            there, _, payload = asking.stdout.readline().rstrip("\n").partition(" ")
            asking.kill()
        return payload if there == topic else None
