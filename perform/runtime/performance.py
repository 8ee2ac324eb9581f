"""A running performance: all its parts, built and connected by `perform.daemon.wiring`."""

from typing import NamedTuple

from perform.config.schema import Rig
from perform.control.absences import Absences
from perform.panel.listener import PanelListener
from perform.runtime.client_events import ClientEvents
from perform.runtime.live_engine import LiveEngine


class Performance(NamedTuple):
    """A performance that is ready to play.

    `rig`: without the parts that could not be opened. `absences`: those, and what
    is waited for.
    `panel`: where browsers reach it; None when the rig has no panel.
    """

    rig: Rig
    absences: Absences
    live: LiveEngine
    events: ClientEvents
    panel: PanelListener | None
