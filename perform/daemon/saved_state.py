"""The saved state: what a performance keeps for its next start, in one file for each rig.

It holds the values that clients have changed, the song of the set, snapshots, and the controllers
that were learnt. It is written while the music plays, at most once a second, and at the end; whole
or not at all. A value that the rig or the set has changed since then is theirs.
"""

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Self, cast, get_args

import msgspec

from perform import atomic_file
from perform.config.state_folder import state_folder
from perform.control import registry
from perform.control.midi_mapping import Mapped, MidiMapping
from perform.control.registry import CONTROLS, NAME, Value
from perform.errors import MessageError
from perform.events import Event, SnapshotsRestored, VoiceSnapshot
from perform.runtime.client_events import ClientEvents
from perform.runtime.live_engine import LiveEngine

log = logging.getLogger(__name__)
VERSION = 1
WRITE_SECONDS = 1.0
NOT_KEPT = {"transport", "song"}  # the music never starts by itself; the song is kept apart
Snapshots = dict[str, dict[str, VoiceSnapshot]]


class SavedValue(msgspec.Struct, frozen=True):
    """A value that clients have set, and the value of the rig or of the song at that time."""

    value: Value
    rig: Value


class SavedState(msgspec.Struct, frozen=True, kw_only=True):
    """The contents of a state file.

    `song`: of the set. `values`: by address. `controllers`: learnt, by source.
    """

    version: int = VERSION
    song: str = ""
    values: dict[str, SavedValue] = {}
    snapshots: Snapshots = {}
    controllers: dict[str, Mapped] = {}


def state_path(rig: Path | None) -> Path:
    """The state file of a rig; of the rig for this machine where none is named."""
    if rig is None:
        return state_folder() / "default.json"
    digest = hashlib.sha256(str(rig.resolve()).encode()).hexdigest()[:8]
    return state_folder() / f"{rig.stem}-{digest}.json"


def read(path: Path) -> SavedState:
    """The state in a file; an empty one, with a line in the log, where it cannot be read."""
    try:
        content = path.read_bytes()
        state = msgspec.json.decode(content, type=SavedState)
    except FileNotFoundError:
        return SavedState()
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        log.warning("%s: not read (%s); everything begins as the rig says", path, reason)
        return SavedState()
    if state.version != VERSION:
        log.warning(
            "%s: of another version of Sideman (%d, not %d); everything begins as the rig says",
            path, state.version, VERSION,
        )  # fmt: skip
        return SavedState()
    return state


class StateKeeper:
    """Restores the saved state of a performance, and keeps it up to date.

    `path`: of the state file. `follows_tempo`: whether another program gives the tempo, which is
    not kept then. Create it when all values are as the rig says.
    """

    def __init__(
        self,
        path: Path,
        live: LiveEngine,
        events: ClientEvents,
        mapping: MidiMapping,
        *,
        follows_tempo: bool = False,
    ) -> None:
        self._path = path
        self._live = live
        self._events = events
        self._mapping = mapping
        self._kept = _kept_names(follows_tempo=follows_tempo)
        self._rig_values = {
            address: value for address, value in live.state.values.items() if self._keeps(address)
        }
        self._written = SavedState()
        self._failed = False
        self._task: asyncio.Task[None] | None = None
        self._writing: asyncio.Future[None] | None = None

    def restore(self, state: SavedState) -> None:
        """Set everything again that still fits the rig; the music does not start by it.

        One line in the log names what no longer fits.
        """
        left_out: list[str] = []
        with self._live.conductor.without_start():
            for address in sorted(state.values, key=_order):
                saved = state.values[address]
                if saved.rig != self._written_values.get(address, saved.rig):
                    continue  # the rig or the set was edited: it holds
                left_out += self._set(address, saved.value)
            if state.snapshots:
                self._live.conductor.handle_event(SnapshotsRestored(state.snapshots))
        for source, mapped in state.controllers.items():
            try:
                self._mapping.assign(source, mapped)
            except MessageError as error:
                left_out.append(f"controller {source} ({error})")
        if left_out:
            log.warning(
                "%s: what no longer fits the rig is left out: %s", self._path, ", ".join(left_out)
            )
        self._written = state

    def current(self) -> SavedState:
        """The state to keep now."""
        written = self._written_values
        values = {
            address: SavedValue(value, written[address])
            for address, value in self._live.state.values.items()
            if address in written and value != written[address]
        }
        return SavedState(
            song=self._events.songs.name,
            values=values,
            snapshots=self._live.engine.snapshots,
            controllers=self._mapping.learnt,
        )

    @property
    def _written_values(self) -> dict[str, Value]:
        """What the rig says, and the song where it says something else."""
        of_song = self._events.songs.values
        return self._rig_values | {it: of_song[it] for it in of_song if it in self._rig_values}

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._keep())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._writing is not None:
            await self._writing  # an older state must not replace the last one
        self._write(self.current())

    async def _keep(self) -> None:
        """Write the state once a second where it has changed, in a thread: no note waits for it."""
        while True:
            await asyncio.sleep(WRITE_SECONDS)
            state = self.current()
            if state != self._written:
                self._writing = asyncio.ensure_future(asyncio.to_thread(self._write, state))
                await asyncio.shield(self._writing)

    def _write(self, state: SavedState) -> None:
        """Write the state; the first failure is logged, and the next change tries again."""
        if state == self._written:
            return
        try:
            content = msgspec.json.format(msgspec.json.encode(state), indent=1)
            atomic_file.write(self._path, content + b"\n")
        except OSError as error:
            if not self._failed:
                log.warning(
                    "%s: the state is not kept (%s); the next start begins as the rig says",
                    self._path, error.strerror,
                )  # fmt: skip
            self._failed = True
            return
        self._written, self._failed = state, False

    def _keeps(self, address: str) -> bool:
        try:
            control, voice = registry.find(address)
        except MessageError:
            return False
        return (control.name, bool(voice)) in self._kept

    def _set(self, address: str, value: Value) -> Iterable[str]:
        """Set a value as a client does; yields what is wrong with it."""
        try:
            event = registry.parse(address, (value,))
            if isinstance(event, get_args(Event)):
                self._events.handle_event(cast(Event, event))
        except MessageError as error:
            yield f"{address} ({error})"


def _kept_names(*, follows_tempo: bool) -> set[tuple[str, bool]]:
    """The names of the controls that are kept, and whether each voice has its own value."""
    of_voices = {it.name for it in CONTROLS if it.published and NAME in it.address}
    of_all = {it.name for it in CONTROLS if it.published} - of_voices - NOT_KEPT
    if follows_tempo:
        of_all -= {"tempo"}
    return {(name, True) for name in of_voices} | {(name, False) for name in of_all}


def _order(address: str) -> int:
    """The place of an address in the registry: a mode is set before the length of its turns."""
    with contextlib.suppress(MessageError):
        return CONTROLS.index(registry.find(address)[0])
    return len(CONTROLS)
