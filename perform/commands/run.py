"""`perform run`: plays a rig, or the rig for this machine, until a signal ends it."""

import asyncio
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from perform.bundles import bundle, catalog
from perform.config import load
from perform.config.schema import PanelConfig, Rig
from perform.config.set_file import SongSet
from perform.control.absences import OnAbsence
from perform.daemon.next_steps import first_steps
from perform.errors import BundleError, RigError, SetError, SidemanError
from perform.midi import ports
from perform.net.access import is_loopback
from perform.net.address import host_port
from perform.panel.listener import PanelListener, is_installed

log = logging.getLogger(__name__)
VIEW = "perform.views.terminal"


def run(
    path: Path | None,
    panel: str | None,
    song_set: Path | None,
    *,
    view: bool | None,
    strict: bool,
    from_rig: bool,
) -> None:
    """Play the rig at `path`, or the rig for this machine, until a signal ends it.

    `panel`: the panel's host:port; "" for the address in the rig, None for the rig as it is.
    `song_set`: the file of the set; None for the one that the rig names.
    `view`: whether the terminal shows the view; None: where standard output is a terminal.
    `strict`: a part that is not there is an error; otherwise it is waited for. `from_rig`: whether
    to begin as the rig says, not as the last performance ended.
    """
    # half a second, and few commands play
    from perform.daemon import app, saved_state  # noqa: PLC0415
    from perform.runtime.performance import Performance  # noqa: PLC0415 - as above

    rig = load.load_rig(path) if path is not None else default_rig(waits=not strict)
    songs = load.load_set(rig, path.parent if path else Path(), song_set)
    if panel is not None:
        rig = msgspec.structs.replace(rig, panel=panel_at(panel, rig.panel))

    def print_ready(performance: Performance) -> None:
        print(welcome(performance.rig, performance.panel), flush=True)
        if path is None:
            print(f"next: {first_steps(performance.rig, performance.panel)[0]}", flush=True)

    def log_ready(performance: Performance) -> None:
        log.info(welcome(performance.rig))

    shows_code = rig.panel is not None and not is_loopback(host_port(rig.panel.listen)[0])
    viewed = sys.stdout.isatty() and not shows_code if view is None else view
    ready, views = (log_ready, [VIEW]) if viewed else (print_ready, [])
    state_file = saved_state.state_path(path)
    state = saved_state.SavedState() if from_rig else saved_state.read(state_file)
    on_absence: OnAbsence = "fail" if strict else "wait"
    if songs is not None:
        for line in missing_models(songs):
            if strict:
                raise SetError(line)
            log.warning("%s", line)  # its voice plays on as it does
    asyncio.run(app.run(rig, ready, views, on_absence, (state_file, state), songs))


def missing_models(songs: SongSet) -> Iterator[str]:
    """A line for each bundle that a song of a set names, and that cannot be used."""
    for model, song in songs.models.items():
        try:
            bundle.load(catalog.find(model))
        except BundleError as error:
            yield f"{songs.path}: song {song!r}: {error}"


def rig_text(*, waits: bool = False) -> str:
    """The rig for this machine as TOML with comments.

    `perform run` plays it, `perform init` writes it. `waits`: whether it has MIDI ports also where
    no MIDI system answers yet.
    """
    text = Path(load.__file__).with_name("rig.toml").read_text(encoding="utf-8")
    for table in _unused_tables(waits=waits):
        text = _commented_out(text, table)
    return text


def _unused_tables(*, waits: bool) -> Iterator[str]:
    """The tables of rig.toml whose ports or packages are missing, or that a MIDI port replaces."""
    try:
        ports.names()
        yield "outputs.max"
    except SidemanError as fault:
        if not (waits and ports.has_library()):  # else it is logged as what is absent
            log.warning("%s", fault)
            yield from ("inputs.midi", "outputs.synth")
    if not is_installed():
        yield "panel"


def _commented_out(text: str, table: str) -> str:
    """The text of a rig with one table made a comment; an empty line ends the table."""
    before, head, rest = text.partition(f"[{table}]")
    lines, blank, rest = rest.partition("\n\n")
    return before + re.sub("^", "# ", head + lines, flags=re.MULTILINE) + blank + rest


def default_rig(*, waits: bool = False) -> Rig:
    """The rig for this machine; `waits`: see `rig_text`."""
    return load.parse_rig(rig_text(waits=waits))


def panel_at(listen: str, table: PanelConfig | None) -> PanelConfig:
    """The rig's [panel] table, or a new one, with `listen` as its host:port; "" leaves it as it is.

    RigError for an address without host or port.
    """
    table = table or PanelConfig()
    try:
        host_port(listen or table.listen)
    except RigError:
        raise RigError(f"--panel {listen}: write host and port, like 0.0.0.0:8137") from None
    return msgspec.structs.replace(table, listen=listen or table.listen)


def welcome(rig: Rig, panel: PanelListener | None = None) -> str:
    """One line: what the daemon listens to, from which machines, and which voices play where.

    The panel's address stands before it, with a QR code where a phone can use it.
    """
    sources = ", ".join(_sources(rig)) or "nothing"
    voices = ", ".join(f"{voice.name} ({voice.model})" for voice in rig.voices)
    clients = "OSC subscribers" if rig.panel is None else "the panel and OSC subscribers"
    outputs = ", ".join(rig.outputs) or clients
    address = f"{_encodable(panel.qr_code())}panel: {panel.url}\n" if panel is not None else ""
    return f"{address}ready: listens to {sources}; {voices} to {outputs}"


def _encodable(text: str) -> str:
    """The text, or "" where standard output cannot encode it."""
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return ""
    return text


def _sources(rig: Rig) -> Iterator[str]:
    for table in rig.inputs.tables():
        yield from table.describe()
    yield from rig.clock.describe()
    if rig.mqtt is not None:
        yield f"MQTT {rig.mqtt.prefix}/{rig.mqtt.name} at {rig.mqtt.broker}"
    if rig.panel is not None:
        is_local = not (rig.panel.token or rig.panel.names)
        is_local = is_local and is_loopback(host_port(rig.panel.listen)[0])
        yield f"panel {rig.panel.listen} ({'this machine' if is_local else 'with the token'})"
