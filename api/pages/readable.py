"""Which of many entries somebody may read, as ``api.access`` says of one: all at once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from sqlalchemy import Connection

from api.access import may
from api.auth import Caller, Role
from api.pages.register import Register
from api.pages.saying import EntryAsTold
from domain.catalogue import STREAMS
from domain.fact import Fact, Message
from domain.history import Category, ShownTo
from domain.values import REGIONAL_AUTHORITY
from projections.asof import keyed
from projections.claims import DOCUMENT, DocumentKey, document_key
from projections.tables import document

PARTIES: Final = (
    *("organisation", "counterpart", "payer", "payee", "seller", "first", "second"),
    *("org_number", "terminated_by", "trust"),
)
"""Members that name whom a fact is about."""


def stream_kind_of(fact: Fact) -> str:
    """Kind of the stream that holds a fact."""
    category: Category[object] = STREAMS[type(fact)]
    return category.kind


def may_read_entries(
    connection: Connection,
    caller: Caller,
    of: date,
    known: Register,
    entries: Sequence[EntryAsTold],
) -> list[EntryAsTold]:
    """Those of some entries that somebody may read; one query, however many they are."""
    payers = _payers(connection, of, entries)
    return [each for each in entries if _may_read(caller, each, known, payers)]


def _payers(
    connection: Connection, of: date, entries: Iterable[EntryAsTold]
) -> Mapping[DocumentKey, str]:
    """Who pays each document that the entries name."""
    keys = {key for each in entries if (key := entry_document(each)) is not None}
    rows = keyed(connection, document, of, keys, *DOCUMENT)
    return {document_key(row): row.payer for row in rows}


def entry_document(entry: EntryAsTold) -> DocumentKey | None:
    """Seller, year and number of the document that an entry is about."""
    fact = entry.fact
    seller, number = getattr(fact, "seller", None), getattr(fact, "number", None)
    if isinstance(seller, str) and isinstance(number, int):
        return seller, getattr(fact, "year", 0), number
    if entry.row.stream.split(":")[1:2] == ["invoices"]:
        return _issued(entry)
    return None


def _issued(entry: EntryAsTold) -> DocumentKey | None:
    _, _, seller, year = entry.row.stream.split(":")
    return seller, int(year), entry.row.version


def _may_read(
    caller: Caller,
    entry: EntryAsTold,
    known: Register,
    payers: Mapping[DocumentKey, str],
) -> bool:
    if entry.fact is None:
        return Role.AUDITOR in caller.roles
    shown_to = STREAMS[type(entry.fact)].shown_to
    if not may(caller, shown_to):
        return False
    if shown_to is ShownTo.MEMBERS or Role.AUDITOR in caller.roles:
        return True
    if shown_to is ShownTo.OWN:
        return caller.organisation == entry.organisation
    about = {entry.organisation, *_named(entry.fact)}
    about |= {payers.get(entry_document(entry) or ("", 0, 0), "")}
    if caller.organisation in about:
        return True
    regions = {known[each].region for each in about if each in known}
    return any(REGIONAL_AUTHORITY[each] == caller.organisation for each in regions)


def _named(message: Message) -> Iterable[str]:
    """Give the organisations that a fact or a part of it names."""
    for name in PARTIES:
        value = getattr(message, name, None)
        if isinstance(value, str):
            yield value
    for name in type(message).model_fields:
        value = getattr(message, name)
        if isinstance(value, Message):
            yield from _named(value)
