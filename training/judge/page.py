"""The judge's page: one HTML file that needs nothing else."""

import html
from collections.abc import Iterable, Sequence

from training.judge.classifier import VIEWS, Tell
from training.judge.judgement import Judgement
from training.report.write import STYLE

AREA_HELP = (
    "A random forest sees four-bar windows; a tune is never in two folds. 0.5: it cannot separate "
    "them from the reference; 1: it always can."
)
BITS_HELP = (
    "Bits that a sequence model of the reference needs for a note of the source, given the chords; "
    "below it the same for held-out tunes of the reference, with their chords and with wrong ones."
)


def page(title: str, judgements: Sequence[Judgement], reference: str) -> str:
    """The page for several sources against one reference."""
    parts = [f"<p>Reference: {html.escape(reference)}. {AREA_HELP}</p>", _areas(judgements)]
    parts += [f"<p>{BITS_HELP}</p>", _bits(judgements)]
    for each in judgements:
        parts += [f"<h2>{html.escape(each.source)}</h2>", _figures(each), _memory(each)]
        parts.append(f"<p>Told by one feature alone (AUC): {html.escape(told_by(each.tells))}.</p>")
        parts.append(
            "<details><summary>Choruses to read</summary>"
            f"<pre tabindex='0'>{html.escape(each.text)}</pre></details>"
        )
    heading = html.escape(title)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{heading}</title><style>{STYLE}</style></head><body><main><h1>{heading}</h1>"
        f"{''.join(parts)}</main></body></html>\n"
    )


def lines(judgement: Judgement) -> Iterable[str]:
    """The judgement as lines for a terminal."""
    yield f"{judgement.source}: {judgement.tunes} tunes"
    areas = (f"{name} {area.auc:.2f} +-{area.error:.2f}" for name, area in judgement.areas.items())
    yield f"  separated (AUC): {', '.join(areas)}"
    yield f"  by one feature alone: {told_by(judgement.tells)}"
    for whose, bits in judgement.bits.items():
        yield (
            f"  bits a note, {whose}: onset {bits.onset[0]:.2f}, pitch {bits.pitch[0]:.2f}, "
            f"length {bits.length[0]:.2f}"
        )
    for figure in judgement.figures:
        yield f"  {figure.name}: {figure.source[0]:.2f} (reference {figure.reference[0]:.2f})"
    memory = judgement.memory
    run = f"longest copied run {memory.longest} notes"
    yield f"  near-copies of two bars: {memory.copies:.1%}; {run}"


def told_by(found: Sequence[Tell]) -> str:
    """The features that give lines away, each with its area, and whether it is more or less."""
    return "; ".join(
        f"{'more' if each.more else 'less'} {each.feature} {each.auc:.2f}" for each in found
    )


def _areas(judgements: Sequence[Judgement]) -> str:
    rows = [
        (each.source, *(_value(*each.areas[view]) if view in each.areas else "" for view in VIEWS))
        for each in judgements
    ]
    return _table(("separated (AUC)", *VIEWS), rows)


def _bits(judgements: Sequence[Judgement]) -> str:
    rows = [
        (
            each.source if whose == "source" else f"{each.source}: {whose}",
            *(_value(*it) for it in bits),
        )
        for each in judgements
        for whose, bits in each.bits.items()
    ]
    return _table(("bits a note", "onset", "pitch", "length"), rows)


def _figures(judgement: Judgement) -> str:
    rows = [(it.name, _value(*it.source), _value(*it.reference)) for it in judgement.figures]
    return _table(("figure", "source", "reference"), rows)


def _memory(judgement: Judgement) -> str:
    memory = judgement.memory
    where = f" ({memory.where[0]!r} and {memory.where[1]!r})" if memory.longest else ""
    return (
        f"<p>Near-copies of two bars: {memory.copies:.1%} of windows. Longest copied run: "
        f"{memory.longest} notes{html.escape(where)}.</p>"
    )


def _value(mean: float, error: float) -> str:
    return f"{mean:.2f} ± {error:.2f}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f"<th scope='col'>{html.escape(head)}</th>" for head in heads)
    body = "".join(
        f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<div class='wide' tabindex='0'><table><tr>{top}</tr>{body}</table></div>"
