"""What is not finished between a region's trusts and others: asked before it leaves."""

from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple

from sqlalchemy import Connection

from domain.agreements.standing import VersionStatus
from domain.values import Region
from projections import agreements, disputes, invoices, statements
from projections.asof import Slice
from projections.regions import regions_as_of

BATCH: Final = 500


class Matter(NamedTuple):
    """One thing that somebody has still to do."""

    kind: str
    """``invoice``, ``proposal``, ``dispute`` or ``statement``."""
    name: str
    """``983974724/2026/4``, or as the matter is called elsewhere."""
    parties: tuple[str, str]


def open_matters(
    connection: Connection, region: Region, as_of: date
) -> Iterator[Matter]:
    """What is open on a day for the trusts of a region.

    A document on which something is outstanding by its payer's own word, terms that
    nobody has answered, a dispute, a statement that is not signed.
    """
    region_of = regions_as_of(connection, as_of)
    ours = {number for number, home in region_of.items() if home is region}
    matters = (
        *_owed(connection, as_of),
        *_proposed(connection, as_of),
        *_disputed(connection, as_of),
        *_unsigned(connection, as_of),
    )
    for matter in matters:
        if not ours.isdisjoint(matter.parties):
            yield matter


def _owed(connection: Connection, as_of: date) -> Iterator[Matter]:
    after = ("", 0, 0)
    criteria = invoices.InvoiceFilter()
    while batch := invoices.invoices(connection, as_of, criteria, after, BATCH):
        for document in batch:
            if document.outstanding_ore:
                name = f"{document.payee}/{document.year}/{document.number}"
                yield Matter("invoice", name, (document.payer, document.payee))
        after = (batch[-1].payee, batch[-1].year, batch[-1].number)


def _proposed(connection: Connection, as_of: date) -> Iterator[Matter]:
    after = ""
    while batch := agreements.agreements(connection, as_of, Slice(after, BATCH)):
        for view in batch:
            for version in (*view.versions, *view.counter_proposals):
                if version.status is VersionStatus.PROPOSED:
                    name = f"{view.agreement}/{version.terms.version}"
                    parties = (version.terms.payer, version.terms.payee)
                    yield Matter("proposal", name, parties)
        after = batch[-1].agreement


def _disputed(connection: Connection, as_of: date) -> Iterator[Matter]:
    criteria = disputes.DisputeFilter(state=disputes.DisputeState.OPEN)
    after = ("", 0, 0, "", "")
    while batch := disputes.disputes(connection, as_of, criteria, after, BATCH):
        for dispute in batch:
            line = dispute.payee, str(dispute.year), str(dispute.number), dispute.post
            parties = dispute.payer, dispute.payee
            yield Matter("dispute", "/".join(line), parties)
        after = batch[-1].key


def _unsigned(connection: Connection, as_of: date) -> Iterator[Matter]:
    state = statements.StatementState.AWAITS_SIGNATURE
    criteria = statements.StatementFilter(state=state)
    for shown in statements.statements(connection, as_of, criteria):
        parties = (shown.statement.first, shown.statement.second)
        name = f"{'/'.join(parties)}/{shown.statement.period_end.isoformat()}"
        yield Matter("statement", name, parties)
