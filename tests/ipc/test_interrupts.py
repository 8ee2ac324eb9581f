"""Signals that end the daemon reach the daemon, and not its child processes."""

import signal
import subprocess
import threading

import pytest

from perform.ipc.interrupts import ENDING, not_for_children


@pytest.mark.parametrize("number", ENDING)
def test_a_child_does_not_receive_it_and_its_parent_does(number):
    received = []
    before = signal.signal(number, lambda *_: received.append(1))
    try:
        with not_for_children():
            child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
            # to this thread: another thread of the tests would receive it at once
            signal.pthread_kill(threading.get_ident(), number)
            received_inside = list(received)
    finally:
        signal.signal(number, before)
    child.send_signal(number)
    child.stdin.close()
    assert child.wait(20) == 0
    assert not received_inside
    assert received
