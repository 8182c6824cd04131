"""The keys that rows of grants name: they stand in the rules of their call."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Final

from api.presets import PRESETS, preset_rules
from domain.grants.rules import CallRules, Choice

_Named = Iterator[tuple[str, str]]


def _choices(named: Iterable[Choice]) -> _Named:
    return ((each.key, each.words) for each in named)


def _categories(rules: CallRules) -> _Named:
    return _choices(each for each in rules.categories if each.allowed != "no")


def _criteria(rules: CallRules) -> _Named:
    return _choices(each for each in rules.criteria if each.of == "application")


def _declared(rules: CallRules) -> _Named:
    return ((key, "") for report in rules.reports for key in report.declares)


def _decider(rules: CallRules) -> _Named:
    return ((key, "") for key in (rules.decider,) if key is not None)


_KEYS: Final[Mapping[tuple[str, str], Callable[[CallRules], _Named]]] = {
    ("applications", "purposes"): lambda rules: _choices(rules.purposes),
    ("applications", "attachments"): lambda rules: _choices(rules.attachments),
    ("application_texts", "section"): lambda rules: _choices(rules.sections),
    ("budget_lines", "category"): _categories,
    ("assessments", "seat"): lambda rules: _choices(rules.panel),
    ("assessments", "scores"): _criteria,
    ("awards", "split"): lambda rules: _choices(rules.splits),
    ("awards", "role"): _decider,
    ("grant_reports", "report"): lambda rules: _choices(rules.reports),
    ("grant_reports", "declares"): _declared,
    ("grant_report_decisions", "report"): lambda rules: _choices(rules.reports),
}
"""By file and column, what a call's rules name there."""
ONE_BY_ONE: Final = _KEYS.keys() - {
    ("applications", "purposes"),
    ("applications", "attachments"),
    ("assessments", "scores"),
    ("grant_reports", "declares"),
}
"""Those whose cells have one key, and nothing with it."""


@cache
def bundled_rules() -> Mapping[str, CallRules]:
    """Rules that come with the program, by name."""
    return {
        name: CallRules.model_validate_json(content)
        for name in PRESETS
        if (content := preset_rules(name)) is not None
    }


def bundled_keys(file: str, column: str) -> Mapping[str, Mapping[str, str]]:
    """What may stand in a column by the rules that come with the program.

    By their name, the words of each key; empty where it has none of its own.
    """
    named = _KEYS.get((file, column))
    if named is None:
        return {}
    told = {name: dict(named(rules)) for name, rules in bundled_rules().items()}
    return {name: keys for name, keys in told.items() if keys}
