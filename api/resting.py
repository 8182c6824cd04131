"""The mandates that sessions rest on: looked up in the journal at each request."""

from collections.abc import Iterator
from dataclasses import replace

from api.auth import Caller
from api.desk.sessions import Session
from api.services import Node
from domain.parties.mandate import MANDATES, Mandate
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
    """Mandate that somebody acts on; None where they act on none."""
    with node.executor.history() as history:
        return history.state(MANDATES, caller.organisation).numbered(
            caller.mandate or 0
        )


def session_now(node: Node, secret: str, *, by_itself: bool) -> Session | None:
    """Session of a browser, in its role while that counts; None where it has ended."""
    found = node.sessions.find(secret, node.unix_seconds(), by_itself=by_itself)
    return None if found is None else as_it_may_act(node, found)


def as_it_may_act(node: Node, session: Session) -> Session:
    """Session without its role, where the mandate that it rests on counts no more."""
    if session.mandate is None or session.role is None:
        return session
    with node.executor.history() as history:
        mandates = history.state(MANDATES, session.organisation)
    mandate, today = mandates.numbered(session.mandate), business_day(node.clock.now())
    if mandate is not None and mandate.lets(session.person, {session.role}, today):
        return session
    return replace(session, organisation="", role=None, mandate=None)
