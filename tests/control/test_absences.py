"""What is absent: names and lines, each once, and when they are logged and published."""

import pytest

from perform.control.absences import Absences
from perform.errors import OutputError, PortTakenError


def test_each_change_is_published_and_one_line_of_several_is_logged(caplog):
    absences, published = Absences(), []
    absences.begin("early", "host 'mac'", OutputError("no host 'mac'"))
    absences.publish_by(lambda changed: published.append((changed.address, changed.value)))
    assert not caplog.records
    absences.log()
    for key in ("one", "other"):  # two outputs at one port
        absences.begin(key, "MIDI port 'Keys'", OutputError("no 'Keys'"))
    absences.end("one")
    absences.end("other")
    absences.end("early")
    absences.end("early")
    assert [record.getMessage() for record in caplog.records] == [
        "no host 'mac'", "no 'Keys'", "MIDI port 'Keys' is back", "host 'mac' is back",
    ]  # fmt: skip
    names = ["host 'mac'", "host 'mac', MIDI port 'Keys'", "host 'mac'", ""]
    assert published == [("/absent", value) for value in names]
    assert absences.lines == []


def test_a_part_that_cannot_be_opened_is_absent_and_a_taken_port_an_error():
    absences = Absences("note")
    with absences.expected("outputs.a"):
        raise OutputError("no library")
    assert (absences.lines, absences.tables) == (["[outputs.a] no library"], {"outputs.a"})
    with pytest.raises(PortTakenError), absences.expected("inputs.osc"):
        raise PortTakenError("taken")
    with (
        pytest.raises(OutputError, match=r"^\[b\] no library; .*leave out --strict$"),
        Absences("fail").expected("b"),
    ):
        raise OutputError("no library")


def test_what_its_reporter_has_logged_is_not_logged_again(caplog):
    absences, published = Absences(), []
    absences.publish_by(lambda changed: published.append(changed.value))
    absences.log()
    absences.begin(1, "MQTT broker a:1", OutputError("no broker"), is_logged=True)
    absences.end(1, is_logged=True)
    assert published == ["MQTT broker a:1", ""]
    assert not caplog.records
