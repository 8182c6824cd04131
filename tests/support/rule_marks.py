"""Which tests carry the id of a rule of the business."""

import ast
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

TESTS: Final = Path(__file__).parents[1]
_RULE: Final = re.compile(r"(S[0-4]|K)-[0-9]{2,3}")
_KEPT: Final = frozenset({"kept", "recorded", "given", "unchanged", "granted"})
"""What tests call that lets a command through, or expects it to be."""
_BROKEN: Final = frozenset({"broken", "lacks", "refused"})


class MarkedTest(NamedTuple):
    """A rule, and a test function that carries its id."""

    rule: str
    test: str
    """``tests/unit/test_grants.py::test_…``."""
    shows_both: bool
    """Whether the rule is kept and broken in it; else it shows the one or the other."""


def marked() -> list[MarkedTest]:
    """Return all of them, by rule, then by test."""
    return sorted({each for path in TESTS.glob("*/**/test_*.py") for each in _of(path)})


def _of(path: Path) -> Iterator[MarkedTest]:
    module = ast.parse(path.read_text())
    given = {
        target.id: node.value
        for node in module.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for rule in _rules(node.decorator_list, given):
                name = f"{path.relative_to(TESTS.parent)}::{node.name}"
                yield MarkedTest(rule, name, shows_both=_shows_both(node))


def _rules(
    decorators: Iterable[ast.AST], given: Mapping[str, ast.expr]
) -> Iterator[str]:
    """Give the rules among decorators, also of parameters that stand in the module."""
    for decorator in decorators:
        for node in ast.walk(decorator):
            if isinstance(node, ast.Constant) and _RULE.fullmatch(str(node.value)):
                yield str(node.value)
            elif isinstance(node, ast.Name) and node.id in given:
                others = {name: v for name, v in given.items() if name != node.id}
                yield from _rules([given[node.id]], others)


def _shows_both(test: ast.AST) -> bool:
    """Whether a test lets something through and refuses something."""
    called = {
        node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        for node in ast.walk(test)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute | ast.Name)
    }
    return bool(called & _KEPT) and bool(called & _BROKEN)


def table() -> str:
    """Return the table that the program shows."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("rule", "test"))
    writer.writerows((each.rule, each.test) for each in marked())
    return text.getvalue()
