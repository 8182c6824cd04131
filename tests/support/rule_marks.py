"""Which tests carry the id of a rule of the business."""

import ast
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

TESTS: Final = Path(__file__).parents[1]


class MarkedTest(NamedTuple):
    """A rule, and a test function that carries its id."""

    rule: str
    test: str
    """``tests/unit/test_grants.py::test_…``."""


def marked() -> list[MarkedTest]:
    """Return all of them, by rule, then by test."""
    return sorted(
        MarkedTest(rule, f"{path.relative_to(TESTS.parent)}::{node.name}")
        for path in TESTS.glob("*/**/test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for rule in rules_of(node.decorator_list)
    )


def rules_of(decorators: list[ast.expr]) -> Iterator[str]:
    """Give the rules of ``pytest.mark.rule`` among decorators, also of parameters."""
    for decorator in decorators:
        for node in ast.walk(decorator):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("rule"):
                yield from (
                    each.value
                    for each in node.args
                    if isinstance(each, ast.Constant) and isinstance(each.value, str)
                )


def table() -> str:
    """Return the table that the program shows."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(MarkedTest._fields)
    writer.writerows(dict.fromkeys(marked()))
    return text.getvalue()
