"""The house keeps its own rules: short functions, short files, rules by their id."""

import ast
import csv
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final

from tests.run import BESIDE, COVERED

ROOT: Final = Path(__file__).parents[2]
FOLDERS: Final = ("domain", "federation", "projections", "api", "deploy", "tests")
FUNCTION_LINES_MAX: Final = 50
FILE_LINES_MAX: Final = 500
"""Beyond some 400 a file seldom is one subject; no code is bent around a number."""


def sources() -> Iterator[tuple[str, str]]:
    """Yield each source file's name and text."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), path.read_text()


def test_functions_and_files_are_short() -> None:
    for name, text in sources():
        assert text.count("\n") <= FILE_LINES_MAX, name
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                assert lines <= FUNCTION_LINES_MAX, f"{name}:{node.name}"


def test_every_folder_of_tests_is_run() -> None:
    found = {path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")}
    assert found == {*COVERED, *chain.from_iterable(BESIDE)}


def test_each_rule_that_is_tested_is_a_rule_of_the_business() -> None:
    with (ROOT / "tests/data/rules.csv").open(newline="") as file:
        rules = {row["rule"] for row in csv.DictReader(file)}
    tested = {
        rule
        for name, text in sources()
        if name.startswith("tests/")
        for mark in re.findall(r"mark\.rule\(([^)]*)\)", text)
        for rule in re.findall(r'"([^"]+)"', mark)
    }
    assert tested <= rules
    assert tested, "the rules are not where this test looks"


def test_what_the_documents_name_is_there() -> None:
    """Every path in backticks in a document is a path of this project."""
    for document in ROOT.glob("**/*.md"):
        if ".venv" in document.parts:
            continue
        for named in re.findall(r"`((?:[\w.]+/)+[\w.-]*)`", document.read_text()):
            folder = document.parent
            assert (ROOT / named).exists() or (folder / named).exists(), (
                f"{document}: {named}"
            )
