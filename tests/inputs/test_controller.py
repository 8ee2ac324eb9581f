"""The port of a MIDI controller."""

from dispatchers import with_clients

from perform.control.midi_mapping import MidiMapping
from perform.errors import MessageError
from perform.inputs.controller import ControllerInputConfig, MidiController
from perform.midi import ports


class Port:
    """A MIDI port that nothing is connected to."""

    def listen(self, *_, **__):
        pass


def test_a_rejected_control_change_is_counted_and_logged_once(monkeypatch, caplog):
    monkeypatch.setattr(ports, "wait_for_input", lambda *_: Port())

    def apply(_):
        raise MessageError("the tempo is the MIDI clock's")

    async def scene(clients):
        config = ControllerInputConfig(port="knobs", cc={"21": "/tempo"})
        mapping = MidiMapping(config.cc)
        controller = MidiController(
            config, ports.AUTO, mapping, apply, clients.dispatcher.log_rejection
        )
        for value in range(128):
            controller._handle([0xB0, 21, value], 0.0)
        assert clients.dispatcher.stats()["refused"] == 128

    with_clients(scene)
    first, summed_up = [record.message for record in caplog.records]
    assert first.startswith("[inputs.surface] the tempo is the MIDI clock's (logged once")
    assert summed_up.startswith("127 more messages")
