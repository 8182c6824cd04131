"""Giving somebody a document: from this node's store, or from its region's node."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import structlog

from api.access import is_of_others, note_read
from api.auth import Caller
from api.dependencies import Views
from api.document_access import open_to_person
from api.problems import ProblemError
from api.services import Node
from domain.document import Document
from domain.values import Region
from federation.node.pieces import DocumentStanding, NotGivenError, OtherBytesError
from federation.transport.ports import TransportError
from projections.citations import citations

log = structlog.get_logger()


class ReadDocument(NamedTuple):
    """A document as it is given to somebody."""

    content: bytes
    media_type: str
    """As its event, or who gave it, says: not to be trusted."""


class _Ways(NamedTuple):
    document: Document
    is_own: bool
    """Whether its bytes were given to this node."""
    elsewhere: Sequence[Region]
    """The regions whose entries refer to it, and open it to who asks."""


async def read_document(
    node: Node, caller: Caller, views: Views, sha256: str
) -> ReadDocument:
    """Give a document to whoever may read it; raise :class:`ProblemError` to others."""
    ways = await asyncio.to_thread(_ways, node, caller, views, sha256)
    documents, document = node.documents, ways.document
    content = None
    if ways.is_own:
        content = await asyncio.to_thread(documents.content, sha256)
    problem = _not_held(node.region)
    for origin in ways.elsewhere if content is None else ():
        try:
            content = await documents.fetched(origin, document, node.unix_seconds())
        except NotGivenError as error:
            problem = _not_given(origin, error.standing)
        except OtherBytesError:
            log.warning("document_differs", origin=origin.value)
            of = {"region": origin.value}
            problem = ProblemError("document_differs", of, members=of)
        except TransportError as error:
            log.warning("document_elsewhere", origin=origin.value, reason=str(error))
            of, again = {"region": origin.value}, {"Retry-After": "5"}
            problem = ProblemError("document_elsewhere", of, (), of, again)
        else:
            break
    if content is None:
        raise problem
    return ReadDocument(content, document.media_type)


def _ways(node: Node, caller: Caller, views: Views, sha256: str) -> _Ways:
    held = node.documents.about(sha256)
    with views() as connection:
        cited = citations(connection, sha256)
    if held.document is None and not cited:
        raise ProblemError("unknown_document")
    is_own = caller.organisation in held.organisations
    open_to = open_to_person(node, caller, held.organisations, cited)
    if not is_own and not open_to:
        raise ProblemError("document_not_open")
    if held.is_removed:
        raise ProblemError("document_removed")
    if not is_own and is_of_others(caller):
        note_read(node, caller, f"/v1/documents/{sha256}")
    origins = dict.fromkeys(each.origin for each in open_to)
    return _Ways(
        held.document or open_to[0].document,
        is_own or node.region in origins,
        [origin for origin in origins if origin is not node.region],
    )


def _not_held(region: Region) -> ProblemError:
    of = {"region": region.value}
    return ProblemError("document_not_held", of, members=of)


def _not_given(region: Region, standing: DocumentStanding) -> ProblemError:
    match standing:
        case DocumentStanding.CLOSED:
            return ProblemError("document_not_open")
        case DocumentStanding.REMOVED:
            return ProblemError("document_removed")
        case _:
            return _not_held(region)
