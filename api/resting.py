"""The mandates that sessions and tokens rest on: looked up in the journal at each request.

The rule is that of commands (``domain.decisions``): where an organisation has given
mandates, a person acts for it in the roles that these give them that day, and in no
other, whatever a session or token says. An auditor reads everything, so that role alone
rests on a mandate always; but where days are played, in a federation on one machine.
There its own programs ask as readers, whatever mandates anybody has given.
"""

from collections.abc import Iterator
from dataclasses import replace

from api.auth import Caller
from api.clock import ClockSource
from api.desk.sessions import Session
from api.services import Node
from domain.parties.mandate import MANDATES, Mandate, Mandates
from domain.role import Role
from domain.values import business_day


def mandates_of_person(
    node: Node, person: str, organisations: Iterator[str]
) -> Iterator[Mandate]:
    """Give all that organisations have ever given a person, also what is over."""
    with node.executor.history() as history:
        for organisation in organisations:
            for mandate in history.state(MANDATES, organisation).given:
                if mandate.granted.person == person:
                    yield mandate


def mandate_of(node: Node, caller: Caller) -> Mandate | None:
    """Mandate that somebody acts on, the first if they chose none; None without one."""
    mandates, today = _mandates(node, caller), business_day(node.clock.now())
    if caller.mandate is not None:
        return mandates.numbered(caller.mandate)
    own = mandates.of(caller.actor, today)
    return next((each for each in own if each.granted.role in caller.roles), None)


def _mandates(node: Node, caller: Caller) -> Mandates:
    with node.executor.history() as history:
        return history.state(MANDATES, caller.organisation)


def session_now(node: Node, secret: str, *, by_itself: bool) -> Session | None:
    """Session of a browser, in its role while that counts; None where it has ended."""
    found = node.sessions.find(secret, node.unix_seconds(), by_itself=by_itself)
    return None if found is None else as_it_may_act(node, found)


def as_it_may_act(node: Node, session: Session) -> Session:
    """Session without its role, where that rests on no mandate (any more)."""
    caller = session.caller
    if caller is None or session.role in as_it_rests(node, caller).roles:
        return session
    return replace(session, organisation="", role=None, mandate=None)


def as_it_rests(node: Node, caller: Caller) -> Caller:
    """Caller in those of their roles alone that count today."""
    if not caller.roles:
        return caller
    mandates = _mandates(node, caller)
    is_played = node.clock.source is ClockSource.REQUEST
    if mandates.given:
        today = business_day(node.clock.now())
        held = mandates.roles_of(caller.actor, today, caller.mandate)
        counts = caller.comes_as & held
        if is_played:
            counts |= caller.roles & {Role.READER}
    elif is_played:
        return caller
    else:
        counts = caller.roles - {Role.AUDITOR}
    return replace(caller, roles=counts, without=caller.roles - counts)
