"""What became of the money of a grant, and until when it may be used.

- Used are all costs that the trust has recorded, in its region. A cost that crosses the
  lapse, in the funder's, is not covered: what is left is then below zero by so much.
- Used, lapsed and left are always together what was awarded.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import NamedTuple

from domain.grants.application import ApplicationContent, ApplicationPresented
from domain.grants.award import ApplicationDecided
from domain.grants.call import CALL_APPLICATIONS
from domain.grants.codes import GrantCode
from domain.grants.grant import GRANT, Grant
from domain.grants.ranking import RANKING, ranking_key
from domain.grants.rules import UseRule
from domain.grants.standing import (
    ApplicationStanding,
    ApplicationStatus,
    application_named,
    applications_named,
    applied_for,
)
from domain.grants.use import GRANT_USE, GrantCostRecorded, GrantUse
from domain.history import History, RecordedFact
from domain.kind import Needs
from domain.refusal import Refusal
from domain.values import Name, OrganisationNumber, months_later

AWARDED: Needs = {
    ApplicationPresented: GrantCode.UNKNOWN_APPLICATION,
    ApplicationDecided: GrantCode.NOT_AWARDED,
}


def use_last_day(
    rule: UseRule, content: ApplicationContent, grant: Grant
) -> date | None:
    """Last day on which money may be used; None where nothing says one."""
    if grant.carried_over is not None:
        return grant.carried_over.use_until
    return rule.last_day or content.project_ends_on


def first_use_until(rule: UseRule, award: ApplicationDecided) -> date | None:
    """Last day of the first cost, counted from the decision; None where any will do."""
    if rule.first_use_months is None:
        return None
    return months_later(award.decided_on, rule.first_use_months)


def uncovered_costs(grant: Grant, use: GrantUse) -> tuple[GrantCostRecorded, ...]:
    """Costs that crossed the lapse: it did not count them, and they are not covered."""
    return () if grant.lapsed is None else use.costs[grant.lapsed.costs :]


class Funded(NamedTuple):
    """An application that money was awarded to, and what became of it."""

    standing: ApplicationStanding
    award: ApplicationDecided
    content: ApplicationContent
    """What the award is of."""
    grant: Grant
    use: GrantUse

    @property
    def rule(self) -> UseRule:
        """How the money may be used."""
        return self.standing.rules.use

    @property
    def last_day(self) -> date | None:
        """Last day on which it may be used, if there is one."""
        return use_last_day(self.rule, self.content, self.grant)


def funded(standing: ApplicationStanding, history: History) -> Funded:
    """Find what became of the money; refuse where none was awarded."""
    award = standing.award
    if award is None or not award.amount_ore:
        raise Refusal(GrantCode.NOT_AWARDED, "application")
    decided = standing.said.revision(award.revision) or standing.last
    grant, use = said_of(standing, history)
    return Funded(standing, award, decided.content, grant, use)


def said_of(standing: ApplicationStanding, history: History) -> tuple[Grant, GrantUse]:
    """What funder and trust said of a grant, each in their own region."""
    names = (standing.last.application,)
    (of_funder,) = history.entries(GRANT, names).values()
    (of_trust,) = history.entries(GRANT_USE, names).values()
    return folded_grant(standing, of_funder, of_trust)


def folded_grant(
    standing: ApplicationStanding,
    of_funder: Iterable[RecordedFact],
    of_trust: Iterable[RecordedFact],
) -> tuple[Grant, GrantUse]:
    """What funder and trust said of a grant, of what was recorded under its name."""
    grant = reduce(GRANT.evolve, standing.funder_said(of_funder), GRANT.initial)
    use = reduce(GRANT_USE.evolve, standing.trust_said(of_trust), GRANT_USE.initial)
    return grant, use


@dataclass(frozen=True, slots=True)
class GrantView:
    """An application and its money, in øre; call, trust and applied of its last revision."""

    application: Name
    call: Name
    trust: OrganisationNumber
    status: ApplicationStatus
    rank: int | None
    """In the trust's last ranking, from 1; also of what was withdrawn since."""
    applied: int
    awarded: int
    disbursed: int
    used: int
    """All recorded costs."""
    lapsed: int
    left: int
    """What may still be used; below zero by what crossed the lapse."""
    to_repay: int
    """What the lapse said, less what was repaid."""
    repaid: int


def grant_on(application: str, history: History) -> GrantView:
    """Tell what became of an application; refuse one that nobody presented."""
    application_named(application, history)
    return grants_on((application,), history)[application]


def grants_on(
    applications: Collection[str], history: History
) -> Mapping[str, GrantView]:
    """Tell what became of applications; nothing of a name that nobody presented."""
    return views_of(applications_named(applications, history), history)


def views_of(
    found: Mapping[str, ApplicationStanding], history: History
) -> Mapping[str, GrantView]:
    """Tell what became of the money of applications that were found."""
    keys = {name: ranking_key(each.call, each.trust) for name, each in found.items()}
    rankings = history.states(RANKING, {*keys.values()})
    of_funders = history.entries(GRANT, found)
    of_trusts = history.entries(GRANT_USE, found)
    return {
        name: _view(
            standing,
            rankings[keys[name]].rank(name),
            *folded_grant(standing, of_funders[name], of_trusts[name]),
        )
        for name, standing in found.items()
    }


def _view(
    standing: ApplicationStanding, rank: int | None, grant: Grant, use: GrantUse
) -> GrantView:
    lapse, award = grant.lapsed, standing.award
    awarded_ore = 0 if award is None else award.amount_ore
    lapsed_ore = 0 if lapse is None else lapse.lapsed_ore
    return GrantView(
        application=standing.last.application,
        call=standing.call,
        trust=standing.trust,
        status=standing.status,
        rank=rank,
        applied=standing.last.content.amount_ore,
        awarded=awarded_ore,
        disbursed=grant.disbursed_ore,
        used=use.used_ore,
        lapsed=lapsed_ore,
        left=awarded_ore - use.used_ore - lapsed_ore,
        to_repay=0 if lapse is None else lapse.to_repay_ore - use.repaid_ore,
        repaid=use.repaid_ore,
    )


def awarded_by_trust(call: str, history: History) -> Mapping[str, int]:
    """Money that each trust was awarded in a call, in øre; 0 for one that got none."""
    names = history.state(CALL_APPLICATIONS, call).trusts
    found = [each for each in applied_for(names, history).values() if each.call == call]
    sums = dict.fromkeys((standing.trust for standing in found), 0)
    for standing in found:
        if standing.award is not None:
            sums[standing.trust] += standing.award.amount_ore
    return sums
