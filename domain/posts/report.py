"""Progress reports of host trusts, and the coordinating trust's decisions.

A report is submitted in the host's region and decided in the coordinator's.
It is the ground on which a period may be invoiced (S1-41). The reports of a
trust for a network are listed in a stream of their own, so that an invoice
can find the one that covers its period.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import reduce
from typing import Annotated

from pydantic import Field

from domain.fact import Command, Fact
from domain.history import (
    Append,
    Asked,
    Category,
    Decision,
    History,
    RecordedFact,
    ShownTo,
)
from domain.kind import Asks, Authority, declare, same
from domain.parties.network import NETWORK, NetworkEstablished, coordinating, homes
from domain.parties.organisation import REGISTERED, registered, require_party
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import (
    Day,
    Name,
    NewName,
    OrganisationNumber,
    Period,
    not_before,
)


class Outcome(StrEnum):
    """What the coordinating trust decides."""

    APPROVED = "approved"
    RETURNED = "returned"


class ReportSubmitted(
    Fact, name="report.submitted.v1", found_by=("report", "network trust", "trust")
):
    """A trust reports its progress in a network for a period."""

    report: Name
    submission: int
    """Counts from 1; a returned report is submitted again."""
    network: Name
    trust: OrganisationNumber
    period_start: Day
    period_end: Day

    @property
    def period(self) -> Period:
        """The days that are reported on."""
        return Period(self.period_start, self.period_end)


class ReportListed(Fact, name="reporting.report_listed.v1"):
    """A report belongs to a trust's reporting in a network."""

    network: Name
    trust: OrganisationNumber
    report: Name


class ReportApproved(Fact, name="report.approved.v1"):
    """The coordinating trust approves a submission."""

    report: Name
    submission: int


class ReportReturned(Fact, name="report.returned.v1"):
    """The coordinating trust returns a submission to be mended."""

    report: Name
    submission: int


@dataclass(frozen=True, slots=True)
class ReportSubmissions:
    """The submissions of a report, by number.

    A name belongs to the trust that used it first, in the order of recording.
    """

    first: RecordedFact | None = None
    submissions: Mapping[int, ReportSubmitted] = field(default_factory=dict)
    contested: bool = False
    """Another trust had used the name before it had heard of the first."""

    @property
    def last(self) -> ReportSubmitted | None:
        """The latest submission."""
        return self.submissions[max(self.submissions)] if self.submissions else None

    def concerns(self, entry: RecordedFact) -> bool:
        """Whether a decision that names this report is on it."""
        return self.first is not None and (
            not self.contested or self.first.known_to(entry)
        )


REPORT: Category[None] = Category(
    "report",
    None,
    lambda state, _: state,
    holds=(ReportSubmitted,),
    shown_to=ShownTo.MEMBERS,
)
"""Submissions are read with their entries: see :func:`reports_named`."""


def reports_named(
    names: Collection[str], history: History
) -> Mapping[str, ReportSubmissions]:
    """Find reports by name; one without submissions where the name is free."""
    return {
        name: reduce(_evolve, entries, ReportSubmissions())
        for name, entries in history.entries(REPORT, names).items()
    }


def _evolve(state: ReportSubmissions, entry: RecordedFact) -> ReportSubmissions:
    """Fold one entry; the first submission of a number stays."""
    fact = entry.fact
    if not isinstance(fact, ReportSubmitted):
        return state
    if state.last is not None and state.last.trust != fact.trust:
        return replace(state, contested=True)
    submissions = {fact.submission: fact, **state.submissions}
    return replace(state, first=state.first or entry, submissions=submissions)


REPORT_DECISIONS: Category[None] = Category(
    "report-decisions",
    None,
    lambda state, _: state,
    holds=(ReportApproved, ReportReturned),
    shown_to=ShownTo.MEMBERS,
)
"""Decisions are read with their entries: see :func:`outcomes`."""


def outcomes(
    reports: Mapping[str, ReportSubmissions], history: History
) -> Mapping[str, Mapping[int, Outcome]]:
    """Decision on each submission of some reports; the first one stays.

    It is that of the trust that coordinates the network, in its region, on this report.
    """
    networks = {
        each.network for said in reports.values() for each in said.submissions.values()
    }
    home_of = homes(networks, history)
    decided: dict[str, dict[int, Outcome]] = {name: {} for name in reports}
    for name, entries in history.entries(REPORT_DECISIONS, reports).items():
        for entry in entries:
            fact = entry.fact
            assert isinstance(fact, ReportApproved | ReportReturned)
            submission = reports[name].submissions.get(fact.submission)
            home = None if submission is None else home_of.get(submission.network)
            if home is entry.stream.region and reports[name].concerns(entry):
                approved = isinstance(fact, ReportApproved)
                outcome = Outcome.APPROVED if approved else Outcome.RETURNED
                decided[name].setdefault(fact.submission, outcome)
    return decided


@dataclass(frozen=True, slots=True)
class Reporting:
    """The names of the reports of one trust for one network."""

    reports: frozenset[str] = frozenset()


def evolve_reporting(state: Reporting, fact: Fact) -> Reporting:
    """Fold one fact."""
    match fact:
        case ReportListed():
            return Reporting(state.reports | {fact.report})
        case _:
            return state


REPORTING = Category(
    "reporting",
    Reporting(),
    evolve_reporting,
    holds=(ReportListed,),
    shown_to=ShownTo.MEMBERS,
)


def reporting_key(network: str, trust: str) -> str:
    """Key of a trust's reporting in a network."""
    return f"{network}:{trust}"


class SubmitReport(Command):
    """Submit a progress report, or submit it again after it was returned."""

    report: NewName = Field(examples=["ms-ous-2026-01-01"])
    network: NewName
    trust: OrganisationNumber
    period_start: Day
    period_end: Annotated[Day, not_before("period_start")]


class DecideReport(Command):
    """Approve or return the latest submission, as the coordinating trust (S1-41)."""

    report: NewName
    outcome: Outcome
    submission: int | None = None
    """When given, the one that was read; a later one is not decided."""


def submit(command: SubmitReport, asked: Asked, history: History) -> Decision:
    """Decide on a submission: the first, or the next after a return."""
    reports = reports_named((command.report,), history)
    last = reports[command.report].last
    number = 1 if last is None else last.submission + 1
    fact = ReportSubmitted(**dict(command), submission=number)
    outcome = outcomes(reports, history)[command.report].get(number - 1)
    is_open = last is not None and outcome is not Outcome.RETURNED
    repeated = last == fact.model_copy(update={"submission": number - 1})
    other_trust = last is not None and last.trust != command.trust
    if other_trust or (is_open and not repeated):
        raise Refusal(Code.CONFLICTING_ROW, "report")
    trust = registered(command.trust, "trust", history)
    require_party(asked, trust.org_number, trust.region)
    if is_open:
        return ()
    if history.state(NETWORK, command.network).established is None:
        values = {"network": command.network}
        raise Refusal(Code.UNKNOWN_NETWORK, "network", values)
    submitted = Append(REPORT.stream(trust.region, command.report), fact)
    key = reporting_key(command.network, command.trust)
    if command.report in history.state(REPORTING, key).reports:
        return (submitted,)
    listed = ReportListed(
        network=command.network, trust=command.trust, report=command.report
    )
    return (submitted, Append(REPORTING.stream(trust.region, key), listed))


declare(
    SubmitReport,
    submit,
    Authority(
        Asks.ITSELF,
        {Role.COORDINATOR, Role.CONTROLLER},
        {**REGISTERED, NetworkEstablished: Code.UNKNOWN_NETWORK},
        "nobody: it takes a name that is free",
    ),
    ReportSubmitted,
)


def decide_report(command: DecideReport, asked: Asked, history: History) -> Decision:
    """Decide on the latest submission, once (S1-41)."""
    reports = reports_named((command.report,), history)
    last = reports[command.report].last
    if last is None:
        raise Refusal(Code.UNKNOWN_REPORT, "report", {"report": command.report})
    _, region = coordinating(last.network, asked, history)
    if command.submission not in (None, last.submission):
        raise Refusal(Code.OUTDATED, "submission", {"submission": last.submission})
    decided = outcomes(reports, history)[command.report]
    if last.submission in decided:
        if decided[last.submission] is command.outcome:
            return ()
        raise Refusal(Code.CONFLICTING_ROW, "outcome")
    kind = ReportApproved if command.outcome is Outcome.APPROVED else ReportReturned
    fact = kind(report=command.report, submission=last.submission)
    return (Append(REPORT_DECISIONS.stream(region, command.report), fact),)


declare(
    DecideReport,
    decide_report,
    Authority(
        Asks.COORDINATOR,
        {Role.COORDINATOR, Role.CONTROLLER},
        {ReportSubmitted: Code.UNKNOWN_REPORT},
        "itself and the host: without approval nothing is invoiced",
    ),
    {
        ReportApproved: same(DecideReport, outcome=Outcome.APPROVED),
        ReportReturned: same(DecideReport, outcome=Outcome.RETURNED),
    },
)


def approved_report(
    network: str, trust: str, period: Period, history: History
) -> ReportSubmitted | None:
    """Approved report of the trust that covers all of the period."""
    approved = approved_reports(network, trust, history)
    return next((report for report in approved if report.period.covers(period)), None)


def approved_reports(
    network: str, trust: str, history: History
) -> list[ReportSubmitted]:
    """Approved reports of a trust for a network, by name."""
    names = sorted(history.state(REPORTING, reporting_key(network, trust)).reports)
    reports = reports_named(names, history)
    decided = outcomes(reports, history)
    return [
        last
        for name in names
        for last in (reports[name].last,)
        if last is not None
        and decided[name].get(last.submission) is Outcome.APPROVED
        and (last.network, last.trust) == (network, trust)
    ]
