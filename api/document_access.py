"""Who may read a document: said here, for people and for other regions' nodes.

Of an application the trust that applies, the funder and auditors read what is said in
it until the awards of its call are announced, and then everybody; of other regions the
funder's alone gets it until then. What another entry refers to, every member reads. What no entry
refers to yet, they alone read who gave it.
"""

from collections.abc import Collection, Sequence

from eventsourcing.persistence import PersistenceError
from sqlalchemy.exc import SQLAlchemyError

from api.auth import Caller
from api.services import Node
from api.unannounced import FunderOfCall, funder_of_call
from domain.history import History
from domain.role import Role
from domain.values import Region
from federation.node.pieces import DocumentStanding, UnknownStandingError
from projections.citations import Citation, citations
from projections.database import reading


def open_to_person(
    node: Node, caller: Caller, given_by: Collection[str], cited: Sequence[Citation]
) -> Sequence[Citation]:
    """Of the entries that refer to a document, those by which somebody may read it."""
    if given_by:
        cited = [each for each in cited if _counts(each, node.region, given_by)]
    if Role.AUDITOR in caller.roles:
        return cited
    with node.executor.history() as history:
        return [each for each in cited if _is_for(history, each, caller.organisation)]


def _is_for(history: History, each: Citation, organisation: str) -> bool:
    call = _call_of(history, each)
    if call is None or call.is_announced:
        return True
    return organisation in {each.organisation, call.funder}


def standing_of(node: Node, sha256: str, asker: Region) -> DocumentStanding:
    """What a document of this region is to another one.

    Raises :class:`UnknownStandingError` where that cannot be said now.
    """
    try:
        return _standing(node, sha256, asker)
    except (SQLAlchemyError, PersistenceError) as error:
        raise UnknownStandingError(type(error).__name__) from None


def _standing(node: Node, sha256: str, asker: Region) -> DocumentStanding:
    held = node.documents.about(sha256)
    with reading(node.views) as connection:
        cited = citations(connection, sha256)
    given = [each for each in cited if _counts(each, node.region, held.organisations)]
    with node.executor.history() as history:
        is_open = any(_is_for_region(history, each, asker) for each in given)
    if not is_open:
        return DocumentStanding.CLOSED
    return DocumentStanding.REMOVED if held.is_removed else DocumentStanding.GIVEN


def _counts(each: Citation, home: Region, given_by: Collection[str]) -> bool:
    """Whether an entry may open a document: of whom did not give it, it opens nothing.

    Where nobody knows any more who gave it, each entry of this region counts.
    """
    return each.origin is home and (not given_by or each.organisation in given_by)


def _is_for_region(history: History, each: Citation, asker: Region) -> bool:
    call = _call_of(history, each)
    return call is None or call.is_announced or asker is call.region


def _call_of(history: History, each: Citation) -> FunderOfCall | None:
    """The call that a document is part of an application to; None where of none."""
    return None if each.call is None else funder_of_call(history, each.call)
