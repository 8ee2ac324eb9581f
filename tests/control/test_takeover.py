"""Knobs: those that take a value over, and those that turn without an end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.control.midi_mapping import Mapped, MidiMapping
from perform.control.parsers import KNOB_MODES
from perform.control.registry import parse_mapping
from perform.control.takeover import turn
from perform.errors import MessageError
from perform.events import ParameterChanged

STEPS = "/weight/steps"


class Surface:
    """A controller with one knob, and the values that it sets."""

    def __init__(self, address, value, mode="takeover"):
        self.address, self.values = address, {address: value}
        self.mapping = MidiMapping({"21": Mapped(address, mode)}, self.values)

    def turn_to(self, position):
        """What the knob sets at a position; None for nothing."""
        event = self.mapping.handle([0xB0, 21, position])
        if event is None:
            return None
        self.values[self.address] = parse_mapping(self.address)[0].value(event)
        return self.values[self.address]


def test_a_knob_moves_nothing_until_it_passes_the_value():
    knob = Surface(STEPS, 0.5)
    assert [knob.turn_to(at) for at in (0, 10, 40, 60)] == [None] * 4
    assert knob.turn_to(80) == pytest.approx(80 / 127)  # it passed 63.5
    assert knob.turn_to(127) == 1.0


def test_a_knob_that_is_at_the_value_takes_it_over_at_once():
    assert Surface(STEPS, 0.5).turn_to(64) == pytest.approx(64 / 127)


def test_a_value_that_another_surface_changes_is_taken_over_again():
    knob = Surface(STEPS, 0.5)
    assert knob.turn_to(64)
    assert knob.turn_to(100)
    knob.values[STEPS] = 0.1
    assert knob.turn_to(101) is None
    assert knob.turn_to(50) is None
    assert knob.turn_to(5) == pytest.approx(5 / 127)


def test_a_knob_that_jumps_sets_its_position():
    assert Surface(STEPS, 0.9, "jump").turn_to(0) == 0.0


def test_a_whole_number_stays_taken_over_though_it_is_rounded():
    knob = Surface("/mode/bars", 1)
    bars = [knob.turn_to(at) for at in range(128)]
    assert None not in bars
    assert bars[-1] == 64


def test_pitch_bend_aftertouch_and_velocity_spring_back_and_always_act():
    values = {STEPS: 0.2}
    sources = dict.fromkeys(("bend", "aftertouch", "aftertouch 40", "note 36"), STEPS)
    mapping = MidiMapping(sources, values)
    for message in ([0xE0, 127, 127], [0xD3, 127], [0xA0, 40, 127], [0x99, 36, 127]):
        assert mapping.handle(message) == ParameterChanged(None, "weight/steps", 1.0)
    assert mapping.handle([0x89, 36, 0]) is None
    assert mapping.handle([0xE0, 0, 0]) == ParameterChanged(None, "weight/steps", 0.0)


@pytest.mark.parametrize(
    ("mode", "right", "left", "far_right", "far_left"),
    [
        ("twos", (1, 1), (127, -1), (63, 63), (64, -64)),
        ("offset", (65, 1), (63, -1), (127, 63), (0, -64)),
        ("sign", (1, 1), (65, -1), (63, 63), (127, -63)),
    ],
)
def test_relative_knobs_turn_from_the_present_value(mode, right, left, far_right, far_left):
    for sent, steps in (right, left, far_right, far_left):
        assert turn(mode, sent) == steps
    knob = Surface(STEPS, 0.5, mode)
    assert knob.turn_to(right[0]) == pytest.approx(0.5 + 1 / 127)
    assert knob.turn_to(left[0]) == pytest.approx(0.5)
    knob.values[STEPS] = 0.25
    assert knob.turn_to(right[0]) == pytest.approx(0.25 + 1 / 127)
    assert [knob.turn_to(far_right[0]) for _ in range(3)][-1] == 1.0
    assert [knob.turn_to(far_left[0]) for _ in range(3)][-1] == 0.0


def test_a_step_of_a_relative_knob_is_one_of_a_whole_number_and_of_a_long_range():
    bars, tempo = Surface("/mode/bars", 4, "twos"), Surface("/tempo", 120.0, "offset")
    assert [bars.turn_to(1), bars.turn_to(1), bars.turn_to(127)] == [5, 6, 5]
    assert tempo.turn_to(63) == pytest.approx(119)


def test_a_relative_knob_turns_a_target_to_chance_and_back():
    knob = Surface("/target/density", 1 / 126, "sign")
    assert knob.turn_to(65) == pytest.approx(0.0)
    assert knob.turn_to(65) == -1.0
    assert knob.turn_to(1) == pytest.approx(0.0)


@given(
    st.sampled_from(KNOB_MODES),
    st.sampled_from((STEPS, "/tempo", "/target/density", "/mode/bars")),
    st.lists(st.tuples(st.integers(0, 127), st.booleans()), max_size=20),
)
def test_no_knob_leaves_its_range(mode, address, moves):
    control = parse_mapping(address)[0]
    surface = Surface(address, control.default, mode)
    for position, changed in moves:
        surface.turn_to(position)  # it raises what is out of range
        assert control.low <= surface.values[address] <= control.high
        if changed:
            surface.values[address] = control.low


def test_learn_takes_how_a_knob_is_read(caplog):
    caplog.set_level("INFO")
    values = {STEPS: 0.5}
    mapping = MidiMapping({}, values)
    mapping.has_controller = True
    mapping.learn(STEPS, "offset")
    event = mapping.handle([0xB0, 30, 65])
    assert event == ParameterChanged(None, "weight/steps", pytest.approx(0.5 + 1 / 127))
    assert caplog.messages == [
        f'learnt; for the rig: cc = {{ "30" = {{ to = "{STEPS}", mode = "offset" }} }}'
    ]
    with pytest.raises(MessageError, match="offset is for a controller with a number"):
        mapping.learn("/more", "offset")


def test_a_learned_controller_takes_over():
    mapping = MidiMapping({}, {STEPS: 0.5})
    mapping.has_controller = True
    mapping.learn(STEPS)
    assert mapping.handle([0xB0, 30, 3]) is None
    assert mapping.handle([0xB0, 30, 90]) is not None
