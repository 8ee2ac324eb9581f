"""The events of clients that concern more than the engine."""

import pytest
from dispatchers import FakeClient, with_clients

from perform.runtime.client_events import ClientEvents


class HeldKeyboard:
    """Counts how often its keys are cleared."""

    cleared = 0

    def clear_keys(self):
        self.cleared += 1


@pytest.mark.parametrize("address", ["/panic", "/keys/clear"])
def test_panic_and_clear_keys_clear_the_keys_of_every_input_and_the_pad(address):
    async def scene(clients):
        pad, keyboards = FakeClient("a surface"), [HeldKeyboard(), HeldKeyboard()]
        events = ClientEvents(["lead", "bass"], [], clients.live, keyboards=keyboards)
        clients.dispatcher._events = events
        clients.send(pad, "/chord", "C7")
        clients.send(pad, address)
        clients.send(pad, "/chord/release")  # the finger leaves the pad after that
        assert [it.cleared for it in keyboards] == [1, 1]
        assert clients.state.values["/chord"] == "C7"

    with_clients(scene)


def test_notes_of_a_client_are_named_by_what_is_around_them():
    """As those of a keyboard: by the chord before, by a chart, and plainly without either."""

    async def scene(clients):
        pad = FakeClient("a surface")

        def named(*notes):
            clients.send(pad, "/chord", *notes)
            return clients.state.values["/chord"]

        clients.send(pad, "/chord", "C7")
        assert named(57, 60, 64, 67) == "Am7"  # no Fmaj9 without its root
        clients.send(pad, "/chord", "N.C.")
        assert named(52, 58, 62, 67) == "Em7b5"
        assert named(50, 53, 57, 60) == "Dm7"
        assert named(53, 57, 59, 64) == "G13"
        assert named(48, 52, 55) == "C"
        clients.send(pad, "/chart", "C7 | F7")
        assert named(52, 58, 62, 67) == "C9"

    with_clients(scene)
