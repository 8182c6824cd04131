"""The house keeps its own rules: short functions, short files, rules by their id."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final

from api.rules.rule import Strength, Support, business_rules
from tests.run import BESIDE, COVERED, UNMEASURED
from tests.support.rule_marks import marked

ROOT: Final = Path(__file__).parents[2]
FOLDERS: Final = ("domain", "federation", "projections", "api", "deploy", "tests")
FUNCTION_LINES_MAX: Final = 50
FILE_LINES_MAX: Final = 500
"""Beyond some 400 a file seldom is one subject; no code is bent around a number."""

NAMES_WITH_TWO_MEANINGS_MAX: Final = 3
"""Public classes, functions and aliases that several modules define; it only falls."""
CONVENTIONS: Final = frozenset({"evolve", "log", "register_router", "router"})
"""Names that mean the same in every module that has one."""


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
    run = {each for each in COVERED if "/" not in each}
    assert found == run | {*UNMEASURED, *chain.from_iterable(BESIDE)}


def test_each_rule_that_is_tested_is_a_rule_of_the_business() -> None:
    rules = {rule.id for rule in business_rules()}
    tested = {mark.rule for mark in marked()}
    assert tested <= rules
    assert tested, "the rules are not where this test looks"


def test_every_hard_rule_is_kept_by_tests_or_stands_in_data() -> None:
    """What blocks is tested kept and broken; what is asked, owed or warned of, once."""
    found: Counter[str] = Counter()
    for mark in marked():
        found[mark.rule] += 2 if mark.shows_both else 1
    lacking = [
        rule.id
        for rule in business_rules()
        if rule.strength is Strength.HARD
        and found[rule.id] < max(map(_tests_needed, rule.kept))
    ]
    assert not lacking
    placeless = [r.id for r in business_rules() if not r.kept]
    assert not placeless
    lacking = [r.id for r in business_rules() if Support.NOT_YET in r.kept]
    assert not lacking, "what is kept once is kept"


def _tests_needed(support: Support) -> int:
    if support in {Support.DATA, Support.DOCUMENT, Support.NOT_YET}:
        return 0
    return 2 if support is Support.BLOCKS else 1


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


def test_a_public_name_has_one_meaning() -> None:
    defined = Counter(
        name
        for path, text in sources()
        # The commands of the command line are named as people type them.
        if not path.startswith(("tests/", "deploy/cli/commands/"))
        for name in public_names(text) - CONVENTIONS
    )
    several = sorted(name for name, count in defined.items() if count > 1)
    assert len(several) <= NAMES_WITH_TWO_MEANINGS_MAX, several


def public_names(text: str) -> set[str]:
    """Constants are left out: each is of its own module."""
    names = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {each.id for each in node.targets if isinstance(each, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return {name for name in names if name[0] != "_" and not name.isupper()}


def test_every_law_that_is_cited_is_a_law() -> None:
    laws = set(
        re.findall(r"^(\d+)\. ", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    )
    cited = {
        number
        for _, text in [*sources(), ("", (ROOT / "pyproject.toml").read_text())]
        for number in re.findall(r"\blaw (\d+)", text, re.IGNORECASE)
    }
    assert cited, "the laws are not cited as this test thinks"
    assert cited <= laws


def test_docstrings_do_not_repeat_the_signature() -> None:
    for name, text in sources():
        if not name.startswith("tests/"):
            assert '"""Return ' not in text, name
            assert '"""Say whether ' not in text, name
