"""Ctrl-C in a terminal reaches the daemon, and not its child processes."""

import signal
import subprocess
import threading

from perform.ipc.interrupts import not_for_children


def test_a_child_does_not_receive_ctrl_c_and_its_parent_does():
    received = []
    before = signal.signal(signal.SIGINT, lambda *_: received.append(1))
    try:
        with not_for_children():
            child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
            # to this thread: another thread of the tests would receive it at once
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)
            received_inside = list(received)
    finally:
        signal.signal(signal.SIGINT, before)
    child.send_signal(signal.SIGINT)
    child.stdin.close()
    assert child.wait(20) == 0
    assert not received_inside
    assert received
