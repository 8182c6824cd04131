"""Progress reports, and the decisions on them."""

import re
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Response
from pydantic import Field

from api.bodies import Body, Day, OrgNumber
from api.dependencies import AsOf, TheAsker, TheNode, TheViews, day_of
from api.pagination import Cursor, Limit, Page, after, only, page_of
from api.problems import PROBLEMS, REFUSALS
from api.receipts import CONTROLLER, LOCATED, Receipt, receipt, run
from api.signing import TAGGED, IfMatch, show_tag, tag_of
from domain.posts.report import DecideReport, Outcome, SubmitReport
from domain.values import NewName, OrganisationNumber, not_before
from projections import register

router = APIRouter(prefix="/v1", tags=["reports"], responses=PROBLEMS)


class NewReport(Body):
    """A progress report; the trust that reports asks."""

    report: NewName = Field(examples=["ms-ous-2026-01-01"])
    network: NewName
    trust: OrgNumber
    period_start: Day
    period_end: Annotated[Day, not_before("period_start")]


class NewReportDecision(Body):
    """The coordinating trust's decision on the latest submission."""

    outcome: Outcome


@router.post(
    "/reports",
    status_code=201,
    dependencies=CONTROLLER,
    responses={**REFUSALS, **LOCATED},
)
def submit_report(
    body: NewReport, node: TheNode, asker: TheAsker, response: Response
) -> Receipt:
    """Submit a progress report, or submit it again after it was returned."""
    response.headers["Location"] = f"/v1/reports/{quote(body.report)}"
    return receipt(run(node, SubmitReport(**dict(body)), asker, response))


@router.post(
    "/reports/{report}/decisions",
    status_code=201,
    dependencies=CONTROLLER,
    responses=REFUSALS,
)
def decide_report(
    report: NewName,
    body: NewReportDecision,
    node: TheNode,
    asker: TheAsker,
    response: Response,
    if_match: IfMatch = None,
) -> Receipt:
    """Approve or return the latest submission, as the coordinating trust (S1-41)."""
    command = DecideReport(
        report=report, outcome=body.outcome, submission=_submission_of(if_match)
    )
    return receipt(run(node, command, asker, response))


@router.get("/reports")
def list_reports(
    node: TheNode,
    views: TheViews,
    network: NewName | None = None,
    trust: OrganisationNumber | None = None,
    as_of: AsOf = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[register.Report]:
    """Return progress reports, each with its latest submission."""
    with views() as connection:
        page = register.Page(after(cursor, [""])[0], limit)
        found = register.reports(connection, day_of(node, as_of), page, network, trust)
        return page_of(found, limit, lambda item: [item.report])


@router.get("/reports/{report}", responses=TAGGED)
def get_report(
    report: NewName,
    node: TheNode,
    views: TheViews,
    response: Response,
    as_of: AsOf = None,
) -> register.Report:
    """Return a report; its ETag is the submission that a decision is about."""
    with views() as connection:
        page = register.Page(limit=1)
        found = only(
            register.reports(connection, day_of(node, as_of), page, report=report)
        )
        show_tag(response, found.submission)
        return found


def _submission_of(if_match: str | None) -> int | None:
    """Return the submission that an ETag names; one that names none matches none."""
    tag = tag_of(if_match)
    if tag is None:
        return None
    return int(tag) if re.fullmatch(r"[1-9][0-9]{0,5}", tag) else 0
