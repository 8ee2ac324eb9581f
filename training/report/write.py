"""Writes a report: one HTML file that needs no other, and Markdown with its images beside it."""

import base64
import html
import json
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from perform import atomic_file
from training.experiment.plan import DATA, Plan, arm_options
from training.options import Options, read_recipe, recipe_names, to_toml
from training.report.findings import Findings, read_findings
from training.report.plots import draw_plots
from training.report.sentences import compare_protocols, describe_experiment
from training.report.tables import ReportTable, make_tables

STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:0 auto;padding:1rem}
h1,h2{line-height:1.2}li{max-width:46rem}
figure{margin:1.5rem 0}figcaption{font-size:.9rem;padding:.3rem 0;opacity:.8}
h3{font-size:1rem;margin:2rem 0 0}
img{width:100%;min-width:40rem;height:auto;background:#fff;border-radius:4px}
.wide{overflow-x:auto}.wide:focus-visible,pre:focus-visible{outline:3px solid #c60}
table{border-collapse:collapse;font-size:.85rem;margin:1rem 0}
th,td{padding:.25rem .6rem;text-align:right;border-bottom:1px solid #8886;white-space:nowrap}
th{white-space:normal;min-width:4.5em;vertical-align:bottom}
th:first-child,td:first-child{text-align:left}
pre{overflow-x:auto;font-size:.8rem;background:#8881;padding:.6rem}
"""
TITLE = "Sideman: data augmentation for a GAN of melodies, measured"


def write_report(
    folders: Sequence[Path], target: Path, warn: Callable[[str], None] = lambda _line: None
) -> tuple[Path, Path]:
    """Write report.html, report.md and the images to `target`, and return the two pages.

    All folders are read and all plots drawn before the first file is written. `warn` gets a line
    for each arm that is left out, with the reason. RunFolderError when a folder holds no
    experiment or too few finished runs.
    """
    all_found = [read_findings(folder) for folder in folders]
    for found in all_found:
        for progress in found.left_out:
            warn(f"{found.folder}: left out: {progress}")
    pages, texts = [], [f"# {TITLE}\n"]
    images: dict[str, bytes] = {}
    both = compare_protocols(all_found)
    if both:
        pages.append(f"<h2>Both protocols</h2>{_html_list(both)}")
        texts.append(f"## Both protocols\n\n{_markdown_list(both)}\n")
    for found in all_found:
        page, text, own = _section(found, images)
        pages.append(page)
        texts.append(text)
        images |= own
    content = {
        **images,
        "report.html": _html_page("".join(pages)).encode(),
        "report.md": "\n".join(texts).encode(),
    }
    atomic_file.write_all({target / name: each for name, each in content.items()})
    return target / "report.html", target / "report.md"


def _section(found: Findings, taken: Mapping[str, bytes]) -> tuple[str, str, dict[str, bytes]]:
    """One experiment as HTML, as Markdown, and its images by file name.

    `taken`: the images of other experiments, whose names are in use.
    """
    title = found.folder.resolve().name
    slug = re.sub(r"[^\w-]+", "-", title)
    while f"{slug}-boxes.png" in taken:  # two folders with one name
        slug += "-more"
    heading = f"{title} (protocol: {found.plan.protocol})"
    lines = describe_experiment(found)
    page = [f"<h2>{html.escape(heading)}</h2>{_html_list(lines)}"]
    text = [f"## {_escape_markdown(heading)}\n\n{_markdown_list(lines)}\n"]
    images = {}
    for name, (alternative, png) in draw_plots(found).items():
        file = f"{slug}-{name}.png"
        images[file] = png
        inline = base64.b64encode(png).decode()
        escaped = html.escape(alternative)
        page.append(
            f'<figure>{_scroll_box(alternative)}<img alt="{escaped}" '
            f'src="data:image/png;base64,{inline}"></div>'
            f"<figcaption>{escaped}</figcaption></figure>"
        )
        text.append(f"![{_escape_markdown(alternative)}]({file})\n")
    for table in make_tables(found):
        page.append(_html_table(table))
        text.append(_markdown_table(table))
    repeat = _how_to_repeat(found)
    page.append(
        "<details><summary>To repeat it</summary>"
        f"<pre tabindex='0'>{html.escape(repeat)}</pre></details>"
    )
    text.append(f"```\n{repeat}\n```\n")
    return "".join(page), "\n".join(text), images


def _html_page(body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{TITLE}</title><style>{STYLE}</style></head><body><main><h1>{TITLE}</h1>"
        f"{body}</main></body></html>\n"
    )


def _how_to_repeat(found: Findings) -> str:
    """The command, every recipe that it names and that does not ship, and the whole plan."""
    plan, name = found.plan, found.folder.resolve().name
    arms, recipes = [], []
    for arm, options in plan.arms.items():
        if arm in recipe_names() and _shipped_options(plan, arm) == options:
            arms.append(f"--arm {arm}")
        else:
            arms.append(f"--arm {arm}.toml")
            recipes.append(f"# {arm}.toml\n{to_toml(options)}")
    weights = f"--weights {shlex.quote(plan.weights)} " if plan.weights else ""
    command = (
        f"training experiment {shlex.quote(f'{name}/{DATA}')} {' '.join(arms)} --runs {plan.runs} "
        f"--protocol {plan.protocol} --held-out {plan.split['held_out']} "
        f"--extractor {plan.extractor['name']} {weights}-o {shlex.quote(f'{name}-again')}"
    )
    plan_json = json.dumps(msgspec.to_builtins(plan), indent=1, ensure_ascii=False)
    return "\n\n".join([command, *recipes, plan_json])


def _shipped_options(plan: Plan, arm: str) -> Options:
    return arm_options(read_recipe(arm), plan.protocol, plan.split["training"])


def _html_list(lines: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{html.escape(line)}</li>' for line in lines)}</ul>"


def _markdown_list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {_escape_markdown(line)}" for line in lines)


def _escape_markdown(text: str) -> str:
    """The text for Markdown without anything that looks like a tag: names come from the user."""
    return re.sub(r"<(?=[\w/!?])", "&lt;", text)


def _scroll_box(label: str) -> str:
    """The opening tag of a box that scrolls sideways, also by keyboard."""
    return f'<div class="wide" tabindex="0" role="region" aria-label="{html.escape(label)}">'


def _html_table(table: ReportTable) -> str:
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in table.header)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
        for row in table.rows
    )
    return (
        f"<h3>{html.escape(table.caption)}</h3>{_scroll_box(table.caption)}<table>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _markdown_table(table: ReportTable) -> str:
    rows = [table.header, ["---"] * len(table.header), *table.rows]
    lines = [
        "| " + " | ".join(_escape_markdown(cell).replace("|", "\\|") for cell in row) + " |"
        for row in rows
    ]
    return f"**{_escape_markdown(table.caption)}**\n\n" + "\n".join(lines) + "\n"
