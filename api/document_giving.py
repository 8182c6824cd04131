"""Taking a document from somebody: at the API, or from a form."""

import structlog

from api.auth import Caller
from api.desk.waiting_documents import TooMuchWaitsError
from api.media_types import TAKEN, TypeDiffersError, TypeNotTakenError, media_type_of
from api.problems import ProblemError
from api.services import Node
from domain.document import Document

log = structlog.get_logger()


def keep_document(node: Node, caller: Caller, content: bytes, said: str) -> Document:
    """Keep what somebody gives; raise :class:`ProblemError` for what is not taken.

    ``said`` is its type as who gives it says.
    """
    media_type = _taken_as(node, content, said)
    organisation, now = caller.organisation, node.unix_seconds()
    try:
        return node.documents.keep(organisation, content, media_type, now, caller.actor)
    except TooMuchWaitsError:
        raise ProblemError("documents_wait") from None
    except OSError as error:
        log.critical("document_not_kept", reason=type(error).__name__)
        raise ProblemError("unavailable", headers={"Retry-After": "5"}) from None


def try_document(node: Node, content: bytes, said: str) -> Document:
    """What would be said of a document that somebody gives; nothing is kept."""
    return node.documents.said_of(content, _taken_as(node, content, said))


def _taken_as(node: Node, content: bytes, said: str) -> str:
    if not content:
        raise ProblemError("document_empty")
    if len(content) > node.documents.bytes_max:
        raise ProblemError("too_large")
    try:
        return media_type_of(said, content)
    except TypeNotTakenError:
        values = {"types": ", ".join(TAKEN.values())}
        raise ProblemError("media_type_not_taken", values) from None
    except TypeDiffersError:
        raise ProblemError("media_type_differs") from None
