"""``fagnett rules``: the rules of the business, how each is kept, and by which tests."""

import json

import typer

from api.rules.rule import BusinessRule, Strength, business_rules
from api.words import Language, sentence
from deploy.cli.progress import told


def print_rules(beginning: str | None, *, as_json: bool, words: Language) -> None:
    """Print all rules, or those whose id begins so; exit code 2 where there is none."""
    asked = (beginning or "").upper()
    rules = [rule for rule in business_rules() if rule.id.startswith(asked)]
    if not rules:
        told(sentence(words, "rule_list", "none", {"asked": asked}))
        raise typer.Exit(2)
    if as_json:
        typer.echo(json.dumps([*map(_content, rules)], ensure_ascii=False, indent=1))
        return
    for rule in rules:
        typer.echo("\n".join(_lines(rule, words)))
    counts = {
        "count": len(rules),
        "hard": sum(rule.strength is Strength.HARD for rule in rules),
        "tested": sum(bool(rule.tests) for rule in rules),
    }
    typer.echo(sentence(words, "rule_list", "sum", counts))


def _content(rule: BusinessRule) -> dict[str, object]:
    return {**rule._asdict(), "kept": [*rule.kept], "tests": [*rule.tests]}


def _lines(rule: BusinessRule, words: Language) -> list[str]:
    values = {
        "rule": rule.id,
        "strength": sentence(words, "rule_strength", rule.strength),
        "support": ", ".join(sentence(words, "rule_support", s) for s in rule.kept),
    }
    how = [sentence(words, "rule_list", "kept", values)]
    if rule.by:
        how.append(sentence(words, "rule_list", "by", {"by": rule.by}))
    if rule.tests:
        count = {"count": len(rule.tests)}
        how.append(sentence(words, "rule_list", "tests", count))
    said = rule.english if words is Language.EN else rule.norwegian
    return [" · ".join(how), f"  {said}"]
