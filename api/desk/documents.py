"""The documents of one region: given by its people, or fetched from another's.

What somebody gave stays until an operator removes it, once an entry refers to it; what
none refers to for long goes. What was fetched is kept for a day, so that it is asked for
again: the region that has it may have removed it.
"""

import asyncio
from collections import defaultdict
from collections.abc import (
    Awaitable,
    Callable,
    Collection,
    Mapping,
    MutableMapping,
    Sequence,
)
from typing import Final, NamedTuple
from weakref import WeakValueDictionary

import structlog
from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError

from api.desk.tables import fetched_document, held_document, removed_document
from api.desk.waiting_documents import Cited, WaitingDocuments
from domain.document import Document
from domain.values import Region
from federation.documents.salted import SALT_BYTES, salted, salted_document
from federation.documents.store import DamagedDocumentError, DocumentStore
from federation.tasks import LOOK_SECONDS
from projections.database import writing

log = structlog.get_logger()

FETCHED_SECONDS: Final = 24 * 60 * 60
FORGET_SECONDS: Final = 60 * 60
AT_ONCE: Final = 2
"""Documents of one organisation that are taken or given at once: each is in memory."""


FETCHES_AT_ONCE: Final = 4
FetchDocument = Callable[[Region, Document], Awaitable[bytes]]
"""Gets a document from its region's node, checked, as it is kept."""


class HeldDocument(NamedTuple):
    """What is known here of a document, apart from what entries say of it."""

    document: Document | None
    """None where nobody of this region gave it."""
    organisations: Collection[str]
    """Whose people gave it."""
    is_removed: bool


class KeptDocuments:
    """What is kept of documents, and of who gave them."""

    def __init__(self, store: DocumentStore, engine: Engine) -> None:
        self.store = store
        self._engine = engine

    def about(self, sha256: str) -> HeldDocument:
        """What is known here of a document."""
        table, removed = held_document, removed_document.c.sha256
        given = select(table).where(table.c.sha256 == sha256).order_by(table.c.held_at)
        with self._engine.connect() as connection:
            rows = connection.execute(given).all()
            gone = connection.scalar(select(removed).where(removed == sha256))
        document = None
        if rows:
            names = Document.model_fields
            document = Document(**{name: getattr(rows[0], name) for name in names})
        return HeldDocument(
            document, {row.organisation for row in rows}, gone is not None
        )

    def held(self) -> Sequence[str]:
        """Hashes of all that the region's people gave and nobody removed."""
        own, removed = held_document.c.sha256, select(removed_document.c.sha256)
        given = select(own).where(own.not_in(removed)).distinct().order_by(own)
        with self._engine.connect() as connection:
            return connection.execute(given).scalars().all()

    def content(self, sha256: str) -> bytes | None:
        """Bytes of a document, checked; None where they are not here, or damaged."""
        try:
            kept = self.store.get(sha256)
        except DamagedDocumentError:
            log.critical("document_damaged", sha256=sha256)
            return None
        return None if kept is None else kept[SALT_BYTES:]

    def is_whole(self, sha256: str) -> bool:
        """Whether the bytes of a document are here, and as they were given."""
        try:
            return self.store.get(sha256) is not None
        except DamagedDocumentError:
            return False

    def remove(self, sha256: str, now: int) -> bool:
        """Let go of a document for good; say whether its bytes were here."""
        row = {"sha256": sha256, "removed_at": now}
        try:
            # Said first: what is half removed is given to nobody.
            with writing(self._engine) as connection:
                connection.execute(insert(removed_document).values(row))
        except IntegrityError:
            # It was removed before, maybe by who was interrupted.
            pass
        return self.store.remove(sha256)

    def forget_fetched(self, now: int) -> int:
        """Let go of what was fetched more than a day ago; return how many that was."""
        table = fetched_document
        old = table.c.fetched_at <= now - FETCHED_SECONDS
        with self._engine.connect() as connection:
            found = list(
                connection.execute(select(table.c.sha256).where(old)).scalars()
            )
        for sha256 in found:
            if not self.about(sha256).organisations:
                self.store.remove(sha256)
            with writing(self._engine) as connection:
                connection.execute(delete(table).where(table.c.sha256 == sha256, old))
        return len(found)


class Documents(KeptDocuments):
    """Takes documents from people, and gets those of other regions."""

    def __init__(
        self,
        store: DocumentStore,
        engine: Engine,
        secret: bytes,
        bytes_max: int,
        fetch: FetchDocument,
        cited: Cited = frozenset,
    ) -> None:
        """Prepare; ``secret`` is what salts come of, ``bytes_max`` of the largest taken.

        ``cited`` gives those of some hashes that an entry refers to.
        """
        super().__init__(store, engine)
        self.bytes_max = bytes_max
        self.turns: Mapping[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(AT_ONCE)
        )
        """By organisation."""
        self._secret = secret
        self._waiting = WaitingDocuments(engine, bytes_max, cited)
        self._fetch = fetch
        self._fetches = asyncio.Semaphore(FETCHES_AT_ONCE)
        self._fetching: MutableMapping[str, asyncio.Lock] = WeakValueDictionary()
        """By what is fetched: who wants the same at the same time waits for it."""

    def keep(
        self,
        organisation: str,
        content: bytes,
        media_type: str,
        now: int,
        person: str,
    ) -> Document:
        """Keep what one of an organisation's people gives; the same again is the same.

        Also one that was removed before. Raises ``ValueError`` where it is empty, and
        :class:`TooMuchWaitsError` where too much waits already for an entry.
        """
        document = self.said_of(content, media_type)
        self._waiting.begin(document.sha256, person, len(content), now)
        self.store.put(salted(self._secret, content))
        own = removed_document.c.sha256 == document.sha256
        row = {**dict(document), "organisation": organisation, "held_at": now}
        with writing(self._engine) as connection:
            connection.execute(delete(removed_document).where(own))
        try:
            with writing(self._engine) as connection:
                connection.execute(insert(held_document).values(row))
        except IntegrityError:
            # It is there already.
            pass
        return document

    def forget_waiting(self, now: int) -> int:
        """Let go of what no entry came to refer to for long; return how much that was."""
        found = 0
        for sha256 in self._waiting.overdue(now):
            own = held_document.c.sha256 == sha256
            with writing(self._engine) as connection:
                connection.execute(delete(held_document).where(own))
            self.store.remove(sha256)
            found += 1
        return found

    def said_of(self, content: bytes, media_type: str) -> Document:
        """What an entry says of a document of this node, be it kept or not."""
        return salted_document(self._secret, content, media_type)

    async def fetched(self, origin: Region, document: Document, now: int) -> bytes:
        """Bytes of a document of another region's, checked, and kept for a while.

        What was got of one region is given as that region's alone: what another says of
        the same bytes opens nothing. Raises as :func:`federation.node.pieces.fetch` does.
        """
        lock = self._fetching.setdefault(document.sha256, asyncio.Lock())
        async with lock, self._fetches:
            kept = await asyncio.to_thread(self._kept_of, origin, document.sha256, now)
            if kept is not None:
                return kept
            whole = await self._fetch(origin, document)
            await asyncio.to_thread(self._keep_fetched, origin, whole, now)
            return whole[SALT_BYTES:]

    def _kept_of(self, origin: Region, sha256: str, now: int) -> bytes | None:
        self.forget_fetched(now)
        table = fetched_document
        own = (table.c.sha256 == sha256, table.c.origin == origin.value)
        with self._engine.connect() as connection:
            found = connection.scalar(select(table.c.sha256).where(*own))
        return None if found is None else self.content(sha256)

    def _keep_fetched(self, origin: Region, whole: bytes, now: int) -> None:
        sha256 = self.store.put(whole)
        own = fetched_document.c.sha256 == sha256
        row = {"sha256": sha256, "origin": origin.value, "fetched_at": now}
        with writing(self._engine) as connection:
            connection.execute(delete(fetched_document).where(own))
            connection.execute(insert(fetched_document).values(row))


async def forget_documents(documents: Documents, seconds: Callable[[], int]) -> None:
    """Let go of what was fetched, and of what nothing refers to, until cancelled."""
    looked_at = -FORGET_SECONDS
    while True:
        if seconds() - looked_at >= FORGET_SECONDS:
            looked_at = seconds()
            await asyncio.to_thread(documents.forget_fetched, looked_at)
            await asyncio.to_thread(documents.forget_waiting, looked_at)
        # No part waits for long without a look.
        await asyncio.sleep(LOOK_SECONDS)
