"""The funder's decisions on applications: who gets what, within the pot, and when all know.

All decisions of a call are in one stream: of two that together break the pot the second
is decided again, and refused.
"""

from datetime import date

from domain.fact import Command
from domain.grants.application import ApplicationContent, Revision
from domain.grants.assessing import (
    SUBMITTED,
    require_funder,
    require_ranked,
    require_submitted,
)
from domain.grants.assessment import Assessment
from domain.grants.award import (
    AWARDS,
    ApplicationDecided,
    AwardOutcome,
    Awards,
    AwardsAnnounced,
)
from domain.grants.call import CALL_APPLICATIONS, CallPublished
from domain.grants.codes import GrantCode
from domain.grants.standing import (
    ApplicationStanding,
    application_named,
    applied_for,
    latest_version,
    require_closed,
)
from domain.history import Append, Asked, Decision, History
from domain.kind import Asks, Authority, declare
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import CostOre, FreeText, Key, KnownPerson, NewName, months_later


class DecideApplication(Command):
    """Grant an application all of its money, a part, or none, as the funder."""

    application: NewName
    revision: Revision | None = None
    """When given, the one that was read; no other is decided."""
    outcome: AwardOutcome
    amount_ore: CostOre = 0
    split: Key | None = None
    """The share of the pot, where the call has shares."""
    reason: FreeText
    role: Key
    """The function in which the person decides."""
    decided_by: KnownPerson
    """Who decides. Stays in the funder's region: only a pseudonym is recorded."""


def decide_application(
    command: DecideApplication, asked: Asked, history: History
) -> Decision:
    """Decide on an award: of a submitted application, once, within the pot."""
    standing = application_named(command.application, history)
    region = require_funder(standing.call, asked, history)
    known = standing.award
    revision = standing.last.revision if known is None else known.revision
    fact = ApplicationDecided(
        **dict(command) | {"revision": command.revision or revision},
        call=standing.call,
        decided_on=asked.today if known is None else known.decided_on,
    )
    if known is not None:
        if known == fact:
            return ()
        raise Refusal(Code.CONFLICTING_ROW, "application")
    require_submitted(standing, command.revision)
    latest = latest_version(standing.of_call).rules
    require_closed(latest, asked.today, "application")
    require_ranked(standing, history)
    _require_free_decider(fact, standing)
    _require_amount(fact, standing.last.content)
    _require_money(fact, standing, history.state(AWARDS, standing.call))
    return (Append(AWARDS.stream(region, standing.call), fact),)


declare(
    DecideApplication,
    decide_application,
    Authority(
        Asks.FUNDER,
        {Role.DECIDER},
        SUBMITTED,
        "itself and the trust: it may use what it is granted from that day",
    ),
    ApplicationDecided,
)


def _require_free_decider(
    fact: ApplicationDecided, standing: ApplicationStanding
) -> None:
    """Refuse until the panel has assessed, and whoever may not decide on this."""
    found = Assessment(assessments=standing.assessments)
    for seat in standing.rules.panel:
        if found.have_weighed(seat.key, fact.revision) < seat.assessors_min:
            raise Refusal(GrantCode.PANEL_INCOMPLETE, "application")
    if standing.rules.decider not in (None, fact.role):
        raise Refusal(GrantCode.ROLE_NOT_ALLOWED, "role")
    if found.has_conflict(fact.decided_by):
        raise Refusal(GrantCode.CONFLICT_OF_INTEREST, "decided_by")
    if standing.rules.funder == standing.trust:
        raise Refusal(GrantCode.OWN_APPLICATION, "application")


def _require_amount(fact: ApplicationDecided, content: ApplicationContent) -> None:
    """Refuse a decision without a reason, or whose amount is not of its outcome."""
    if not fact.reason.strip():
        raise Refusal(GrantCode.REASON_MISSING, "reason")
    applied, amount = content.amount_ore, fact.amount_ore
    fits = {
        AwardOutcome.GRANTED: amount == applied,
        AwardOutcome.PARTLY_GRANTED: 0 < amount < applied,
        AwardOutcome.REJECTED: amount == 0,
    }
    if not fits[fact.outcome]:
        raise Refusal(GrantCode.AMOUNT_NOT_ALLOWED, "amount_ore")


def _require_money(
    fact: ApplicationDecided, standing: ApplicationStanding, awards: Awards
) -> None:
    """Refuse what is more than is left of the pot, or of the project's share of it."""
    rules = standing.rules
    if rules.pot_ore is not None:
        _require_left(awards.awarded_ore, fact, rules.pot_ore)
    if not rules.splits or not fact.amount_ore:
        return
    split = next((each for each in rules.splits if each.key == fact.split), None)
    years = project_years(standing.last.content)
    if split is None or years is None:
        raise Refusal(GrantCode.SPLIT_NOT_ALLOWED, "split")
    more_than, up_to = split.project_years
    if not more_than < years <= up_to:
        raise Refusal(GrantCode.SPLIT_NOT_ALLOWED, "split")
    if split.amount_ore is not None:
        _require_left(awards.of_split(split.key), fact, split.amount_ore)


def _require_left(awarded_ore: int, fact: ApplicationDecided, pot_ore: int) -> None:
    if awarded_ore + fact.amount_ore > pot_ore:
        raise Refusal(GrantCode.POT_EXCEEDED, "amount_ore")


def project_years(content: ApplicationContent) -> int | None:
    """Years that a project has begun when it ends; None where its days are not given."""
    starts_on, ends_on = content.project_starts_on, content.project_ends_on
    if starts_on is None or ends_on is None:
        return None
    return years_begun(starts_on, ends_on)


def years_begun(starts_on: date, ends_on: date) -> int:
    """Least number of years after which a last day has passed.

    >>> years_begun(date(2025, 3, 1), date(2026, 2, 28))
    1
    >>> years_begun(date(2025, 3, 1), date(2026, 3, 1))
    2
    """
    years = max(0, ends_on.year - starts_on.year)
    return years if ends_on < months_later(starts_on, 12 * years) else years + 1


class AnnounceAwards(Command):
    """Announce all decisions of a call, as its funder."""

    call: NewName


def announce_awards(
    command: AnnounceAwards, asked: Asked, history: History
) -> Decision:
    """Decide on an announcement: once, when all that was submitted is decided."""
    region = require_funder(command.call, asked, history)
    awards = history.state(AWARDS, command.call)
    if awards.announced is not None:
        return ()
    submitted = history.state(CALL_APPLICATIONS, command.call).trusts
    found = applied_for({*submitted, *awards.decided}, history)
    of_call = {n: each for n, each in found.items() if each.call == command.call}
    for standing in of_call.values():
        if standing.award is None and not standing.is_withdrawn:
            raise Refusal(GrantCode.NOT_ALL_DECIDED, "call")
    decided = (name for name, each in of_call.items() if each.award is not None)
    fact = AwardsAnnounced(
        call=command.call,
        announced_on=asked.today,
        applications=tuple(sorted(decided)),
    )
    return (Append(AWARDS.stream(region, command.call), fact),)


declare(
    AnnounceAwards,
    announce_awards,
    Authority(
        Asks.FUNDER,
        {Role.DECIDER},
        {CallPublished: GrantCode.UNKNOWN_CALL},
        "nobody: what was decided is decided; from then on everybody reads it",
    ),
    AwardsAnnounced,
)
