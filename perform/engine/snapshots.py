"""The engine's handlers of snapshots: stored, recalled, and stored again after a restart."""

from collections.abc import Callable
from typing import Any

from perform.engine.voices import Voices
from perform.events import (
    OutputEvent,
    SnapshotRecalled,
    SnapshotsRestored,
    SnapshotStored,
    StateChanged,
)

SNAPSHOTS_ADDRESS = "/snapshot"  # the address with the names of the stored snapshots


class SnapshotHandlers:
    """Stores and recalls the parameters of `voices`.

    `request_soon`: requests anew what a recall has changed.
    """

    def __init__(self, voices: Voices, request_soon: Callable[[], list[OutputEvent]]) -> None:
        self._voices = voices
        self._request_soon = request_soon

    @property
    def by_event(self) -> dict[type, Callable[[Any], list[OutputEvent]]]:
        """The handler of each kind of event."""
        return {
            SnapshotStored: self._store,
            SnapshotRecalled: self._recall,
            SnapshotsRestored: self._restore,
        }

    def _store(self, event: SnapshotStored) -> list[OutputEvent]:
        return [StateChanged(SNAPSHOTS_ADDRESS, self._voices.store_snapshot(event.name))]

    def _restore(self, event: SnapshotsRestored) -> list[OutputEvent]:
        return [StateChanged(SNAPSHOTS_ADDRESS, self._voices.restore_snapshots(event))]

    def _recall(self, event: SnapshotRecalled) -> list[OutputEvent]:
        changed = self._voices.recall_snapshot(event.name)
        return [*(StateChanged(*each) for each in changed), *self._request_soon()]
