"""Disputes: what both parties say about a line, how it ends, and how old it is."""

from typing import Annotated

from fastapi import Query

from api.commands import door
from api.dependencies import AsOf, TheNode, TheViews, day_of
from api.doors import OF_DOCUMENT, OF_PERIOD, Way
from api.pagination import Cursor, Limit, Page, after, page_of
from api.routers import member_router
from domain.history import ShownTo
from domain.invoicing.dispute import CommentDispute, ResolveDispute
from domain.values import NewName, OrganisationNumber
from projections.disputes import Dispute, DisputeFilter, DisputeState, disputes

router = member_router("disputes", ShownTo.PARTIES)


for command, by_number, what in (
    (CommentDispute, "comment_document", "dispute-comments"),
    (ResolveDispute, "resolve_document", "dispute-resolutions"),
):
    door(router, f"{OF_PERIOD}/{what}", command)
    door(router, f"{OF_DOCUMENT}/{what}", command, Way(name=by_number))


@router.get("/disputes")
def list_disputes(
    node: TheNode,
    views: TheViews,
    trust: Annotated[
        OrganisationNumber | None, Query(description="Only what it pays or is paid.")
    ] = None,
    agreement: NewName | None = None,
    state: DisputeState | None = None,
    as_of: AsOf = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[Dispute]:
    """Disputes with their threads, ages in days, and how they ended."""
    payee, year, number, post, opened_at = after(cursor, ["", 0, 0, "", ""])
    key = (payee, year, number, post, opened_at)
    with views() as connection:
        criteria = DisputeFilter(trust, agreement, state)
        items = disputes(connection, day_of(node, as_of), criteria, key, limit)
        return page_of(items, limit, lambda item: list(item.key))
