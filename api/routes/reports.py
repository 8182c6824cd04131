"""Progress reports, and the decisions on them."""

import re

from fastapi import Response

from api.commands import door
from api.dependencies import AsOf, TheNode, TheViews, day_of
from api.doors import Way
from api.pagination import Cursor, Limit, Page, after, only, page_of
from api.routers import member_router
from api.signing import TAGGED, show_tag, tag_of
from domain.history import ShownTo
from domain.posts.report import DecideReport, SubmitReport
from domain.values import NewName, OrganisationNumber
from projections import reports
from projections.asof import Slice

router = member_router("reports", ShownTo.MEMBERS)


def _submission_of(if_match: str | None) -> int | None:
    """Submission that an ETag names; one that names none matches none."""
    tag = tag_of(if_match)
    if tag is None:
        return None
    return int(tag) if re.fullmatch(r"[1-9][0-9]{0,5}", tag) else 0


door(router, "/reports", SubmitReport, Way(made="/v1/reports/{report}"))
door(
    router,
    "/reports/{report}/decisions",
    DecideReport,
    Way(tagged={"submission": _submission_of}),
)


@router.get("/reports")
def list_reports(
    node: TheNode,
    views: TheViews,
    network: NewName | None = None,
    trust: OrganisationNumber | None = None,
    as_of: AsOf = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[reports.Report]:
    """Progress reports, each with its latest submission."""
    with views() as connection:
        page = Slice(after(cursor, [""])[0], limit)
        items = reports.reports(connection, day_of(node, as_of), page, network, trust)
        return page_of(items, limit, lambda item: [item.report])


@router.get("/reports/{report}", responses=TAGGED)
def get_report(
    report: NewName,
    node: TheNode,
    views: TheViews,
    response: Response,
    as_of: AsOf = None,
) -> reports.Report:
    """A report; its ETag is the submission that a decision is about."""
    with views() as connection:
        page = Slice(limit=1)
        latest = only(
            reports.reports(connection, day_of(node, as_of), page, report=report)
        )
        show_tag(response, latest.submission)
        return latest
