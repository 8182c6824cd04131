"""Documents from another region's node: asked for by hash, given in pieces.

A piece has a size that both sides know, and so has the document, from the event that
refers to it: there is no end to wait for. Nothing is kept or shown before the hash of
all pieces together is the one that was asked for. Whether an asker may have a document
its owner says, of each piece.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import orjson
import structlog

from domain.document import Document
from domain.values import Region
from federation.documents.salted import DOCUMENT_BYTES_MAX, SALT_BYTES
from federation.documents.store import (
    DamagedDocumentError,
    DocumentStore,
    as_it_was,
    require_hash,
)
from federation.node.ranges import BUSY_HEADER, Allowance
from federation.node.repair import BUSY_MAX, BUSY_SECONDS
from federation.signed.page import Message
from federation.tasks import bounded
from federation.transport.ports import REQUEST_BYTES_MAX, Transport, TransportError

log = structlog.get_logger()

PIECE_BYTES: Final = 256 * 1024
"""Of each piece but the last: a fourth of what a server carries in a message."""
FETCH_SECONDS: Final = 60.0
"""Longest that all pieces may take together."""
PIECES_MAX: Final = -(-(SALT_BYTES + DOCUMENT_BYTES_MAX) // PIECE_BYTES)
STANDING_HEADER: Final = "Fagnett-Document"


class DocumentStanding(StrEnum):
    """What an owner says of a document to who asks for it."""

    GIVEN = "given"
    CLOSED = "closed"
    """It is not for the asker, or not yet."""
    REMOVED = "removed"
    """Its time is over; the event stands."""
    MISSING = "missing"
    """It is not there, though an event refers to it."""


class NotGivenError(Exception):
    """An owner does not give a document."""

    def __init__(self, origin: Region, standing: DocumentStanding) -> None:
        super().__init__(f"{origin.value}: {standing.value}")
        self.origin = origin
        self.standing = standing


class OtherBytesError(Exception):
    """What an owner gives is not what its event refers to."""

    def __init__(self, origin: Region) -> None:
        super().__init__(origin.value)
        self.origin = origin


class UnknownStandingError(Exception):
    """Whether a document may be given cannot be said now."""


@dataclass(frozen=True, slots=True)
class PieceRequest:
    """Asks for a piece of a document; they are numbered from 0."""

    document: str
    piece: int

    def to_bytes(self) -> bytes:
        """Request as it is sent."""
        return orjson.dumps(self, option=orjson.OPT_SORT_KEYS)


def read_piece_request(body: bytes) -> PieceRequest | None:
    """Read what :meth:`PieceRequest.to_bytes` wrote; None where it is something else."""
    try:
        members = orjson.loads(body) if len(body) <= REQUEST_BYTES_MAX else {}
        request = PieceRequest(**members)
        require_hash(request.document)
    except (TypeError, ValueError):
        return None
    is_number = type(request.piece) is int and 0 <= request.piece < PIECES_MAX
    return request if is_number else None


@dataclass
class PieceServer:
    """Answers the other regions' requests for documents of this one."""

    store: DocumentStore
    standing: Callable[[str, Region], DocumentStanding]
    """What a document is to a region; called in a thread. Raises
    :class:`UnknownStandingError`."""
    seconds: Callable[[], float]
    """A clock that only goes forward."""
    _allowances: dict[str, Allowance] = field(default_factory=dict)

    async def answer(self, asker: str, body: bytes) -> Message | None:
        """Answer a region's request; say nothing to what is none."""
        request = read_piece_request(body)
        if request is None:
            return None
        now = self.seconds()
        if not self._allowances.setdefault(asker, Allowance(now)).take(now, 1):
            return Message({BUSY_HEADER: "1"}, b"")
        try:
            return await asyncio.to_thread(self._answer, Region(asker), request)
        except (OSError, UnknownStandingError) as error:
            log.warning("document_not_served", reason=type(error).__name__)
        return None

    def _answer(self, asker: Region, request: PieceRequest) -> Message:
        standing = self.standing(request.document, asker)
        part: bytes | None = None
        if standing is DocumentStanding.GIVEN:
            first = request.piece * PIECE_BYTES
            part = self.store.part(request.document, first, PIECE_BYTES)
        if part is None:
            closed = (
                DocumentStanding.MISSING
                if standing is DocumentStanding.GIVEN
                else standing
            )
            return Message({STANDING_HEADER: closed.value}, b"")
        return Message({STANDING_HEADER: standing.value}, part)


async def fetch(transport: Transport, origin: Region, document: Document) -> bytes:
    """Get a document from its region's node, checked, as it is kept: with its salt.

    Raises :class:`NotGivenError` where that does not give it, :class:`OtherBytesError`
    where it gives something else, :class:`TransportError` where it does not answer.
    """
    if document.size > DOCUMENT_BYTES_MAX:
        # No node takes one of that size: the event is not of one.
        raise OtherBytesError(origin)
    try:
        return await bounded(_fetched(transport, origin, document), FETCH_SECONDS)
    except TimeoutError:
        message = f"{origin.value} gives a document too slowly"
        raise TransportError(message) from None


async def _fetched(transport: Transport, origin: Region, document: Document) -> bytes:
    whole, pieces = SALT_BYTES + document.size, []
    for number in range(-(-whole // PIECE_BYTES)):
        request = PieceRequest(document.sha256, number)
        reply = await _ask(transport, origin, request)
        standing = _standing_in(reply)
        if standing is not DocumentStanding.GIVEN:
            raise NotGivenError(origin, standing)
        if len(reply.body) != min(PIECE_BYTES, whole - number * PIECE_BYTES):
            raise OtherBytesError(origin)
        pieces.append(reply.body)
    try:
        return await asyncio.to_thread(as_it_was, document.sha256, b"".join(pieces))
    except DamagedDocumentError:
        raise OtherBytesError(origin) from None


async def _ask(transport: Transport, origin: Region, request: PieceRequest) -> Message:
    for _ in range(BUSY_MAX):
        reply = await transport.ask(origin.value, request.to_bytes())
        if BUSY_HEADER not in reply.headers:
            return reply
        await asyncio.sleep(BUSY_SECONDS)
    message = f"{origin.value} is busy"
    raise TransportError(message)


def _standing_in(reply: Message) -> DocumentStanding:
    try:
        return DocumentStanding(reply.headers.get(STANDING_HEADER, ""))
    except ValueError:
        message = "an answer that says nothing of the document"
        raise TransportError(message) from None
