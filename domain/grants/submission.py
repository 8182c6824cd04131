"""Submitting an application: what its call asks of it, check after check.

The order of the checks is part of the rules: the first that fails is the refusal, and
every node must come to the same one. What a call does not set, it does not ask (K-19).
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from domain.fact import Command
from domain.grants.application import (
    APPLICATION,
    ApplicationContent,
    ApplicationEndorsed,
    ApplicationSubmitted,
    BudgetLine,
    Revision,
)
from domain.grants.applying import PRESENTED, applicant
from domain.grants.call import CALL_APPLICATIONS, ApplicationListed
from domain.grants.codes import GrantCode
from domain.grants.rules import CallRules, CostCategory
from domain.grants.standing import (
    ApplicationStanding,
    application_named,
    latest_version,
)
from domain.grants.warned import warn_of_application
from domain.history import Append, Asked, Decision, History
from domain.kind import Asks, Authority, declare
from domain.parties.network import NETWORK
from domain.parties.organisation import (
    ORGANISATION,
    OrganisationRegistered,
    known_organisation,
    registered,
)
from domain.parties.participation import PARTICIPATION
from domain.refusal import Code, Refusal, RefusalCode
from domain.role import Role
from domain.values import (
    NetworkKind,
    NewName,
    OrganisationKind,
    Sha256,
    last_of_years,
)


class SubmitApplication(Command):
    """Submit the last revision of an application, or what was completed (S0-02)."""

    application: NewName
    revision: Revision | None = None
    """When given, the one that was read; a later one is not submitted."""
    fingerprint: Sha256 | None = None
    """When given, that of the content that was read; no other is meant."""


def submit_application(
    command: SubmitApplication, asked: Asked, history: History
) -> Decision:
    """Decide on a submission: of the last revision, once, by the call's latest rules."""
    standing = application_named(command.application, history)
    region = applicant(standing, asked, history)
    if standing.is_withdrawn:
        raise _refusal(GrantCode.APPLICATION_WITHDRAWN)
    meant = standing.said.revision(command.revision or standing.last.revision)
    if meant is None or command.fingerprint not in (None, meant.fingerprint):
        raise Refusal(Code.OUTDATED, "revision")
    submissions = standing.said.submissions
    if any(each.revision == meant.revision for each in submissions):
        return ()
    if meant is not standing.last:
        raise Refusal(Code.OUTDATED, "revision")
    version = latest_version(standing.of_call)
    _require_in_time(standing, version.rules, asked.today)
    case = Case(
        standing.last.content,
        standing.endorsements,
        version.rules,
        asked.today,
        history,
    )
    for check in _checks(case):
        check()
    fact = ApplicationSubmitted(
        application=command.application,
        revision=meant.revision,
        fingerprint=meant.fingerprint,
        call_version=version.version,
    )
    submitted = Append(APPLICATION.stream(region, command.application), fact)
    if submissions:
        return (submitted,)
    listed = ApplicationListed(
        call=standing.call, application=command.application, trust=standing.trust
    )
    return (submitted, Append(CALL_APPLICATIONS.stream(region, standing.call), listed))


declare(
    SubmitApplication,
    submit_application,
    Authority(
        Asks.APPLICANT,
        {Role.SECRETARY},
        PRESENTED,
        "itself and the funder, which checks, assesses and decides",
    ),
    ApplicationSubmitted,
    warns=warn_of_application,
)


def _refusal(code: RefusalCode, **values: str) -> Refusal:
    """Refuse the application as a whole: the command has no part of its content."""
    return Refusal(code, "application", values)


def _require_in_time(
    standing: ApplicationStanding, rules: CallRules, today: date
) -> None:
    """Refuse what comes after the deadline (S0-02), but for what is to be completed.

    The last day is whole, whatever day of the week it is (K-15).
    """
    if rules.deadline is None or today <= rules.deadline:
        return
    back = standing.returned
    if back is None or back.complete_by is None or back.complete_by < today:
        raise _refusal(GrantCode.DEADLINE_PASSED)


@dataclass(frozen=True, slots=True)
class Case:
    """What is submitted or may be, by which rules, on which day."""

    content: ApplicationContent
    endorsements: Sequence[ApplicationEndorsed]
    """Those of the very revision."""
    rules: CallRules
    today: date
    history: History

    def found(self, number: str | None) -> OrganisationRegistered | None:
        """Look up an organisation, if it is given and registered."""
        if number is None:
            return None
        return self.history.state(ORGANISATION, number).registered

    def of_kind(self, kind: OrganisationKind, numbers: Collection[str]) -> int:
        """How many different organisations are of a kind."""
        found = self.history.states(ORGANISATION, {*numbers})
        known = (each.registered for each in found.values())
        return sum(each is not None and each.kind is kind for each in known)


def lacking_of(case: Case) -> Iterator[Refusal]:
    """All that a submission would be refused for on the day, in order of the checks.

    The deadline is none of the content's: it is not asked for here.
    """
    for check in _checks(case):
        try:
            check()
        except Refusal as refusal:
            yield refusal


def _checks(case: Case) -> Iterator[Callable[[], None]]:
    """Checks in their order; each refuses or not."""
    for of_case in (
        _require_applicant,
        _require_network,
        _require_employers,
        _require_partners,
        _require_complete,
    ):
        yield partial(of_case, case)
    for line in case.content.lines:
        yield partial(_require_covered, line, case.rules.categories)
    yield partial(_require_sum, case.content)
    yield partial(_require_short, case.content, case.rules)
    yield partial(_require_endorsed, case)


def _require_complete(case: Case) -> None:
    """Refuse what lacks a part that the call asks for (S0-12)."""
    if missing := [*_missing(case.content, case.rules)]:
        raise _refusal(Code.INCOMPLETE, missing=" ".join(missing))


def _require_sum(content: ApplicationContent) -> None:
    """Refuse a budget that comes to another amount than is applied for (S0-17)."""
    if sum(line.amount_ore for line in content.lines) != content.amount_ore:
        raise _refusal(GrantCode.BUDGET_DIFFERS)


def _require_applicant(case: Case) -> None:
    """Refuse who is not of the kinds and regions that may apply (S2-10, S3-06)."""
    trust = registered(case.content.trust, "application", case.history)
    kinds, regions = case.rules.applicant_kinds, case.rules.applicant_regions
    if (kinds and trust.kind not in kinds) or (regions and trust.region not in regions):
        raise _refusal(GrantCode.APPLICANT_NOT_ELIGIBLE)


def _require_network(case: Case) -> None:
    """Refuse another kind of network, or one that a trust is not in (S0-10).

    A trust that lacks the field is left out with a reason (S0-11).
    """
    rule, name = case.rules.network, case.content.network
    if rule is None:
        return
    if name is None or not _is_network(name, rule.kind, case.history):
        raise _refusal(GrantCode.NETWORK_NOT_ELIGIBLE)
    excused = {each.trust for each in case.content.absent if each.reason.strip()}
    accounted_for = excused | _organisations(name, case)
    for trust in rule.trusts:
        if trust not in accounted_for:
            raise _refusal(GrantCode.NETWORK_NOT_ELIGIBLE, organisation=trust)


def _is_network(name: str, kind: NetworkKind, history: History) -> bool:
    established = history.state(NETWORK, name).established
    return established is not None and established.kind is kind


def _organisations(network: str, case: Case) -> set[str]:
    """Organisations that take part in a network today."""
    participation = case.history.state(PARTICIPATION, network)
    ended = {
        name for name, end in participation.ended.items() if end.ends_on < case.today
    }
    return {
        each.organisation
        for name, each in participation.declared.items()
        if name not in ended
    }


def _require_employers(case: Case) -> None:
    """Refuse a project whose leader or owner is employed elsewhere (S2-26)."""
    kinds = case.rules.employed_by
    if not kinds:
        return
    for number in (case.content.leader_employer, case.content.owner_employer):
        employer = case.found(number)
        if employer is None or employer.kind not in kinds:
            raise _refusal(GrantCode.EMPLOYER_NOT_ELIGIBLE)


def _require_partners(case: Case) -> None:
    """Refuse an unknown partner, or too few of them (S3-04)."""
    partners, rule = case.content.partners, case.rules.partners
    for partner in partners:
        known_organisation(partner, "application", case.history)
    if rule is None:
        return
    trusts = case.of_kind(OrganisationKind.HF, (case.content.trust, *partners))
    municipalities = case.of_kind(OrganisationKind.MUNICIPALITY, partners)
    few_trusts = trusts < rule.trusts_min
    if few_trusts and municipalities < rule.or_municipalities_min:
        raise _refusal(GrantCode.PARTNERS_MISSING)


def _missing(content: ApplicationContent, rules: CallRules) -> Iterator[str]:
    """Give what a complete application lacks (S0-12), by the members of its content."""
    for member in ("title", "workplace"):
        if not getattr(content, member).strip():
            yield member
    if not content.lines:
        yield "lines"
    written = {section.section for section in content.sections}
    for section in rules.sections:
        if section.key not in written:
            yield f"sections.{section.key}"
    there = {
        each.kind
        for each in content.attachments
        if each.document is not None or each.archived.strip()
    }
    for attachment in rules.attachments:
        if attachment.key not in there:
            yield f"attachments.{attachment.key}"
    if not _has_purposes(content, rules):
        yield "purposes"
    if rules.use.project_ends_by or rules.use.project_years_max:
        yield from _missing_days(content)


def _has_purposes(content: ApplicationContent, rules: CallRules) -> bool:
    """Whether every purpose is one of the call's, and there are enough (S2-38)."""
    offered = {purpose.key for purpose in rules.purposes}
    are_offered = not offered or offered.issuperset(content.purposes)
    return are_offered and len(content.purposes) >= rules.purposes_min


def _missing_days(content: ApplicationContent) -> Iterator[str]:
    first, last = content.project_starts_on, content.project_ends_on
    if first is None:
        yield "project_starts_on"
    if last is None or (first is not None and last < first):
        yield "project_ends_on"


def _require_covered(line: BudgetLine, categories: Sequence[CostCategory]) -> None:
    """Refuse a line for what the call gives no money for (S0-27, S0-40)."""
    if not categories:
        return
    allowed = {category.key: category.allowed for category in categories}
    if line.category not in allowed:
        raise _refusal(GrantCode.UNKNOWN_CATEGORY, line=line.line)
    if allowed[line.category] == "no":
        raise _refusal(GrantCode.CATEGORY_NOT_ALLOWED, line=line.line)
    if allowed[line.category] == "explained" and not line.explanation.strip():
        raise _refusal(GrantCode.REASON_MISSING, line=line.line)


def _require_short(content: ApplicationContent, rules: CallRules) -> None:
    """Refuse a project that ends too late, or lasts too long (S2-16, S3-11)."""
    first, last = content.project_starts_on, content.project_ends_on
    if first is None or last is None:
        return
    by, years = rules.use.project_ends_by, rules.use.project_years_max
    is_late = by is not None and last > by
    if is_late or (years and last > last_of_years(first, years)):
        raise _refusal(GrantCode.PROJECT_TOO_LONG)


def _require_endorsed(case: Case) -> None:
    """Refuse what lacks an endorsement of this revision (S0-18, S2-11, S3-05)."""
    numbers = case.content.partners
    with_municipality = case.of_kind(OrganisationKind.MUNICIPALITY, numbers) > 0
    endorsers = [
        {each.endorsed_by for each in case.endorsements if each.role in rule.one_of}
        for rule in case.rules.endorsements
        if rule.when == "always" or with_municipality
    ]
    by_each = all(endorsers)
    if case.rules.distinct_endorsers:
        by_each = each_by_another(endorsers)
    if not by_each:
        raise _refusal(Code.NOT_ENDORSED)


def each_by_another(choices: Sequence[Collection[str]]) -> bool:
    """Whether each may be given another one of its choices.

    By augmenting paths, so that no choice stands in the way of another (Kuhn 1955).
    """
    taken: dict[str, int] = {}

    def give(index: int, tried: set[str]) -> bool:
        for choice in sorted(choices[index]):
            if choice in tried:
                continue
            tried.add(choice)
            if choice not in taken or give(taken[choice], tried):
                taken[choice] = index
                return True
        return False

    return all(give(index, set()) for index in range(len(choices)))
