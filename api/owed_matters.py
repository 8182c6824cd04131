"""Obligations among what waits for somebody, from the first reminder on."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import Connection

from api.application_matters import application_matters
from api.desk.invitations import Invitation
from api.invited import open_invitations
from api.obligations import OwedOnDay, all_owed
from api.services import Node
from domain.obligations.duty import DONE_BY, duty_of
from domain.obligations.obligation import ObligationState
from projections.waiting import matters_waiting
from projections.waiting_matter import WaitingKind, WaitingMatter

NOTICE_DAYS = 30
"""From when on what reminds of nothing before it is due waits for somebody."""


def all_waiting(
    node: Node, connection: Connection, day: date, organisation: str
) -> list[WaitingMatter]:
    """What waits for an organisation, and what it waits for others to do.

    The first due comes first. Obligations are its own alone.
    """
    found = [
        *matters_waiting(connection, day, organisation),
        *application_matters(node, connection, day, organisation),
        *(_invited(each) for each in open_invitations(node, organisation, day)),
        *(
            _matter(each)
            for each in all_owed(node, connection, day, day.year + 1, organisation)
            if each.obligation.owed_by == organisation and waits(each, day)
        ),
    ]
    return sorted(found, key=lambda matter: matter.order)


def _invited(invitation: Invitation) -> WaitingMatter:
    return WaitingMatter(
        kind=WaitingKind.ANSWER_INVITATION,
        key=(invitation.network,),
        waits_for=invitation.organisation,
        other=invitation.invited_by,
        since=invitation.invited_on,
        subject=invitation.network,
    )


def waits(owed: OwedOnDay, day: date) -> bool:
    """Whether somebody has been reminded of it, and it is neither done nor waived."""
    if owed.state not in {ObligationState.OPEN, ObligationState.OVERDUE}:
        return False
    return _since(owed) <= day


def _since(owed: OwedOnDay) -> date:
    due_on = owed.obligation.due_on
    return min((*owed.obligation.remind_on, due_on - timedelta(days=NOTICE_DAYS)))


def _matter(owed: OwedOnDay) -> WaitingMatter:
    obligation = owed.obligation
    duty = duty_of(obligation.id)
    return WaitingMatter(
        kind=WaitingKind.MEET_OBLIGATION,
        key=(obligation.id,),
        waits_for=obligation.owed_by,
        other=obligation.owed_by,
        since=_since(owed),
        deadline=obligation.due_on,
        subject=duty.value,
        ended_by=DONE_BY[duty],
    )


def reminded_today(owed: Sequence[OwedOnDay], day: date) -> list[OwedOnDay]:
    """What is to be reminded of, or escalated, on exactly this day."""
    return [
        each
        for each in owed
        if each.state in {ObligationState.OPEN, ObligationState.OVERDUE}
        and day in (*each.obligation.remind_on, each.obligation.escalate_on)
    ]
