"""The rig's [[voices]], and what each role plays like."""

from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta, field

from perform.engine.form import Mode
from perform.engine.parameters import PARAMETERS
from perform.engine.voicing import (
    DEFAULT_BARS,
    DEFAULT_FEEL,
    DEFAULT_MODE,
    DEFAULT_MODEL,
    Fit,
    VoiceSettings,
)
from perform.errors import RigError, did_you_mean
from perform.music.feel import FeelChoice
from perform.music.pitch import parse_midi_pitch
from perform.outputs.sounds import VoiceSound
from perform.tables import RigTable, rig_errors

Channel = Annotated[int, Meta(ge=1, le=16)]
Velocity = Annotated[int, Meta(ge=1, le=127)]
RoleName = Literal["lead", "answer", "bass", "pad"]


class Role(NamedTuple):
    """What a voice of a role plays like where the rig does not say."""

    model: str
    range: tuple[str, str]
    velocity: tuple[int, int]
    density: int | None
    fit: Fit
    knobs: dict[str, float]


ROLES: dict[RoleName, Role] = {
    "lead": Role(DEFAULT_MODEL, ("A3", "C6"), (64, 112), None, "scale", {}),
    "answer": Role(
        DEFAULT_MODEL, ("E3", "G5"), (60, 104), None, "scale", {"share": 0.6, "weight/player": 0.5}
    ),
    "bass": Role(
        "bass", ("E1", "G2"), (72, 104), None, "scale",
        {"share": 0.5, "articulation": 0.7, "space": 0.0},  # a bass does not breathe
    ),
    "pad": Role(
        DEFAULT_MODEL, ("C3", "E4"), (48, 72), 2, "chord",
        {"share": 0.3, "weight/on-beat": 0.8, "articulation": 1.0, "accent": 0.2},
    ),
}  # fmt: skip


class VoiceConfig(RigTable, frozen=True):
    """One melodic line; see `perform.engine.voicing.VoiceSettings`, and ROLES for each role.

    `program`, `bank`, `volume`: see `VoiceSound`.
    `knobs`: the first values of parameters, by their address: "swing", "weight/steps".
    """

    name: str
    role: RoleName = "lead"
    model: str = ""  # the role's
    output: str | None = None
    channel: Channel = 1
    range: tuple[str, str] | None = None
    velocity: tuple[Velocity, Velocity] | None = None
    density: Annotated[int, Meta(ge=1, le=64)] | None = None
    fit: Fit | None = None
    form: Annotated[str, Meta(min_length=1, max_length=16)] = "ABAC"
    single: bool = True
    tight: bool = True
    mode: Mode = DEFAULT_MODE
    bars: Annotated[int, Meta(ge=1, le=64)] = DEFAULT_BARS
    feel: FeelChoice = DEFAULT_FEEL
    other: str | None = None
    program: Annotated[int, Meta(ge=1, le=128)] | None = None
    bank: Annotated[int, Meta(ge=0, le=16383)] | None = None
    volume: Annotated[int, Meta(ge=0, le=127)] | None = None
    knobs: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take the model of the role where none is named."""
        if not self.model:
            msgspec.structs.force_setattr(self, "model", ROLES[self.role].model)

    @property
    def sound(self) -> VoiceSound:
        """What the synthesizer is told."""
        return VoiceSound(self.program, self.bank, self.volume)

    def settings(self) -> VoiceSettings:
        """The engine's settings for the voice. RigError for a value that cannot be right."""
        role = ROLES[self.role]
        low, high = self._pitches(self.range or role.range)
        softest, loudest = self.velocity or role.velocity
        if softest > loudest:
            raise RigError(f"voice {self.name!r}: velocity {[softest, loudest]} goes down")
        self._check_parameters()
        return VoiceSettings(
            name=self.name,
            model=self.model,
            low=low,
            high=high,
            softest=softest,
            loudest=loudest,
            density=self.density or role.density,
            fit=self.fit or role.fit,
            form=self.form,
            single=self.single,
            tight=self.tight,
            grounded=self.role == "bass",
            mode=self.mode,
            bars=self.bars,
            feel=self.feel,
            other=self.other,
            parameters={**role.knobs, **self.knobs},
        )

    def _pitches(self, limits: tuple[str, str]) -> tuple[int, int]:
        with rig_errors(self.name):
            low, high = (parse_midi_pitch(text) for text in limits)
        if low > high:
            raise RigError(f"voice {self.name!r}: range {list(limits)} goes from high to low")
        return low, high

    def _check_parameters(self) -> None:
        for name, value in self.knobs.items():
            parameter = PARAMETERS.get(name)
            if parameter is None:
                near = did_you_mean(name, PARAMETERS)
                raise RigError(f"voice {self.name!r}: no knob {name!r}{near}")
            if not parameter.low <= value <= parameter.high:
                raise RigError(
                    f"voice {self.name!r}: {name} goes from {parameter.low:g} to "
                    f"{parameter.high:g}, not to {value:g}"
                )
            if parameter.whole and value != round(value):
                raise RigError(f"voice {self.name!r}: {name} is a whole number, not {value:g}")
