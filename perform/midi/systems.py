"""Linux's MIDI systems: whether ALSA and JACK answer, and the system's JACK library.

ALSA, JACK and RtMidi print several lines to standard error when a system does not answer. So the
program asks first, and reports one line of its own.
"""

import ctypes
import functools
import os
import sys
import time
from collections.abc import Callable

FAULT_SECONDS = 0.3  # for so long all ports get the answer of the first one that asks
NO_START_SERVER = 1  # JackNoStartServer
_ALSA_SEQUENCER = "/dev/snd/seq"
_asked: dict[tuple[str, str | None], tuple[float, str | None]] = {}


@functools.cache
def load_jack() -> ctypes.CDLL | None:
    """The system's JACK library; None where there is none.

    Wheels of MIDI libraries bring a JACK library of their own, which a JACK server of another
    version (or PipeWire's) refuses: "JACK protocol mismatch". Symbols that are loaded first, as
    global ones, are used instead of theirs. So this is called before such a library is imported.
    """
    if sys.platform != "linux":
        return None
    try:
        return ctypes.CDLL("libjack.so.0", mode=ctypes.RTLD_GLOBAL)
    except OSError:
        return None


def fault(system: str) -> str | None:
    """Why a MIDI system does not answer; None if it does, or if it is not one of Linux's."""
    if sys.platform != "linux" or system not in _FAULTS:
        return None
    key, now = (system, os.environ.get("JACK_DEFAULT_SERVER")), time.monotonic()
    asked_at, known = _asked.get(key, (-FAULT_SECONDS, None))
    if known is None or now - asked_at >= FAULT_SECONDS:
        _asked[key] = now, _FAULTS[system]()
    return _asked[key][1]


def _alsa_fault() -> str | None:
    try:
        os.close(os.open(_ALSA_SEQUENCER, os.O_RDWR | os.O_NONBLOCK))
    except OSError as cause:
        return f"ALSA: {_ALSA_SEQUENCER}: {cause.strerror}"
    return None


def _jack_fault() -> str | None:
    jack = load_jack()
    if jack is None:
        return "JACK: no libjack.so.0; on Debian: apt install libjack-jackd2-0, or pipewire-jack"
    return None if _answers(jack) else "JACK: no server"


def _answers(jack: ctypes.CDLL) -> bool:
    """Whether a JACK server runs. Its library prints nothing meanwhile."""
    jack.jack_client_open.restype = ctypes.c_void_p
    print_error = ctypes.c_void_p.in_dll(jack, "jack_error_callback")
    printing = print_error.value
    # a C function that takes a string and does nothing with it: Python's own would need the
    # interpreter on JACK's threads
    print_error.value = ctypes.cast(ctypes.CDLL(None).strlen, ctypes.c_void_p).value
    try:
        client = jack.jack_client_open(b"Sideman", NO_START_SERVER, None)
        if client is not None:
            jack.jack_client_close(ctypes.c_void_p(client))
    finally:
        print_error.value = printing
    return client is not None


_FAULTS: dict[str, Callable[[], str | None]] = {"alsa": _alsa_fault, "jack": _jack_fault}
