"""The documents: their commands, snippets, links, addresses and messages are correct."""

import ast
import re
import shutil
import tomllib

import code_blocks
import pytest
from code_blocks import ROOT

from perform.bundles import bundle, catalog
from perform.config.load import load_rig, parse_rig
from perform.config.set_file import parse_set
from perform.control import registry
from perform.control.published import FEEDBACK
from perform.control.registry import STATE
from perform.errors import MessageError, RigError
from perform.surfaces.pages import shipped_rig

RUN_HERE = ("perform surface", "perform chord", "perform render", "perform models", "perform init")
OURS = {row.address for row in FEEDBACK}
OF_MQTT = {"/availability", "/error", "/state/stats"}
PLACEHOLDER = re.compile(r"\.\.\.|VOICE")


@pytest.fixture(autouse=True)
def password(monkeypatch):
    monkeypatch.setenv("SIDEMAN_MQTT_PASSWORD", "a quiet room")


@pytest.mark.parametrize("block", code_blocks.blocks(ROOT, "console"), ids=str)
def test_a_command_prints_what_the_page_shows(block, root, tmp_path):
    shutil.copytree(root / "patches", tmp_path / "patches")
    code_blocks.check(block, tmp_path, root)


@pytest.mark.parametrize("block", code_blocks.blocks(ROOT, "sh"), ids=str)
def test_a_shell_command_is_valid_and_its_files_exist(block, root, tmp_path):
    lines = block.text.splitlines()
    for line in lines:
        start = re.sub(r"^(\.venv/bin/|sudo )", "", line)
        if start.startswith("perform"):
            assert code_blocks.is_valid(start), line
        for path in re.findall(r"patches/[\w./-]+", line):
            assert (root / path).is_file(), line
        if start.startswith(RUN_HERE):
            shutil.copytree(root / "patches", tmp_path / "patches", dirs_exist_ok=True)
            assert "perform:" not in code_blocks.run(line, tmp_path, root), line
    made = re.findall(r"-o (\S+)", block.text)
    assert all((tmp_path / name).stat().st_size for name in made if "surface" in block.text)


def test_every_kind_of_code_block_has_a_test(root):
    kinds = {
        kind
        for page in code_blocks.pages(root)
        for kind, _ in code_blocks.BLOCK.findall(page.read_text())
    }
    tested = {
        "chart",
        "console",
        "console daemon",
        "console jack",
        "text daemon",
        "sh",
        "toml",
        "toml set",
        "text",
    }
    assert kinds <= {*tested, "toml set", "toml broken", "ruby"}, kinds


@pytest.mark.parametrize("block", code_blocks.blocks(ROOT, "toml"), ids=str)
def test_a_toml_snippet_is_a_valid_rig(block):
    parse_rig(block.text)


def test_a_set_in_a_page_and_every_set_that_ships_can_be_read(root, tmp_path):
    (tmp_path / "waltz.txt").write_text("F | C7")
    voices = [voice.name for voice in shipped_rig().voices]
    shipped = [(path.read_text(), path) for path in (root / "patches/sets").glob("*.toml")]
    shown = [(block.text, tmp_path / "gig.toml") for block in code_blocks.blocks(root, "toml set")]
    assert shipped
    assert shown
    for text, path in shipped + shown:
        models = parse_set(text, path, voices).models
        assert all(bundle.load(catalog.find(model)) for model in models)


def test_a_snippet_marked_as_broken_is_rejected(root):
    for block in code_blocks.blocks(root, "toml broken"):
        with pytest.raises(RigError):
            parse_rig(block.text)


@pytest.mark.parametrize(
    "rig", sorted((ROOT / "patches/rigs").glob("*.toml")), ids=lambda it: it.stem
)
def test_a_cookbook_rig_loads_and_is_described_once(rig, root):
    assert load_rig(rig).voices
    cookbook = (root / "patches/COOKBOOK.md").read_text()
    assert cookbook.count(f"(rigs/{rig.name})") == 1
    assert f"perform run patches/rigs/{rig.name}" in cookbook or rig.stem == "pi"


def test_commands_in_code_spans_are_valid(root):
    spans = [s for page in code_blocks.pages(root) for s in code(page) if s.startswith("perform ")]
    assert len(spans) >= 10
    assert [span for span in spans if not code_blocks.is_valid(span)] == []


def code(page):
    """The code spans of a page outside its fenced blocks."""
    return re.findall(r"`([^`\n]+)`", code_blocks.BLOCK.sub("", page.read_text()))


def test_addresses_and_topics_in_code_spans_exist(root):
    count = 0
    for page in code_blocks.pages(root):
        if page.name == "REFERENCE.md":
            continue  # has its own test
        for span in code(page):
            for address in addresses(span):
                count += 1
                assert known(address), (page, span)
    assert count >= 20


def addresses(span):
    """The addresses in a span without their prefix: /sideman in OSC, sideman/NAME in MQTT."""
    found = re.findall(r"(?<![\w.])/sideman(/[\w/-]+)", span)
    topics = re.findall(r"(?<![\w/.])sideman/(?:group/[\w-]+|all|\+|\w+)(/[\w/-]+)", span)
    return [each for each in found + topics if not each.endswith(("/", "sideman.tosc"))]


def known(address):
    if re.sub(r"/voice/[\w-]+/", "/voice/NAME/", address) in OURS | OF_MQTT:
        return True
    try:
        registry.find(address.removeprefix(STATE))
    except MessageError:
        return False
    return True


def slug(title):
    """GitHub's anchor for a heading."""
    return re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")


def test_each_local_link_has_a_target(root):
    for page in code_blocks.pages(root):
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
            if target.startswith(("http://", "https://")):
                continue
            path, _, anchor = target.partition("#")
            there = (page.parent / path).resolve() if path else page
            assert there.exists(), f"{page}: {target}"
            if anchor:
                titles = re.findall(r"^#+ (.+)$", there.read_text(), re.MULTILINE)
                assert anchor in map(slug, titles), f"{page}: {target}"


@pytest.fixture(scope="module")
def sentences(root):
    """Every string in the source, with "..." for each inserted value."""
    return {
        text
        for path in (root / "perform").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if (text := sentence(node))
    }


def sentence(node):
    match node:
        case ast.JoinedStr(values):
            return "".join(map(part, values))
        case ast.Constant(str(text)):
            return text.replace("%s", "...").replace("%g", "...")
    return None


def part(value):
    if isinstance(value, ast.Constant):
        return value.value
    return "'...'" if value.conversion == ord("r") else "..."


def said(line, sentences):
    """Whether one string of the source contains the parts between the dots of a line, in order."""
    parts = [part.strip() for part in line.split("...") if part.strip()]
    return any(
        re.search(".*".join(map(re.escape, parts)), text, re.DOTALL) is not None
        for text in sentences
    )


def test_quoted_messages_are_in_the_source(root, sentences):
    quoted = [line for each in code_blocks.blocks(root, "text") for line in each.text.splitlines()]
    tables = code(root / "patches/TROUBLESHOOTING.md")
    quoted += [it for it in tables if it.count(" ") >= 6 and not it.startswith(("perform", "mosq"))]
    assert len(quoted) >= 12
    assert [line for line in quoted if not said(line, sentences)] == []


def test_commands_that_install_extras_name_the_source_folder(root):
    """Sideman is installed from its unpacked folder, not from a package index."""
    named = tomllib.loads((root / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    spelt = []
    for folder in ("perform", "training", "patches"):
        for path in (root / folder).rglob("*.*"):
            if path.suffix in (".py", ".md", ".toml", ".html", ".js"):
                spelt += re.findall(r"pip install '([^']*\[[^']*)'", path.read_text())
    spelt += re.findall(r"pip install '([^']*\[[^']*)'", (root / "README.md").read_text())
    assert len(spelt) >= 15
    assert set(spelt) <= {f".[{extra}]" for extra in named}
