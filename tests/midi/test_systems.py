"""Whether MIDI systems answer, and what to do where they do not."""

import sys

import pytest

from perform.errors import StartError
from perform.midi import systems
from perform.midi.rtmidi_device import RtMidiDevice


class NoClient(RtMidiDevice):
    """A client of systems that do not answer."""

    apis = {"alsa": 1, "jack": 2}  # noqa: RUF012 - as the libraries have it


@pytest.fixture
def asked(monkeypatch):
    """The systems that are asked; none answers."""
    asked = []
    for name in ("alsa", "jack"):
        monkeypatch.setitem(
            systems._FAULTS, name, lambda name=name: asked.append(name) or f"no {name}"
        )
    monkeypatch.setattr(systems, "_asked", {})
    return asked


@pytest.mark.skipif(sys.platform != "linux", reason="these are Linux's systems")
@pytest.mark.parametrize(
    ("system", "advice"),
    [
        ("auto", r"\(no alsa, no jack\); start JACK or load ALSA's sequencer \(modprobe snd-seq\)"),
        ("alsa", r"\(no alsa\); load .*, or leave \[midi\] system out of the rig"),
        ("jack", r"\(no jack\); start JACK, or leave \[midi\] system out of the rig"),
    ],
)
def test_the_advice_is_what_helps_with_this_system(asked, system, advice):
    with pytest.raises(StartError, match=advice):
        NoClient(system)
    assert asked == (["alsa", "jack"] if system == "auto" else [system])


@pytest.mark.skipif(sys.platform != "linux", reason="these are Linux's systems")
def test_many_ports_ask_once(asked, monkeypatch):
    now = [10.0]
    monkeypatch.setattr(systems.time, "monotonic", lambda: now[0])
    assert [systems.fault("jack") for _ in range(5)] == ["no jack"] * 5
    assert asked == ["jack"]
    now[0] += systems.FAULT_SECONDS
    systems.fault("jack")
    assert asked == ["jack"] * 2
