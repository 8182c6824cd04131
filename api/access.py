"""Who may read what: a row of roles for each kind of question; nobody else reads it.

Whose commands are whose stands at each command (``domain.kind.Authority``). Of what
lies between two trusts, ``projections.readable`` says whose is shown.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from sqlalchemy import Connection, or_, select

from api.auth import Caller
from api.problems import ProblemError
from api.services import Node
from domain.history import ShownTo
from domain.role import Role
from domain.values import REGIONAL_AUTHORITY
from projections import tables
from projections.readable import Readable, may_read, readable_to, reading_as

_AT_WORK: Final = frozenset(
    {Role.CONTROLLER, Role.APPROVER, Role.LEADER, Role.COORDINATOR}
)
EVERYBODY: Final = frozenset(Role)
MAY_READ: Final[Mapping[ShownTo, frozenset[Role]]] = {
    ShownTo.MEMBERS: EVERYBODY,
    ShownTo.PARTIES: _AT_WORK | {Role.READER, Role.AUDITOR},
    ShownTo.OWN: _AT_WORK | {Role.AUDITOR},
}
"""The table of reading, shown on a page."""
READS_LOG: Final = frozenset({Role.ADMINISTRATOR, Role.OPERATOR, Role.AUDITOR})
"""Who reads the log of readings; of which lines, ``api.readings`` says."""


def may(caller: Caller, what: ShownTo) -> bool:
    """Whether somebody reads such a thing at all, be it their own."""
    return not MAY_READ[what].isdisjoint(caller.roles)


def require_reading(caller: Caller, what: ShownTo) -> None:
    """Refuse whoever may not read such a thing at all.

    An auditor without an engagement is refused, where less would be shown without a word.
    """
    if Role.AUDITOR in caller.without:
        raise ProblemError("no_engagement", _of(caller))
    if not may(caller, what):
        raise role_needed(caller, MAY_READ[what])


def role_needed(caller: Caller, roles: AbstractSet[Role]) -> ProblemError:
    """Problem of a caller in none of some roles: of want of a mandate, where they say one."""
    values = {"role": "/".join(sorted(roles))}
    if roles.isdisjoint(caller.without):
        return ProblemError("forbidden", values)
    return ProblemError("no_mandate", {**values, **_of(caller)})


def _of(caller: Caller) -> Mapping[str, str]:
    return {"person": caller.actor, "organisation": caller.organisation}


def require_reading_log(caller: Caller) -> None:
    """Refuse whoever may not see who has read what."""
    if READS_LOG.isdisjoint(caller.roles):
        raise role_needed(caller, READS_LOG)


def readable_by(caller: Caller) -> Readable:
    """Of what is between two trusts, what a caller may read."""
    if not may(caller, ShownTo.PARTIES):
        return Readable()
    if Role.AUDITOR in caller.roles:
        return Readable(everything=True)
    return readable_to(caller.organisation)


def note_read(node: Node, caller: Caller, what: str) -> None:
    """Write down what is about to be read of others."""
    roles = "/".join(sorted(caller.roles))
    now = node.unix_seconds()
    node.reading_log.note(caller.actor, caller.organisation, roles, what, now)


def is_of_others(caller: Caller) -> bool:
    """Whether what somebody asks about is the business of others, as a rule."""
    authority = caller.organisation in REGIONAL_AUTHORITY.values()
    return authority or Role.AUDITOR in caller.roles


def note_if_of_others(node: Node, caller: Caller, what: str) -> None:
    """Write down what is about to be read, where it is of others as a rule."""
    if is_of_others(caller) and may(caller, ShownTo.PARTIES):
        note_read(node, caller, what)


def name_read(node: Node, caller: Caller, pseudonym: str) -> str | None:
    """Name behind a pseudonym of the caller's own organisation; it is noted."""
    name = node.persons.name(pseudonym)
    if name is not None:
        note_read(node, caller, pseudonym)
    return name


def require_between(node: Node, caller: Caller, *parties: str) -> None:
    """Refuse whoever is neither one of some parties nor over one of them."""
    with reading_as(node.views, readable_by(caller)) as connection:
        if not may_read(connection, *parties):
            raise ProblemError("between_others")


def require_business_with(node: Node, caller: Caller, organisation: str) -> None:
    """Refuse whoever has no business with an organisation: its accounts are not theirs."""
    with reading_as(node.views, readable_by(caller)) as connection:
        if not may_read(connection, organisation, *_partners(connection, organisation)):
            raise ProblemError("between_others")


def _partners(connection: Connection, organisation: str) -> set[str]:
    table = tables.version
    own = or_(table.c.payer == organisation, table.c.payee == organisation)
    pairs = connection.execute(select(table.c.payer, table.c.payee).where(own))
    return {party for pair in pairs for party in pair}
