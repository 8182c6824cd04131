"""What was awarded in a call, taken together: by trust, region, purpose, share of the pot.

No application says which of a call's priorities it is of: they are weighed by those who
assess. So the themes that awards are counted by are the purposes.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from domain.grants.award import AWARDS, ApplicationDecided
from domain.grants.call import CALL_APPLICATIONS
from domain.grants.rules import CallRules
from domain.grants.standing import (
    ApplicationStanding,
    applications_named,
    latest_rules,
)
from domain.history import History
from domain.parties.organisation import ORGANISATION


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
    by_region: Mapping[str, Awarded]
    """By that of the trust."""
    by_purpose: Mapping[str, Awarded]
    by_split: Mapping[str, Awarded]
    granted: tuple[str, ...]
    """The applications that got money, by name: whom the call names is told of them."""
    submitted: Sequence[ApplicationStanding]
    """All that were judged or wait for it, with money or without."""
    regions: Mapping[str, str]
    """That of each trust."""


def portfolio(call: str, history: History) -> Portfolio:
    """Take together what was awarded in a call; refuse one that nobody published."""
    rules = latest_rules(call, history)
    awards = history.state(AWARDS, call)
    listed = history.state(CALL_APPLICATIONS, call).trusts
    standings = applications_named(sorted({*awards.decided, *listed}), history)
    of_call = [each for each in standings.values() if each.call == call]
    submitted = [each for each in of_call if each.award or each.is_submitted]
    regions = _regions({each.trust for each in submitted}, history)
    found = [(e, e.award) for e in of_call if e.award and e.award.amount_ore]
    return Portfolio(
        call,
        rules,
        awards.announced is not None,
        rules.pot_ore,
        sum(award.amount_ore for _, award in found),
        _by((each.trust, award) for each, award in found),
        _by((regions.get(each.trust, ""), award) for each, award in found),
        _by((key, award) for each, award in found for key in purposes_of(each)),
        _by((award.split, award) for _, award in found if award.split is not None),
        tuple(each.last.application for each, _ in found),
        submitted,
        regions,
    )


def purposes_of(standing: ApplicationStanding) -> tuple[str, ...]:
    """Purposes of what was decided on, and before that of the last revision."""
    award = standing.award
    decided = award and standing.said.revision(award.revision)
    return (decided or standing.last).content.purposes


def _regions(trusts: Iterable[str], history: History) -> Mapping[str, str]:
    return {
        number: known.registered.region.value
        for number, known in history.states(ORGANISATION, {*trusts}).items()
        if known.registered is not None
    }


def _by(awards: Iterable[tuple[str, ApplicationDecided]]) -> Mapping[str, Awarded]:
    sums: defaultdict[str, Awarded] = defaultdict(lambda: Awarded(0, 0))
    for key, award in awards:
        number, amount_ore = sums[key]
        sums[key] = Awarded(number + 1, amount_ore + award.amount_ore)
    return dict(sorted(sums.items()))
