"""A warning: what is recorded all the same, and what its rule would rather have.

A subject has an enumeration of its own beside its decisions, and says in ``declare``
what warns of a command. ``api/words/`` has the words, ``[warning]``.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple, Self

from domain.refusal import ReasonValues


class WarningCode(StrEnum):
    """Why is warned, and by which rule: ``NO_POST = "no_post", "S1-33"``."""

    rule: str

    def __new__(cls, code: str, rule: str) -> Self:
        """Make a member of its code and the rule that it is of."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.rule = rule
        return member


class RuleWarning(NamedTuple):
    """A warning, and what its words need; no personal data."""

    code: WarningCode
    values: ReasonValues

    @property
    def rule(self) -> str:
        """Id of the business rule, ``S1-33``."""
        return self.code.rule


def warning_codes() -> Iterator[WarningCode]:
    """Give the codes of the modules that were imported."""
    for kind in WarningCode.__subclasses__():
        yield from kind
