"""Which entries somebody may read: by what their kind is shown to, and whose they are."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import Connection, select, tuple_

from api.access import may, readable_by
from api.auth import Caller
from api.services import Node
from api.unannounced import are_told
from domain.catalogue import STREAMS
from domain.fact import Fact
from domain.history import ShownTo
from domain.role import Role
from federation.signed.entry import Row
from federation.signed.facts import UnreadableFactError, fact_of
from projections import tables
from projections.claims import DOCUMENT, DocumentKey
from projections.readable import reading_as, reads_of

_PARTIES: Final = (
    *("organisation", "counterpart", "first", "second"),
    *("payer", "payee", "seller", "org_number", "terminated_by", "trust"),
)
"""Members that name whom a fact is about."""


class _Shown(NamedTuple):
    row: Row
    fact: Fact | None
    """None where this release cannot read it: whose it is nobody here knows."""
    recorded_for: str
    """The organisation for which it was recorded."""
    parties: frozenset[str]
    document: DocumentKey | None


def readable_entries(node: Node, caller: Caller, rows: Sequence[Row]) -> list[Row]:
    """Those of some entries that somebody may read; their documents are looked up once."""
    shown = [_shown(row) for row in rows]
    with reading_as(node.views, readable_by(caller)) as connection:
        reads = reads_of(connection)
        payers = _payers(connection, [each.document for each in shown])
    told = are_told(node, caller, [each.fact for each in shown])
    audits = Role.AUDITOR in caller.roles

    def is_readable(each: _Shown) -> bool:
        if each.fact is None:
            return audits
        shown_to = STREAMS[type(each.fact)].shown_to
        if not may(caller, shown_to):
            return False
        if audits or shown_to is ShownTo.MEMBERS:
            return True
        if shown_to is ShownTo.OWN:
            return each.recorded_for == caller.organisation
        payer = payers.get(each.document) if each.document else None
        return reads(each.parties | ({payer} if payer else set()))

    return [
        each.row
        for each, is_told in zip(shown, told, strict=True)
        if is_readable(each) and (is_told or each.recorded_for == caller.organisation)
    ]


def is_open(row: Row) -> bool:
    """Whether all members read entries of this kind."""
    fact = _shown(row).fact
    return fact is not None and STREAMS[type(fact)].shown_to is ShownTo.MEMBERS


def may_read_entry(node: Node, caller: Caller, row: Row) -> bool:
    """Whether one entry may be shown to somebody."""
    return bool(readable_entries(node, caller, [row]))


def _shown(row: Row) -> _Shown:
    said = orjson.loads(row.body)
    data = {**said["data"], **said["data"].get("statement", {})}
    named = (data.get(name) for name in _PARTIES)
    parties = {name for name in named if isinstance(name, str)}
    key: Any = tuple(data.get(name) for name in DOCUMENT)
    return _Shown(
        row,
        _fact(row),
        said["organisation"],
        frozenset(parties | {said["organisation"]}),
        None if None in key else key,
    )


def _fact(row: Row) -> Fact | None:
    try:
        return fact_of(row)
    except UnreadableFactError:
        return None


def _payers(
    connection: Connection, keys: Sequence[DocumentKey | None]
) -> Mapping[DocumentKey, str]:
    known = sorted({key for key in keys if key is not None})
    if not known:
        return {}
    document = tables.document
    columns: tuple[Any, ...] = tuple(document.c[name] for name in DOCUMENT)
    found = select(*columns, document.c.payer).where(tuple_(*columns).in_(known))
    return {tuple(row[:3]): row.payer for row in connection.execute(found)}
