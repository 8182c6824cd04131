"""The funder's formal check of an application, and what its assessors find.

Whoever has a conflict of interest says of which kind, and gives no points.
"""

from typing import Annotated

from pydantic import AfterValidator

from domain.fact import Command
from domain.grants.application import (
    ApplicationPresented,
    ApplicationSubmitted,
    Revision,
)
from domain.grants.assessment import (
    ASSESSMENT,
    ApplicationAssessed,
    ApplicationChecked,
    Assessment,
    CheckOutcome,
    Conflict,
    Score,
)
from domain.grants.codes import GrantCode
from domain.grants.ranking import RANKING, ranking_key
from domain.grants.rules import CallRules, require_once
from domain.grants.standing import (
    ApplicationStanding,
    application_named,
    latest_rules,
    latest_version,
    require_closed,
)
from domain.history import Append, Asked, Decision, History
from domain.kind import Asks, Authority, Needs, declare
from domain.parties.organisation import registered, require_party
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import Day, FreeText, Key, KnownPerson, NewName, Region

SUBMITTED: Needs = {
    ApplicationPresented: GrantCode.UNKNOWN_APPLICATION,
    ApplicationSubmitted: GrantCode.NOT_SUBMITTED,
}


def require_funder(call: str, asked: Asked, history: History) -> Region:
    """Region of a call's funder, for the funder alone; refuse others."""
    funder = registered(latest_rules(call, history).funder, "call", history)
    require_party(asked, funder.org_number, funder.region)
    return funder.region


class CheckApplication(Command):
    """Find a submission formally complete, or return it, as the funder."""

    application: NewName
    revision: Revision | None = None
    """When given, the one that was read; no other is checked."""
    outcome: CheckOutcome
    missing: FreeText = ""
    """What must be completed; it is said of whatever is returned."""
    complete_by: Day | None = None
    """The last day on which what is returned may be submitted again."""


def check_application(
    command: CheckApplication, asked: Asked, history: History
) -> Decision:
    """Decide on a check: of what is submitted and not decided."""
    standing = application_named(command.application, history)
    region = require_funder(standing.call, asked, history)
    submitted = standing.said.last_submission
    if submitted is None:
        raise Refusal(GrantCode.NOT_SUBMITTED, "application")
    revision = command.revision or submitted.revision
    fact = ApplicationChecked(**dict(command) | {"revision": revision})
    if fact in standing.checks:
        return ()
    require_submitted(standing, command.revision)
    if standing.award is not None:
        raise Refusal(GrantCode.ALREADY_DECIDED, "application")
    if command.outcome is CheckOutcome.RETURNED:
        if not command.missing.strip():
            raise Refusal(GrantCode.REASON_MISSING, "missing")
        if command.complete_by is None:
            raise Refusal(GrantCode.REASON_MISSING, "complete_by")
    return (Append(ASSESSMENT.stream(region, command.application), fact),)


declare(
    CheckApplication,
    check_application,
    Authority(
        Asks.FUNDER,
        {Role.SECRETARY},
        SUBMITTED,
        "the trust: what is returned is not submitted until it is completed",
    ),
    ApplicationChecked,
)


def _of_each_once(scores: tuple[Score, ...]) -> tuple[Score, ...]:
    require_once([score.criterion for score in scores])
    return scores


class AssessApplication(Command):
    """Record an assessor's scores, or a conflict of interest, as the funder."""

    application: NewName
    revision: Revision | None = None
    """When given, the one that was read; no other is assessed."""
    assessor: KnownPerson
    """Who assesses. Stays in the funder's region: only a pseudonym is recorded."""
    seat: Key | None = None
    """Of the call's panel, where it has one."""
    scores: Annotated[tuple[Score, ...], AfterValidator(_of_each_once)] = ()
    """Points on each criterion, or why none are given."""
    conflict: Conflict | None = None
    """The kind of a conflict of interest; then there are no scores."""


def assess_application(
    command: AssessApplication, asked: Asked, history: History
) -> Decision:
    """Decide on an assessment: one of each person at each revision, after the deadline."""
    standing = application_named(command.application, history)
    region = require_funder(standing.call, asked, history)
    revision = command.revision or standing.last.revision
    scores = sorted(command.scores, key=lambda score: score.criterion)
    fact = ApplicationAssessed(
        **dict(command) | {"revision": revision, "scores": tuple(scores)}
    )
    found = Assessment(assessments=standing.assessments)
    known = found.of(fact.assessor, fact.revision)
    if known is not None:
        if known == fact:
            return ()
        raise Refusal(Code.CONFLICTING_ROW, "assessor")
    require_submitted(standing, command.revision)
    latest = latest_version(standing.of_call).rules
    require_closed(latest, asked.today, "application")
    if standing.award is not None:
        raise Refusal(GrantCode.ALREADY_DECIDED, "application")
    require_ranked(standing, history)
    _require_seat_and_scores(fact, standing.rules)
    return (Append(ASSESSMENT.stream(region, command.application), fact),)


declare(
    AssessApplication,
    assess_application,
    Authority(
        Asks.FUNDER,
        {Role.SECRETARY},
        SUBMITTED,
        "nobody: what is granted is still to be decided",
    ),
    ApplicationAssessed,
)


def require_submitted(standing: ApplicationStanding, revision: int | None) -> None:
    """Refuse what is not submitted, and where another revision is meant."""
    if not standing.is_submitted:
        raise Refusal(GrantCode.NOT_SUBMITTED, "application")
    if revision not in (None, standing.last.revision):
        raise Refusal(Code.OUTDATED, "revision")


def require_ranked(standing: ApplicationStanding, history: History) -> None:
    """Refuse where the call asks the trust for a ranking and the last is without it."""
    rankings = history.state(RANKING, ranking_key(standing.call, standing.trust))
    ranked = rankings.rank(standing.last.application) is not None
    if standing.rules.rankers and not ranked:
        raise Refusal(GrantCode.NOT_RANKED, "application")


def _require_seat_and_scores(fact: ApplicationAssessed, rules: CallRules) -> None:
    """Refuse who is not of the panel, and scores that the rules do not ask for."""
    if rules.panel and fact.seat not in {seat.key for seat in rules.panel}:
        raise Refusal(GrantCode.SEAT_NOT_IN_PANEL, "seat")
    if fact.conflict is not None:
        if fact.scores:
            raise Refusal(GrantCode.CONFLICT_OF_INTEREST, "scores")
        return
    weighed = {
        score.criterion
        for score in fact.scores
        if score.waived.strip()
        or (score.points is not None and 0 <= score.points <= rules.points_max)
    }
    asked_for = {each.key for each in rules.criteria if each.of == "application"}
    if asked_for - weighed:
        raise Refusal(GrantCode.CRITERIA_MISSING, "scores")
