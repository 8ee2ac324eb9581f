"""The command `judge`: whether lines sound like those of a reference."""

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from perform import atomic_file
from perform.bundles import bundle, catalog
from perform.errors import DatasetError
from training.data.piece import Piece
from training.data.piece_files import OWN_BOOK, open_all, open_pieces
from training.extras import require_installed
from training.judge.sources import played, spread

if TYPE_CHECKING:
    from training.judge.judgement import Judgement


class Playing(NamedTuple):
    """How a bundle plays for the judge: over how many charts, in which role, by which seed."""

    charts: int
    role: str
    seed: int


def judge(
    sources: Sequence[str] | None,
    against: Sequence[Path] | None,
    learned_from: Sequence[Path] | None,
    output: Path | None,
    playing: Playing,
    *,
    card: bool,
) -> None:
    """Print a judgement of each source; write the page with all of them, if a folder is named.

    `card`: write each bundle's judgement into its card too.
    """
    require_installed("sklearn")
    from training.judge import judgement, page  # noqa: PLC0415 - tensorflow takes seconds

    if not sources:
        raise DatasetError("name a source to judge: a bundle, a book, lead sheets or MIDI files")
    for name in sources:
        if card and not _is_bundle(name):
            raise DatasetError(f"{name}: no bundle, so it has no card; leave out --card")
    reference = open_all(against or ())
    corpus = open_all(learned_from) if learned_from else None
    judgements = []
    for name in sources:
        pieces = _pieces(name, reference, playing)
        judgements.append(judgement.judge(name, pieces, reference, corpus, playing.seed))
        print("\n".join(page.lines(judgements[-1])), flush=True)
        if card:
            _write_card(
                name, judgements[-1], pieces, _command(name, against, learned_from, playing)
            )
    if output is not None:
        about = f"{_names(against)} ({len(reference)} tunes)"
        html = page.page(f"Sideman's judge: {', '.join(sources)}", judgements, about)
        plain = json.dumps(msgspec.to_builtins(judgements), indent=1, ensure_ascii=False)
        atomic_file.write_all(
            {output / "judge.html": html.encode(), output / "judge.json": plain.encode()}
        )
        print(f"{output / 'judge.html'}: the page")


def prove(against: Sequence[Path] | None, seed: int) -> None:
    """Print how well corrupted lines of the reference are separated from the others."""
    require_installed("sklearn")
    from training.judge import judgement  # noqa: PLC0415 - tensorflow takes seconds

    judgement.prove(open_all(against or ()), lambda line: print(line, flush=True), seed)


def _is_bundle(name: str) -> bool:
    return not Path(name).exists() or (Path(name) / bundle.MANIFEST).is_file()


def _pieces(name: str, reference: Sequence[Piece], playing: Playing) -> tuple[Piece, ...]:
    """A source's lines; those of a bundle are played over charts of the reference."""
    if _is_bundle(name):
        return played(name, spread(reference, playing.charts), playing.seed, playing.role)
    return open_pieces(Path(name))


def _write_card(name: str, judged: "Judgement", pieces: Sequence[Piece], command: str) -> None:
    """Write a judgement into the card of its bundle, with a chorus in its usual feel."""
    from training.judge import card  # noqa: PLC0415 - tensorflow takes seconds

    loaded = bundle.load(catalog.find(name))
    usual = next(iter(loaded.manifest.feels), None)
    chorus = next((piece for piece in pieces if piece.feel == usual), pieces[0])
    text = card.section(judged, chorus, command)
    bundle.replace_card(loaded, card.with_section(loaded.card, text))
    print(f"{loaded.path / bundle.CARD}: the card")


def _command(
    name: str,
    against: Sequence[Path] | None,
    learned_from: Sequence[Path] | None,
    playing: Playing,
) -> str:
    """The command that gives a bundle's judgement again."""
    words = ["training", "judge", Path(name).name, "--charts", str(playing.charts)]
    words += [word for path in against or () for word in ("--against", str(path))]
    words += [word for path in learned_from or () for word in ("--learned-from", str(path))]
    words += ["--role", playing.role] if playing.role != "lead" else []
    words += ["--seed", str(playing.seed)] if playing.seed else []
    return shlex.join(words)


def _names(against: Sequence[Path] | None) -> str:
    return ", ".join(map(str, against or ())) or OWN_BOOK.name
