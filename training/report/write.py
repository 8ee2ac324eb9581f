"""The page, as one HTML file that needs nothing else and as Markdown with its pictures beside it."""

import base64
import html
import json
import re
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from perform import atomic_file
from training.experiment.plan import DATA, Plan, as_run
from training.options import Options, read_recipe, recipe_names, to_toml
from training.report.findings import Findings, compared, read, sentences
from training.report.plots import pictures
from training.report.tables import Table, tables

STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:0 auto;padding:1rem}
h1,h2{line-height:1.2}li{max-width:46rem}
figure{margin:1.5rem 0}figcaption{font-size:.9rem;padding:.3rem 0;opacity:.8}
h3{font-size:1rem;margin:2rem 0 0}
img{width:100%;min-width:40rem;height:auto;background:#fff;border-radius:4px}
.wide{overflow-x:auto}.wide:focus-visible,pre:focus-visible{outline:3px solid #c60}table{border-collapse:collapse;font-size:.85rem;margin:1rem 0}
th,td{padding:.25rem .6rem;text-align:right;border-bottom:1px solid #8886;white-space:nowrap}
th{white-space:normal;min-width:4.5em;vertical-align:bottom}
th:first-child,td:first-child{text-align:left}
pre{overflow-x:auto;font-size:.8rem;background:#8881;padding:.6rem}
"""
TITLE = "Sideman: data augmentation for a GAN of melodies, measured"


def report(
    folders: Sequence[Path], target: Path, tell: Callable[[str], None] = lambda _line: None
) -> tuple[Path, Path]:
    """Write report.html, report.md and the pictures into `target`; the two pages come back.

    Everything is read and drawn before the first file is written. `tell`: which arms are left out, and
    why. RunFolderError when a folder holds no experiment, or too few finished runs.
    """
    found = [read(folder) for folder in folders]
    for each in found:
        for standing in each.left_out:
            tell(f"{each.folder}: left out: {standing}")
    drawn = [pictures(each) for each in found]
    told = [(sentences(each), tables(each)) for each in found]
    page, text = [], [f"# {TITLE}\n"]
    made: dict[str, bytes] = {}
    both = compared(found)
    if both:
        page.append(f"<h2>Both protocols</h2>{_html_list(both)}")
        text.append(f"## Both protocols\n\n{_markdown_list(both)}\n")
    for each, images, (said, listed) in zip(found, drawn, told, strict=True):
        protocol = each.plan.protocol
        title = each.folder.resolve().name
        slug = re.sub(r"[^\w-]+", "-", title)
        while f"{slug}-boxes.png" in made:  # two folders of one name
            slug += "-more"
        heading = f"{title} (protocol: {protocol})"
        page.append(f"<h2>{html.escape(heading)}</h2>{_html_list(said)}")
        text.append(f"## {_plain(heading)}\n\n{_markdown_list(said)}\n")
        for name, (words, png) in images.items():
            file = f"{slug}-{name}.png"
            made[file] = png
            inline = base64.b64encode(png).decode()
            page.append(
                f'<figure>{_wide(words)}<img alt="{html.escape(words)}" '
                f'src="data:image/png;base64,{inline}"></div>'
                f"<figcaption>{html.escape(words)}</figcaption></figure>"
            )
            text.append(f"![{_plain(words)}]({file})\n")
        for table in listed:
            page.append(_html(table))
            text.append(_markdown(table))
        repeat = _repeat(each)
        page.append(
            f"<details><summary>To repeat it</summary><pre tabindex='0'>{html.escape(repeat)}</pre></details>"
        )
        text.append(f"```\n{repeat}\n```\n")
    made["report.html"] = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{TITLE}</title><style>{STYLE}</style></head><body><main><h1>{TITLE}</h1>"
        f"{''.join(page)}</main></body></html>\n"
    ).encode()
    made["report.md"] = "\n".join(text).encode()
    atomic_file.write_all({target / name: content for name, content in made.items()})
    return target / "report.html", target / "report.md"


def _repeat(found: Findings) -> str:
    """The command, the recipes that it names and that do not ship, and the whole plan."""
    plan, name = found.plan, found.folder.resolve().name
    arms, recipes = [], []
    for arm, options in plan.arms.items():
        if arm in recipe_names() and _as_shipped(plan, arm) == options:
            arms.append(f"--arm {arm}")
        else:
            arms.append(f"--arm {arm}.toml")
            recipes.append(f"# {arm}.toml\n{to_toml(options)}")
    weights = f"--weights {shlex.quote(plan.weights)} " if plan.weights else ""
    line = (
        f"training experiment {shlex.quote(f'{name}/{DATA}')} {' '.join(arms)} --runs {plan.runs} "
        f"--protocol {plan.protocol} --held-out {plan.split['held_out']} "
        f"--extractor {plan.extractor['name']} {weights}-o {shlex.quote(f'{name}-again')}"
    )
    kept = json.dumps(msgspec.to_builtins(plan), indent=1, ensure_ascii=False)
    return "\n\n".join([line, *recipes, kept])


def _as_shipped(plan: Plan, arm: str) -> Options:
    return as_run(read_recipe(arm), plan.protocol, plan.split["training"])


def _html_list(said: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{html.escape(s)}</li>' for s in said)}</ul>"


def _markdown_list(said: Sequence[str]) -> str:
    return "\n".join(f"- {_plain(s)}" for s in said)


def _plain(words: str) -> str:
    """Words for Markdown, in which nothing reads as a tag: names come from the user."""
    return re.sub(r"<(?=[\w/!?])", "&lt;", words)


def _wide(words: str) -> str:
    """The beginning of a box that scrolls sideways, also by keys."""
    return f'<div class="wide" tabindex="0" role="region" aria-label="{html.escape(words)}">'


def _html(table: Table) -> str:
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in table.header)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
        for row in table.rows
    )
    return (
        f"<h3>{html.escape(table.caption)}</h3>{_wide(table.caption)}<table>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _markdown(table: Table) -> str:
    rows = [table.header, ["---"] * len(table.header), *table.rows]
    lines = [
        "| " + " | ".join(_plain(cell).replace("|", "\\|") for cell in row) + " |" for row in rows
    ]
    return f"**{_plain(table.caption)}**\n\n" + "\n".join(lines) + "\n"
