"""The judge's section of a bundle's card, as Markdown."""

import re
from collections.abc import Iterator, Sequence

from training.data.book import write_text
from training.data.piece import Piece
from training.judge.classifier import VIEWS
from training.judge.judgement import Judgement
from training.judge.page import told_by

HEADING = "## By the judge"
NEXT_HEADING = re.compile(r"^## ", re.MULTILINE)
ABOUT_AREAS = (
    "An area of 0.5 cannot be told apart from the reference, 1 always can. *Matched* windows have "
    "the same density and register."
)
UNSEEN = (
    "Distances between single bars (FID and its kin) saw nothing of this: they compare one bar "
    "with others, whatever came before it, whatever chord sounds, and wherever the line goes. They "
    "were good for lines that this judge told apart every time."
)
NOTATION = "Each note as pitch@beat(length in beats), a bar on each line."


def section(judgement: Judgement, chorus: Piece, command: str) -> str:
    """The section: areas, bits, figures and copies beside the reference, and a chorus to read.

    `command`: the one that measured it.
    """
    tunes = f"{judgement.tunes} tunes by the real engine"
    reference = f"{judgement.reference_tunes} tunes of the reference"
    parts = (
        HEADING,
        f"`{command}`: {tunes}, beside {reference}; ± is the standard error over tunes.",
        _table(_areas(judgement)),
        ABOUT_AREAS,
        *(
            [f"What tells most, each feature alone (AUC): {told_by(judgement.tells)}."]
            if judgement.tells
            else []
        ),
        _table(_bits(judgement)),
        _table(_figures(judgement)),
        _copies(judgement),
        UNSEEN,
        "### A chorus",
        NOTATION,
        f"```\n{write_text([chorus])}\n```",
    )
    return "\n\n".join(parts) + "\n"


def with_section(card: str, text: str) -> str:
    """The card with the section `text`, which replaces an earlier one.

    A new one comes before all other sections, so that the card leads with it; at the end where
    there are none.
    """
    before, heading, rest = card.partition(HEADING)
    if heading:
        following = NEXT_HEADING.search(rest)
        after = rest[following.start() :] if following else ""
    else:
        following = NEXT_HEADING.search(card)
        before, after = (
            (card[: following.start()], card[following.start() :]) if following else (card, "")
        )
    return f"{before.rstrip()}\n\n{text}\n{after}".rstrip() + "\n"


Row = Sequence[str]


def _areas(judgement: Judgement) -> Iterator[Row]:
    views = [view for view in VIEWS if view in judgement.areas]
    yield "told apart by", *views
    yield "area (AUC)", *(_value(*judgement.areas[view]) for view in views)


def _bits(judgement: Judgement) -> Iterator[Row]:
    yield "bits a note", "onset", "pitch", "length"
    for whose, bits in judgement.bits.items():
        name = "this bundle" if whose == "source" else f"reference, {whose}"
        yield name, *(_value(*each) for each in bits)


def _figures(judgement: Judgement) -> Iterator[Row]:
    yield "figure", "this bundle", "reference"
    for figure in judgement.figures:
        yield figure.name, _value(*figure.source), _value(*figure.reference)


def _copies(judgement: Judgement) -> str:
    memory = judgement.memory
    where = f" (its {memory.where[0]!r} and {memory.where[1]!r})" if memory.longest else ""
    return (
        f"Of its windows of two bars {memory.copies:.1%} are near-copies of what it learned from; "
        f"the longest copied run has {memory.longest} notes{where}."
    )


def _value(mean: float, error: float) -> str:
    return "-" if mean != mean else f"{mean:.2f} ± {error:.2f}"  # noqa: PLR0124 - NaN: no case


def _table(rows: Iterator[Row]) -> str:
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
