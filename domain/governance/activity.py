"""Yearly reports of networks, bodies and the holders of seats."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, NamedTuple

from domain.document import Section
from domain.fact import Command, Fact
from domain.governance.body import BODY, BodyChartered
from domain.governance.codes import GovernanceCode
from domain.governance.holding import speaks_for
from domain.governance.seat import SeatPlace
from domain.history import Append, Asked, Category, Decision, History, ShownTo
from domain.kind import Asks, Authority, declare
from domain.parties.network import NETWORK, coordinator
from domain.parties.organisation import registered, require_party
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import (
    REGIONAL_AUTHORITY,
    FreeText,
    Region,
    Text,
    Year,
    each_once,
)


class ActivityReported(Fact, name="activity.reported.v1"):
    """A network, a body or a seat's holder reports on a year."""

    of: Text
    """A network, a body, or ``body/seat``."""
    year: Year
    to: tuple[Text, ...]
    """To whom: a network's RHF, the body that a body reports to; of a seat the body, and
    the participant whose leader is the holder's own (S4-68)."""
    sections: tuple[Section, ...] = ()
    reference: Text = ""
    """In eRapport, where it was reported there (S1-40)."""


@dataclass(frozen=True, slots=True)
class Activity:
    """Reports by year; the first of a year stays."""

    reported: Mapping[int, ActivityReported] = field(default_factory=dict)


def evolve(state: Activity, fact: Fact) -> Activity:
    """Fold one fact."""
    match fact:
        case ActivityReported() if fact.year not in state.reported:
            return Activity({**state.reported, fact.year: fact})
        case _:
            return state


ACTIVITY = Category(
    "activity",
    Activity(),
    evolve,
    holds=(ActivityReported,),
    shown_to=ShownTo.MEMBERS,
)
"""By a network, a body, or ``body:seat``."""


def activity_key(of: str) -> str:
    """Key of the stream of a network's, a body's or a seat's reports."""
    return of.replace("/", ":")


class ReportActivity(Command):
    """Report on a year, as a network's coordinating trust, a body or a seat's holder."""

    of: SeatPlace
    """A network, a body, or a seat as ``body/seat``."""
    year: Year
    sections: Annotated[tuple[Section, ...], each_once("section")] = ()
    reference: FreeText = ""
    """In eRapport, where it was reported there (S1-40)."""


class _Report(NamedTuple):
    """Who reports, where, and to whom."""

    organisation: str
    region: Region
    to: tuple[str, ...]


def report_activity(
    command: ReportActivity, asked: Asked, history: History
) -> Decision:
    """Decide on a report: on a year that is over, once, to whom it is owed."""
    report = _report_of(command.of, asked.today, history)
    require_party(asked, report.organisation, report.region)
    key = activity_key(command.of)
    known = history.state(ACTIVITY, key).reported.get(command.year)
    if known is not None:
        if dict(command).items() <= dict(known).items():
            return ()
        raise Refusal(Code.CONFLICTING_ROW, "year")
    if asked.today <= date(command.year, 12, 31):
        raise Refusal(Code.PERIOD_NOT_ENDED, "year")
    if not report.to:
        raise Refusal(GovernanceCode.NOTHING_TO_REPORT, "of")
    fact = ActivityReported(**dict(command), to=report.to)
    return (Append(ACTIVITY.stream(report.region, key), fact),)


def _report_of(of: str, today: date, history: History) -> _Report:
    """Look up what reports: a network, else a body, else a seat."""
    if history.state(NETWORK, of).established is not None:
        network, region = coordinator(of, history)
        trust = network.coordinating_trust
        return _Report(trust, region, (REGIONAL_AUTHORITY[region],))
    body = history.state(BODY, of).last
    if body is not None:
        organisation = registered(body.organisation, "of", history)
        to = () if body.reports_to is None else (body.reports_to,)
        return _Report(organisation.org_number, organisation.region, to)
    spoken = speaks_for(of, history, today)
    if spoken is None:
        raise Refusal(GovernanceCode.UNKNOWN_BODY, "of")
    organisation = spoken.organisation
    # To the body, and to the holder's own leader, at the participant (S4-68).
    both = (of.partition("/")[0], spoken.participant)
    return _Report(organisation.org_number, organisation.region, both)


declare(
    ReportActivity,
    report_activity,
    Authority(
        Asks.REPORTING,
        {Role.SECRETARY},
        {BodyChartered: GovernanceCode.UNKNOWN_BODY},
        "nobody: what was due is done",
    ),
    ActivityReported,
)
