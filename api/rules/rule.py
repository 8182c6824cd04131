"""The 265 rules of the user's five documents, each with how it is kept here.

``rules.csv`` has their words and where each is kept; ``tests.csv`` the tests that carry a
rule's id, written by ``make written``.
"""

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Strength(StrEnum):
    """How strictly a document asks."""

    HARD = "H"
    GUIDANCE = "G"
    PERMISSION = "P"
    FACT = "F"


class Support(StrEnum):
    """How a rule is kept."""

    ALREADY = "S"
    """By what agreements, posts and invoices ask for."""
    BLOCKS = "B"
    WARNS = "W"
    OWED = "R"
    """Somebody owes it by a day, and is reminded."""
    ASKED = "P"
    """A question, a standing or an export."""
    DATA = "C"
    """Data of a call or of a charter."""
    DOCUMENT = "D"
    WHO_MAY = "A"
    NOTICE = "N"
    NOT_YET = "-"
    """Nothing keeps it yet; ``by`` says what is lacking."""


class BusinessRule(NamedTuple):
    """A rule, its words, and how it is kept."""

    id: str
    strength: Strength
    norwegian: str
    english: str
    kept: tuple[Support, ...]
    by: str
    """The codes, obligations or data that keep it."""
    tests: tuple[str, ...]
    """Functions of tests that carry its id."""

    @property
    def document(self) -> str:
        """The document that it is from: ``S0`` to ``S4``."""
        return self.id.partition("-")[0]


@cache
def business_rules() -> Sequence[BusinessRule]:
    """All rules, in the order of the documents."""
    tests = defaultdict(list)
    for row in _rows("tests.csv"):
        tests[row["rule"]].append(row["test"])
    return tuple(
        BusinessRule(
            row["rule"],
            Strength(row["strength"]),
            row["norwegian"],
            row["english"],
            tuple(map(Support, row["kept"].split())),
            row["by"],
            tuple(tests[row["rule"]]),
        )
        for row in _rows("rules.csv")
    )


def _rows(name: str) -> list[dict[str, str]]:
    text = files("api.rules").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def rule_sentences() -> Mapping[str, tuple[str, str]]:
    """Words of each rule by its id, in Norwegian as the document has it and in English."""
    return {
        row["rule"]: (row["norwegian"], row["english"]) for row in _rows("rules.csv")
    }
