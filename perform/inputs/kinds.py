"""The kinds of input that a rig can have, one line each."""

from typing import get_args

from perform.events import InputName
from perform.inputs.base import InputTable
from perform.inputs.bass import BassInputConfig
from perform.inputs.chords import ChordInputConfig
from perform.inputs.controller import ControllerInputConfig
from perform.inputs.melody import MelodyInputConfig
from perform.inputs.osc import OscInputConfig
from perform.tables import RigTable


class InputsConfig(RigTable, frozen=True):
    """What Sideman listens to: the tables [inputs.NAME]."""

    osc: OscInputConfig | None = None
    midi: ChordInputConfig | None = None
    bass: BassInputConfig | None = None
    lead: MelodyInputConfig | None = None
    surface: ControllerInputConfig | None = None

    def named_tables(self) -> dict[str, InputTable]:
        """Those that the rig has, by name, in the order in which they are opened."""
        found = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: table for name, table in found.items() if table is not None}

    def transpositions(self) -> dict[InputName, int]:
        """The semitones by which each MIDI input is moved."""
        tables = ((name, getattr(self, name)) for name in get_args(InputName))
        return {name: table.transpose if table is not None else 0 for name, table in tables}

    def tables(self) -> list[InputTable]:
        """Those that the rig has, in the order in which they are opened."""
        return list(self.named_tables().values())
