"""Mandates: who acts for an organisation, in which role, given by whom."""

from datetime import date

from pydantic import BaseModel, Field

from api.commands import door
from api.dependencies import AsOf, TheNode, TheViews, day_of
from api.pagination import Cursor, Limit, Page, after, page_of
from api.routers import member_router
from domain.history import ShownTo
from domain.parties.mandate import (
    MANDATES,
    EndMandate,
    GrantMandate,
    Mandate,
    MandateNumber,
)
from domain.role import Role
from domain.values import Actor, OrganisationNumber
from federation.log.cut import history_until

router = member_router("mandates", ShownTo.MEMBERS)

OF_ORGANISATION = "/organisations/{organisation}/mandates"

door(router, OF_ORGANISATION, GrantMandate)
door(router, f"{OF_ORGANISATION}/{{number}}/end", EndMandate)


class GivenMandate(BaseModel):
    """A mandate of an organisation, as far as it was known on the day."""

    number: MandateNumber
    person: Actor
    role: Role
    starts_on: date
    ends_on: date | None = Field(description="The last day that it was given for.")
    purpose: str | None = Field(description="What it was given for.")
    granted_by: Actor
    ended_on: date | None = Field(
        description="The first day on which it counts no more, where it was ended."
    )
    ended_by: Actor | None
    counts: bool = Field(description="On the day that is asked about.")


@router.get(OF_ORGANISATION)
def list_mandates(
    organisation: OrganisationNumber,
    node: TheNode,
    _views: TheViews,
    as_of: AsOf = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[GivenMandate]:
    """An organisation's mandates by number, also those that are over."""
    (last,) = after(cursor, [0])
    # As far as the read models are: what is not audited yet is not shown.
    cut = {k: v.position for k, v in node.projector.state.positions.items()}
    day = day_of(node, as_of)
    with history_until(node.journal, cut, day) as history:
        given = history.state(MANDATES, organisation).given
    shown = [_shown(mandate, day) for mandate in given[last : last + limit]]
    return page_of(shown, limit, lambda item: [item.number])


def _shown(mandate: Mandate, day: date) -> GivenMandate:
    granted, ended = mandate.granted, mandate.ended
    return GivenMandate(
        number=granted.number,
        person=granted.person,
        role=granted.role,
        starts_on=granted.starts_on,
        ends_on=granted.ends_on,
        purpose=granted.purpose,
        granted_by=granted.granted_by,
        ended_on=None if ended is None else ended.ended_on,
        ended_by=None if ended is None else ended.ended_by,
        counts=mandate.counts_on(day),
    )
