"""Which entries refer to a document: whose they are, and of which application it is."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Engine, select

from domain.document import Document
from domain.values import Region
from projections import tables
from projections.asof import order_of
from projections.database import reading


class Citation(NamedTuple):
    """An entry that refers to a document."""

    origin: Region
    organisation: str
    application: str | None
    """The application that it is part of; None where it is part of none."""
    call: str | None
    document: Document


def citations(connection: Connection, sha256: str) -> Sequence[Citation]:
    """Entries that refer to a document, of all regions."""
    table = tables.cited_document
    own = select(table).where(table.c.sha256 == sha256).order_by(*order_of(table))
    return [
        Citation(
            Region(row.origin),
            row.organisation,
            row.application,
            row.call,
            Document(sha256=row.sha256, media_type=row.media_type, size=row.size),
        )
        for row in connection.execute(own)
    ]


def cited_of(engine: Engine, hashes: Collection[str]) -> set[str]:
    """Those of some documents that an entry refers to, of whatever region."""
    cited = tables.cited_document.c.sha256
    with reading(engine) as connection:
        return {*connection.execute(select(cited).where(cited.in_(hashes))).scalars()}
