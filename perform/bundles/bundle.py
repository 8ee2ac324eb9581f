"""Bundles: a trained model as files, with a manifest that is checked against them."""

import hashlib
from pathlib import Path
from typing import Any

import msgspec

from perform.atomic_file import replacing
from perform.errors import BundleError
from perform.music.note import BEATS_PER_BAR, COLUMNS, ROOT_ROW, ROWS

SCHEMA = 1
MANIFEST = "manifest.json"
GENERATOR = "generator.tflite"
DISCRIMINATOR = "discriminator.tflite"
TASTE = "taste.tflite"
CARD = "card.md"
PARTS = {MANIFEST, GENERATOR, DISCRIMINATOR, TASTE, CARD}


class Grid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The piano roll that a model was trained on."""

    rows: int = ROWS
    columns: int = COLUMNS
    root_row: int = ROOT_ROW
    beats: int = BEATS_PER_BAR


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The content of `manifest.json`.

    `files`: sha256 of every other file by name. `batch`: phrases made by one call (the network's
    static first axis). `context`: how many numbers of a line's context the network takes; 0 for
    one that takes none. `feels`: those that it plays, the usual one first. `threshold`: cells
    above it are on. `training`, `data` and `metrics` are for the reader: how the model was
    trained, on what, and what was measured.
    """

    schema: int = SCHEMA
    name: str
    created: str
    licence: str
    files: dict[str, str]
    grid: Grid = Grid()
    noise_dim: int
    batch: int
    conditions: list[str] = []
    context: int = 0
    feels: list[str] = []
    threshold: float = 0.0
    architecture: str
    training: dict[str, Any] = {}
    data: dict[str, Any] = {}
    metrics: dict[str, Any] = {}


class Bundle(msgspec.Struct, frozen=True):
    """A bundle on disk whose digests have been checked."""

    path: Path
    manifest: Manifest

    @property
    def generator(self) -> Path:
        """The TFLite file of the generator."""
        return self.path / GENERATOR

    @property
    def discriminator(self) -> Path | None:
        """The TFLite file of the discriminator; None where the bundle has none."""
        return self.path / DISCRIMINATOR if DISCRIMINATOR in self.manifest.files else None

    @property
    def taste(self) -> Path | None:
        """The TFLite file that scores bars of a line; None where the bundle has none."""
        return self.path / TASTE if TASTE in self.manifest.files else None

    @property
    def card(self) -> str:
        """The card's text, Markdown."""
        return (self.path / CARD).read_text(encoding="utf-8")


def load(path: Path) -> Bundle:
    """The bundle in a folder, its schema, grid and digests checked.

    Raises BundleError naming both values where manifest and files disagree.
    """
    manifest = _read_manifest(path)
    if manifest.grid != Grid():
        raise BundleError(
            f"{path}: the model's grid is {_spell(manifest.grid)}, this version plays "
            f"{_spell(Grid())}; export the model again with this version"
        )
    missing = {GENERATOR, CARD} - manifest.files.keys()
    if missing:
        raise BundleError(f"{path}: manifest.json lists no digest of {min(missing)}")
    for name, expected in manifest.files.items():
        if Path(name).name != name:
            raise BundleError(f"{path}: manifest.json names {name!r}, which is not a plain file")
        actual = _digest(path, name)
        if actual != expected:
            raise BundleError(
                f"{path}: {name} has sha256 {actual[:12]}, the manifest says {expected[:12]}; "
                "the file was changed or cut short, copy the bundle again"
            )
    return Bundle(path, manifest)


def check_destination(path: Path) -> None:
    """Raise BundleError unless a bundle can be saved at `path`.

    The path must be free, an empty folder, or a folder with an older bundle and nothing else.
    """
    if not path.exists():
        return
    names = {each.name for each in path.iterdir()} if path.is_dir() else {path.name}
    if names and not {MANIFEST} <= names <= PARTS:
        raise BundleError(
            f"{path}: has other files than a bundle, so it is not replaced; name a new folder, "
            "like models/NAME"
        )


def save(path: Path, manifest: Manifest, files: dict[str, bytes]) -> Bundle:
    """Write a bundle at `path`, all or nothing, and return it; an older bundle is replaced.

    `files`: name -> content; their digests become `manifest.files`.
    """
    check_destination(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        temporary.mkdir()
        for name, content in files.items():
            (temporary / name).write_bytes(content)
        digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        complete = msgspec.structs.replace(manifest, files=dict(sorted(digests.items())))
        text = msgspec.json.format(msgspec.json.encode(complete), indent=2)
        (temporary / MANIFEST).write_bytes(text + b"\n")
        load(temporary)
    return load(path)


def replace_card(bundle: Bundle, card: str) -> Bundle:
    """The bundle with another card, written all or nothing in place of it."""
    files = {name: (bundle.path / name).read_bytes() for name in bundle.manifest.files}
    return save(bundle.path, bundle.manifest, {**files, CARD: card.encode()})


def _digest(path: Path, name: str) -> str:
    """The sha256 of a bundle's file, 64 hexadecimal digits."""
    try:
        return hashlib.sha256((path / name).read_bytes()).hexdigest()
    except FileNotFoundError:
        raise BundleError(f"{path}: {name} is missing; copy the whole bundle again") from None
    except OSError as fault:
        raise BundleError(
            f"{path}: {name} cannot be read ({fault.strerror}); let this user read it, or copy the "
            "bundle again"
        ) from None


def _read_manifest(path: Path) -> Manifest:
    try:
        raw = (path / MANIFEST).read_bytes()
    except OSError:
        raise BundleError(
            f"{path}: no model there (no {MANIFEST}); `perform models` lists all models"
        ) from None
    try:
        schema = msgspec.json.decode(raw).get("schema")
    except (msgspec.DecodeError, AttributeError):
        raise BundleError(f"{path}: {MANIFEST} is not JSON; copy the bundle again") from None
    if schema != SCHEMA:
        raise BundleError(
            f"{path}: manifest schema is {schema!r}, this version reads {SCHEMA}; "
            "update Sideman or export the model again"
        )
    try:
        return msgspec.json.decode(raw, type=Manifest)
    except msgspec.ValidationError as fault:
        raise BundleError(f"{path}: {MANIFEST}: {fault}; export the model again") from None


def _spell(grid: Grid) -> str:
    return f"{grid.rows} x {grid.columns}, root row {grid.root_row}, {grid.beats} beats"
