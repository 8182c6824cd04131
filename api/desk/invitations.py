"""Invitations to take part in a network, from whoever coordinates it (S4-47).

Nobody relies on an invitation: who takes part says so by its own word, invited or not.
So it is no entry of the journal but stands here, among the organisations of one region.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, Engine, delete, insert, or_, select

from api.desk.tables import invitation as table


class Invitation(NamedTuple):
    """Somebody is invited to take part in a network."""

    network: str
    organisation: str
    """Who is invited."""
    invited_by: str
    invited_on: date


class Invitations:
    """The invitations among a region's organisations."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def invite(self, invitation: Invitation) -> None:
        """Invite, instead of the time before."""
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(*_of(invitation)))
            connection.execute(insert(table).values(invitation._asdict()))

    def take_back(self, network: str, organisation: str) -> None:
        """End an invitation: it is taken back, or declined."""
        at = table.c.network == network, table.c.organisation == organisation
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(*at))

    def of_organisation(self, organisation: str) -> Sequence[Invitation]:
        """Invitations to an organisation, and those that it has sent."""
        own = table.c.organisation == organisation
        return self._found(or_(own, table.c.invited_by == organisation))

    def in_network(self, network: str) -> Sequence[Invitation]:
        """Invitations to a network."""
        return self._found(table.c.network == network)

    def _found(self, where: ColumnElement[bool]) -> Sequence[Invitation]:
        columns = [table.c[name] for name in Invitation._fields]
        order = table.c.network, table.c.organisation
        statement = select(*columns).where(where).order_by(*order)
        with self._engine.connect() as connection:
            return [Invitation(*row) for row in connection.execute(statement)]


def _of(invitation: Invitation) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.network == invitation.network,
        table.c.organisation == invitation.organisation,
    )
