"""What was awarded in a call, taken together: by trust, by purpose, by share of the pot."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from domain.grants.award import AWARDS, ApplicationDecided
from domain.grants.rules import CallRules
from domain.grants.standing import (
    AppliedFor,
    applied_for,
    latest_rules,
)
from domain.history import History


class Awarded(NamedTuple):
    """How many applications got money, and how much, in øre."""

    applications: int
    amount_ore: int


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The awards of a call."""

    call: str
    rules: CallRules
    announced: bool
    pot_ore: int | None
    awarded_ore: int
    by_trust: Mapping[str, Awarded]
    by_purpose: Mapping[str, Awarded]
    by_split: Mapping[str, Awarded]
    granted: tuple[str, ...]
    """The applications that got money, by name: whom the call names is told of them."""


def portfolio(call: str, history: History) -> Portfolio:
    """Take together what was awarded in a call; refuse one that nobody published."""
    rules = latest_rules(call, history)
    awards = history.state(AWARDS, call)
    with_money = {
        name: award for name, award in awards.decided.items() if award.amount_ore
    }
    standings = applied_for(sorted(with_money), history)
    found = [(standings[name], with_money[name]) for name in sorted(standings)]
    return Portfolio(
        call,
        rules,
        awards.announced is not None,
        rules.pot_ore,
        sum(award.amount_ore for _, award in found),
        _by((standing.trust, award) for standing, award in found),
        _by((key, award) for standing, award in found for key in _purposes(standing)),
        _by((award.split, award) for _, award in found if award.split is not None),
        tuple(sorted(standings)),
    )


def _purposes(standing: AppliedFor) -> tuple[str, ...]:
    return standing.last.content.purposes


def _by(awards: Iterable[tuple[str, ApplicationDecided]]) -> Mapping[str, Awarded]:
    sums: defaultdict[str, Awarded] = defaultdict(lambda: Awarded(0, 0))
    for key, award in awards:
        number, amount_ore = sums[key]
        sums[key] = Awarded(number + 1, amount_ore + award.amount_ore)
    return dict(sorted(sums.items()))
