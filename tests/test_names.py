"""The names and the layout of the code: one word has one meaning, and no folder is a heap."""

import ast
from collections import defaultdict

import pytest

SHARED: dict[str, str] = {}  # public class names of two modules, each with the reason
MAX_FLAT_MODULES = 8
MAX_LINES = 400


def public_classes(root):
    """Each public class name, with the modules that define it."""
    modules = defaultdict(set)
    for package in ("perform", "training"):
        for path in (root / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    modules[node.name].add(str(path.relative_to(root)))
    return modules


def test_public_class_names_are_unique(root):
    shared = {name: paths for name, paths in public_classes(root).items() if len(paths) > 1}
    assert {name: paths for name, paths in shared.items() if name not in SHARED} == {}
    assert SHARED.keys() <= shared.keys()  # no exception that is not needed any more


@pytest.mark.parametrize("package", ["perform", "training"])
def test_few_modules_stand_flat_at_the_top_of_a_package(root, package):
    flat = {path.stem for path in (root / package).glob("*.py")} - {"__init__", "__main__"}
    assert len(flat) <= MAX_FLAT_MODULES, sorted(flat)


def test_no_file_is_longer_than_a_reader_keeps_in_mind(root):
    lines = {
        str(path.relative_to(root)): path.read_text().count("\n")
        for package in ("perform", "training", "tests")
        for path in (root / package).rglob("*.py")
    }
    assert {path: count for path, count in lines.items() if count > MAX_LINES} == {}
