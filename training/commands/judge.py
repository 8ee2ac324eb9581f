"""The command `judge`: whether lines sound like those of a reference."""

import json
from collections.abc import Sequence
from pathlib import Path

import msgspec

from perform import atomic_file
from perform.errors import DatasetError
from training.data.piece import Piece
from training.data.piece_files import OWN_BOOK, open_pieces, own_melodies
from training.extras import require_installed
from training.judge.sources import played


def judge(
    sources: Sequence[str] | None,
    against: Path | None,
    learned_from: Path | None,
    output: Path | None,
    charts: int,
    seed: int,
) -> None:
    """Print a judgement of each source; write the page with all of them, if a folder is named."""
    require_installed("sklearn")
    from training.judge import judgement, page  # noqa: PLC0415 - tensorflow takes seconds

    if not sources:
        raise DatasetError("name a source to judge: a bundle, a book, lead sheets or MIDI files")
    reference = melodies(against)
    corpus = open_pieces(learned_from) if learned_from is not None else None
    judgements = []
    for name in sources:
        pieces = _pieces(name, reference, charts, seed)
        judgements.append(judgement.judge(name, pieces, reference, corpus, seed))
        print("\n".join(page.lines(judgements[-1])), flush=True)
    if output is not None:
        about = f"{against or OWN_BOOK.name} ({len(reference)} tunes)"
        html = page.page(f"Sideman's judge: {', '.join(sources)}", judgements, about)
        plain = json.dumps(msgspec.to_builtins(judgements), indent=1, ensure_ascii=False)
        atomic_file.write_all(
            {output / "judge.html": html.encode(), output / "judge.json": plain.encode()}
        )
        print(f"{output / 'judge.html'}: the page")


def prove(against: Path | None, seed: int) -> None:
    """Print how well corrupted lines of the reference are separated from the others."""
    require_installed("sklearn")
    from training.judge import judgement  # noqa: PLC0415 - tensorflow takes seconds

    judgement.prove(melodies(against), lambda line: print(line, flush=True), seed)


def melodies(against: Path | None) -> tuple[Piece, ...]:
    """The reference: the pieces at a path, or the melodies of our own book."""
    return own_melodies() if against is None else open_pieces(against)


def _pieces(name: str, reference: tuple[Piece, ...], charts: int, seed: int) -> tuple[Piece, ...]:
    """A source's lines; those of a bundle are played over charts of the reference."""
    if not Path(name).exists() or (Path(name) / "manifest.json").is_file():
        return played(name, reference[:charts], seed)
    return open_pieces(Path(name))
