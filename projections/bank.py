"""The entries of an organisation's bank, and what became of each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, and_, func, select

from projections import tables
from projections.asof import rows
from projections.moments import once_a_moment


class State(StrEnum):
    """What became of an entry."""

    MATCHED = "matched"
    UNMATCHED = "unmatched"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, slots=True)
class PaidDocument:
    """The document that an entry pays."""

    payee: str
    year: int
    number: int


@dataclass(frozen=True, slots=True)
class BankEntry:
    """What the bank booked."""

    organisation: str
    reference: str
    direction: str
    amount_ore: int
    booked_on: date
    kid: str
    account: str
    state: State
    unmatched: str | None
    """Why no document was found when it was imported."""
    age_days: int | None
    """How long it has been waiting, since the day on which it was booked."""
    document: PaidDocument | None
    cause: str | None
    """Why it pays no document."""
    reason: str


class EntryFilter(NamedTuple):
    """Which entries are asked for."""

    organisation: str
    state: State | None = None
    reference: str | None = None


@once_a_moment
def bank_entries(
    connection: Connection,
    as_of: date,
    criteria: EntryFilter,
    after: str = "",
    limit: int = 100,
) -> list[BankEntry]:
    """Entries as known on a day, sorted by reference."""
    entry, settled = tables.bank_entry, tables.bank_entry_settled
    of_entry = and_(
        settled.c.organisation == entry.c.organisation,
        settled.c.reference == entry.c.reference,
        settled.c.recorded_on <= as_of,
    )
    conditions = [entry.c.recorded_on <= as_of, entry.c.reference > after]
    conditions.append(entry.c.organisation == criteria.organisation)
    if criteria.reference is not None:
        conditions.append(entry.c.reference == criteria.reference)
    match criteria.state:
        case State.MATCHED:
            conditions.append(settled.c.seller.is_not(None))
        case State.SET_ASIDE:
            conditions.append(settled.c.cause.is_not(None))
        case State.UNMATCHED:
            conditions.append(settled.c.reference.is_(None))
        case None:
            pass
    members = [settled.c[name] for name in ("seller", "year", "number", "cause")]
    statement = (
        select(entry, *members, settled.c.reason)
        .outerjoin(settled, of_entry)
        .where(*conditions)
        .order_by(entry.c.reference)
        .limit(limit)
    )
    return [_bank_entry(row, as_of) for row in rows(connection, statement)]


@once_a_moment
def entry_counts(
    connection: Connection, as_of: date, organisation: str
) -> Mapping[State, int]:
    """How many of an organisation's entries there are in each state on a day."""
    entry, settled = tables.bank_entry, tables.bank_entry_settled
    ours = (entry.c.organisation == organisation, entry.c.recorded_on <= as_of)
    total = select(func.count()).select_from(entry).where(*ours)
    columns: list[Any] = [settled.c.cause.is_(None).label("matched"), func.count()]
    kinds = (
        select(*columns)
        .where(settled.c.organisation == organisation, settled.c.recorded_on <= as_of)
        .group_by(settled.c.cause.is_(None))
    )
    counts = dict.fromkeys(State, 0)
    found: Sequence[Any] = rows(connection, kinds)
    for is_matched, many in found:
        counts[State.MATCHED if is_matched else State.SET_ASIDE] = many
    settled_so_far = sum(counts.values())
    counts[State.UNMATCHED] = connection.execute(total).scalar_one() - settled_so_far
    return counts


def names_booked_on(
    connection: Connection, organisation: str, days: Collection[date]
) -> set[str]:
    """References of an organisation's entries of some days, whenever recorded."""
    entry = tables.bank_entry
    names = select(entry.c.reference).where(entry.c.organisation == organisation)
    between = entry.c.booked_on.between(min(days), max(days))
    booked = rows(connection, names.add_columns(entry.c.booked_on).where(between))
    return {row.reference for row in booked if row.booked_on in days}


def _bank_entry(row: Row[Any], as_of: date) -> BankEntry:
    state = State.UNMATCHED
    if row.cause is not None:
        state = State.SET_ASIDE
    elif row.seller is not None:
        state = State.MATCHED
    matched = state is State.MATCHED
    waiting = state is State.UNMATCHED
    return BankEntry(
        organisation=row.organisation,
        reference=row.reference,
        direction=row.direction,
        amount_ore=row.amount_ore,
        booked_on=row.booked_on,
        kid=row.kid,
        account=row.account,
        state=state,
        unmatched=row.unmatched,
        age_days=(as_of - row.booked_on).days if waiting else None,
        document=PaidDocument(row.seller, row.year, row.number) if matched else None,
        cause=row.cause,
        reason=row.reason or "",
    )
