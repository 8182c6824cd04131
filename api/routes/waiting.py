"""What waits for the caller's organisation, and for whom it waits itself."""

from datetime import date
from typing import Final

from pydantic import BaseModel, Field

from api.dependencies import AsOf, TheCaller, TheNode, TheViews, day_of
from api.owed_matters import all_waiting
from api.routers import PREFIX, member_router
from domain.history import ShownTo
from domain.role import Role
from projections.waiting_matter import WaitingKind, WaitingMatter

router = member_router("waiting", ShownTo.PARTIES)
_DOCUMENT: Final = "/invoices/{0}/{1}/{2}"
_AT: Final = {
    WaitingKind.ANSWER_VERSION: "/agreements/{0}/versions/{1}",
    WaitingKind.ANSWER_COUNTER: "/agreements/{0}/counter-proposals/{1}",
    WaitingKind.ENDORSE_VERSION: "/agreements/{0}/versions/{1}",
    WaitingKind.SUBMIT_REPORT: "/networks/{0}",
    WaitingKind.DECIDE_REPORT: "/reports/{0}",
    WaitingKind.ISSUE_INVOICE: "/agreements/{0}",
    WaitingKind.DRAW_UP_STATEMENT: "/statements/{0}/{1}/draft",
    WaitingKind.SIGN_STATEMENT: "/statements/{0}/{1}/{2}",
    WaitingKind.MATCH_BANK_ENTRY: "/bank-entries/{0}",
    WaitingKind.ENDORSE_APPLICATION: "/grants",
    WaitingKind.CHECK_APPLICATIONS: "/grants",
    WaitingKind.RANK_APPLICATIONS: "/grants",
    WaitingKind.ASSESS_APPLICATIONS: "/grants",
    WaitingKind.DECIDE_APPLICATIONS: "/grants",
    WaitingKind.ANSWER_INVITATION: "/networks/{0}",
    WaitingKind.MEET_OBLIGATION: "/obligations/{0}",
}
"""Where it is read; where nothing else is said, on its document."""


class ShownMatter(BaseModel):
    """One thing that somebody has still to do."""

    kind: WaitingKind
    key: tuple[str, ...] = Field(description="What names it, as its kind has it.")
    address: str = Field(description="Where it is read.")
    waits_for: str = Field(description="The organisation whose it is to do.")
    roles: list[Role] = Field(description="In which role a person may do it.")
    other: str = Field(description="Whom it concerns besides.")
    subject: str = Field(
        description="The agreement, of a report the network, of an application the title of its "
        "call; empty for others."
    )
    period_start: date | None
    period_end: date | None
    amount_ore: int | None
    since: date
    deadline: date | None


class WaitingList(BaseModel):
    """What waits on a day, the first due first."""

    yours: list[ShownMatter] = Field(
        description="What the caller may do, in one of its roles."
    )
    colleagues: list[ShownMatter] = Field(
        description="What waits for the organisation's people in other roles."
    )
    others: list[ShownMatter] = Field(
        description="What the organisation waits for others to do."
    )


@router.get("/waiting")
def list_waiting(
    node: TheNode, caller: TheCaller, views: TheViews, as_of: AsOf = None
) -> WaitingList:
    """What waits for the caller's organisation, and what it waits for."""
    with views() as connection:
        found = all_waiting(node, connection, day_of(node, as_of), caller.organisation)
    yours, colleagues, others = [], [], []
    for matter in found:
        if matter.waits_for != caller.organisation:
            others.append(_shown_matter(matter))
        elif caller.may_act_as(matter.roles):
            yours.append(_shown_matter(matter))
        else:
            colleagues.append(_shown_matter(matter))
    return WaitingList(yours=yours, colleagues=colleagues, others=others)


def _shown_matter(matter: WaitingMatter) -> ShownMatter:
    return ShownMatter(
        kind=matter.kind,
        key=matter.key,
        address=PREFIX + _AT.get(matter.kind, _DOCUMENT).format(*matter.key),
        waits_for=matter.waits_for,
        roles=sorted(matter.roles),
        other=matter.other,
        subject=matter.subject,
        period_start=matter.period and matter.period.start,
        period_end=matter.period and matter.period.end,
        amount_ore=matter.amount_ore,
        since=matter.since,
        deadline=matter.deadline,
    )
