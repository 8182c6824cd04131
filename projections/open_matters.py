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
    known = regions_as_of(connection, as_of)
    ours = {number for number, each in known.items() if each is region}
    found = (
        *_owed(connection, as_of),
        *_proposed(connection, as_of),
        *_disputed(connection, as_of),
        *_unsigned(connection, as_of),
    )
    for matter in found:
        if not ours.isdisjoint(matter.parties):
            yield matter


def _owed(connection: Connection, as_of: date) -> Iterator[Matter]:
    after = ("", 0, 0)
    wanted = invoices.InvoiceFilter()
    while batch := invoices.invoices(connection, as_of, wanted, after, BATCH):
        for each in batch:
            if each.outstanding_ore:
                name = f"{each.payee}/{each.year}/{each.number}"
                yield Matter("invoice", name, (each.payer, each.payee))
        after = (batch[-1].payee, batch[-1].year, batch[-1].number)


def _proposed(connection: Connection, as_of: date) -> Iterator[Matter]:
    after = ""
    while batch := agreements.agreements(connection, as_of, Slice(after, BATCH)):
        for each in batch:
            for version in (*each.versions, *each.counter_proposals):
                if version.status is VersionStatus.PROPOSED:
                    name = f"{each.agreement}/{version.terms.version}"
                    parties = (version.terms.payer, version.terms.payee)
                    yield Matter("proposal", name, parties)
        after = batch[-1].agreement


def _disputed(connection: Connection, as_of: date) -> Iterator[Matter]:
    wanted = disputes.DisputeFilter(state=disputes.DisputeState.OPEN)
    after = ("", 0, 0, "", "")
    while batch := disputes.disputes(connection, as_of, wanted, after, BATCH):
        for each in batch:
            name = f"{each.payee}/{each.year}/{each.number}/{each.post}"
            yield Matter("dispute", name, (each.payer, each.payee))
        after = batch[-1].key


def _unsigned(connection: Connection, as_of: date) -> Iterator[Matter]:
    wanted = statements.StatementFilter(
        state=statements.StatementState.AWAITS_SIGNATURE
    )
    for each in statements.statements(connection, as_of, wanted):
        parties = (each.statement.first, each.statement.second)
        name = f"{'/'.join(parties)}/{each.statement.period_end.isoformat()}"
        yield Matter("statement", name, parties)
