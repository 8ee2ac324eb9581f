"""Ctrl-C in a terminal: the program that plays hears it, and its children do not."""

import os
import signal
import subprocess

from perform.interrupts import not_for_children


def test_a_child_does_not_hear_ctrl_c_and_its_parent_does():
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append(1))
    try:
        with not_for_children():
            child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
            os.kill(os.getpid(), signal.SIGINT)
            assert not heard
        assert heard
    finally:
        signal.signal(signal.SIGINT, before)
    child.send_signal(signal.SIGINT)
    child.stdin.close()
    assert child.wait(20) == 0
