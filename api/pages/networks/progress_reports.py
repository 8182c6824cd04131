"""Progress reports: listed, submitted by hosts, decided on by who coordinates."""

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.pages.acting import (
    Confirmation,
    as_command,
    confirmed,
    may_send,
    on_behalf,
    require_sender,
    send,
    then,
)
from api.pages.forms import NO_FAULTS, Faults, Typed, attempt
from api.pages.register import Register, register
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, Visit, is_authority, sent_form
from api.pagination import only
from api.problems import ProblemError
from api.routers import public
from domain.parties.network import NetworkEstablished
from domain.posts.report import DecideReport, Outcome, SubmitReport
from domain.values import NewName
from projections.asof import Slice
from projections.listed import first_facts, listed
from projections.reports import Report, reports

router: Final[APIRouter] = public()
SECTION: Final = "page_reports"
ROWS: Final = 100
NETWORKS_MAX: Final = 500
OUTCOMES: Final = {"approve": Outcome.APPROVED, "return": Outcome.RETURNED}
"""By the last part of the address."""


class ReportCriteria(BaseModel):
    """Which reports are asked for; an empty text is no wish."""

    network: str = Field("", max_length=80)
    trust: str = Field("", max_length=9)
    after: str = Field("", max_length=80)


@router.get("/reports", include_in_schema=False)
def report_list_page(
    visit: TheVisit, criteria: Annotated[ReportCriteria, Query()]
) -> Response:
    """Reports by name, of a network or a trust, or all."""
    page = Slice(criteria.after, ROWS)
    with visit.views() as connection:
        found = reports(
            connection,
            visit.day,
            page,
            criteria.network or None,
            criteria.trust or None,
        )
        known = register(connection, visit.day)
    return visit.page(
        "reports.html",
        SECTION,
        "networks",
        rows=[(each, _called(known, each.trust)) for each in found],
        criteria=criteria,
        next_after=found[-1].report if len(found) == ROWS else "",
        submits=may_send(visit, SubmitReport) and not is_authority(visit),
    )


def _called(known: Register, number: str) -> str:
    return known[number].name if number in known else number


@router.get("/reports/new", include_in_schema=False)
def new_report(
    visit: TheVisit,
    network: str = "",
    start: Annotated[str, Query(alias="from")] = "",
    end: Annotated[str, Query(alias="to")] = "",
) -> Response:
    """Form for a report of the visitor's trust."""
    require_sender(visit, SubmitReport)
    values = {
        "network": network,
        "period_start": _written(start),
        "period_end": _written(end),
        "report": _suggested(visit, network, start),
    }
    return _form_of_report(visit, values, NO_FAULTS)


def _written(day: str) -> str:
    try:
        return f"{date.fromisoformat(day):%d.%m.%Y}"
    except ValueError:
        return ""


def _suggested(visit: Visit, network: str, start: str) -> str:
    """Name that nobody else is likely to take: ``ms-ous-2026-01-01``."""
    if not network or not start:
        return ""
    with visit.views() as connection:
        ours = register(connection, visit.day).get(visit.organisation)
    short = ours.short_name.lower() if ours else visit.organisation
    return f"{network}-{short}-{start}".replace("/", "-").replace(":", "-")


@router.post("/reports/new", include_in_schema=False)
async def submit_report_here(visit: TheVisit) -> Response:
    """Submit a report as the visitor's trust."""
    require_sender(visit, SubmitReport)
    form = await sent_form(visit)
    typed = Typed(visit, form)
    members = {
        "report": typed.text("report", needed=True),
        "network": typed.text("network", needed=True),
        "trust": visit.organisation,
        "period_start": typed.day("period_start"),
        "period_end": typed.day("period_end"),
    }
    outcome = await attempt(
        visit, form, typed, lambda: SubmitReport.model_validate(members, strict=False)
    )
    if isinstance(outcome, Faults):
        return _form_of_report(visit, form, outcome)
    return then(f"/reports/{members['report']}", outcome)


def _form_of_report(
    visit: Visit, values: Mapping[str, str], faults: Faults
) -> Response:
    speaker = visit.speaker(SECTION)
    say = speaker.say
    with visit.views() as connection:
        page = Slice(limit=NETWORKS_MAX)
        found = listed(connection, NetworkEstablished, visit.day, page)
    networks = [
        (of.network, f"{speaker.either(of.name_nb, of.name_en)} ({of.network})")
        for of, _ in found
    ]
    return visit.page(
        "small_form.html",
        SECTION,
        "networks",
        title=say("form_title"),
        lead=say("form_lead"),
        crumbs=[(say("menu_networks"), "/networks"), (say("title"), "/reports")],
        action="/reports/new",
        back="/reports",
        fields=[
            ("report", say("field_report"), "text", True),
            ("period_start", say("first_day"), "day", True),
            ("period_end", say("last_day"), "day", True),
        ],
        choices=[("network", say("network"), [("", say("choose")), *networks])],
        hidden={"key": values.get("key") or uuid.uuid4().hex},
        values=values,
        faults=faults,
        verb=say("submit"),
    )


@router.get("/reports/{report}", include_in_schema=False)
def report_page(report: NewName, visit: TheVisit) -> Response:
    """Show a report, and who decides on it."""
    speaker = visit.speaker(SECTION)
    found, coordinator, known = _read_report(visit, report)
    ours = visit.organisation
    decides = (
        coordinator == ours
        and found.status == "submitted"
        and may_send(visit, DecideReport)
    )
    again = (
        found.trust == ours
        and found.status == "returned"
        and may_send(visit, SubmitReport)
    )
    return visit.page(
        "report.html",
        SECTION,
        "networks",
        report=found,
        trust=_called(known, found.trust),
        coordinator=_called(known, coordinator),
        decides=decides,
        again=again,
        words=speaker.say(f"lead_{found.status}", name=_called(known, coordinator)),
    )


def _read_report(visit: Visit, name: str) -> tuple[Report, str, Register]:
    with visit.views() as connection:
        found = only(reports(connection, visit.day, Slice(limit=1), report=name))
        networks = first_facts(
            connection, NetworkEstablished, visit.day, [found.network]
        )
        known = register(connection, visit.day)
    of = networks.get(found.network)
    return found, of.fact.coordinating_trust if of else "", known


@router.get("/reports/{report}/{act}", include_in_schema=False)
def decide_on_report(report: NewName, act: str, visit: TheVisit) -> Response:
    """Show what is decided before it is."""
    require_sender(visit, DecideReport)
    if act not in OUTCOMES:
        raise ProblemError("not_found")
    found, _, known = _read_report(visit, report)
    speaker = visit.speaker(SECTION)
    say = speaker.say
    ours = known.get(visit.organisation)
    return confirmed(
        visit,
        SECTION,
        "networks",
        Confirmation(
            title=say(f"ask_{act}", name=found.report),
            lead=say(f"lead_{act}"),
            what=say(f"what_{act}"),
            facts=[*_facts_of(found, known, speaker), *on_behalf(visit, speaker)],
            action=f"/reports/{found.report}/{act}",
            verb=say(f"do_{act}", name=ours.short_name if ours else visit.organisation),
            back=f"/reports/{found.report}",
            crumbs=[(say("title"), "/reports")],
            fields={"submission": str(found.submission)},
            after=say(f"after_{act}"),
        ),
    )


def _facts_of(
    report: Report, known: Register, speaker: Speaker
) -> list[tuple[str, object]]:
    say = speaker.say
    return [
        (say("trust"), _called(known, report.trust)),
        (say("network"), report.network),
        (say("period"), speaker.months(report.period_start, report.period_end)),
        (say("submission"), report.submission),
        (say("submitted_on"), speaker.day(report.submitted_on)),
    ]


@router.post("/reports/{report}/{act}", include_in_schema=False)
async def decided_on_report(report: NewName, act: str, visit: TheVisit) -> Response:
    """Decide on the very submission that was shown."""
    if act not in OUTCOMES:
        raise ProblemError("not_found")
    form = await sent_form(visit)
    command = as_command(
        DecideReport,
        report=report,
        outcome=OUTCOMES[act],
        submission=form.get("submission", ""),
    )
    return then(f"/reports/{report}", await send(visit, command, form))
