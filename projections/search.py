"""Entries that somebody looks for, by what stands on paper: a number, a name, an amount."""

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Table, or_, select, union

from projections import tables

DOCUMENT_TEXT: Final = re.compile(
    r"(?:(?P<seller>[0-9]{9})[/ :-])?(?P<year>(?:19|20)[0-9]{2})[/ :-](?P<number>[0-9]{1,7})"
)
"""How a document is written: ``983974724/2026/4``, or ``2026-4`` of any seller."""
FOUND_MAX: Final = 50
_NAME_LEAST: Final = 2
"""Shorter names would find nearly everything."""


class Sought(NamedTuple):
    """What somebody looks for."""

    text: str
    amount_ore: int | None = None
    """The text as an amount, where it is one."""
    organisations: Collection[str] = ()
    """Numbers of the organisations that the text names."""


class FoundPlace(NamedTuple):
    """Where an entry that was found stands."""

    origin: str
    epoch: int
    position: int


def find_places(
    connection: Connection, as_of: date, sought: Sought
) -> Sequence[FoundPlace]:
    """At most ``FOUND_MAX`` entries, as known on a day, the last recorded first."""
    found = [
        _found(table, condition, as_of) for table, condition in _conditions(sought)
    ]
    if not found:
        return []
    each = union(*found).subquery()
    statement = (
        select(each.c.origin, each.c.epoch, each.c.position)
        .order_by(each.c.recorded_on.desc(), each.c.origin, each.c.position.desc())
        .limit(FOUND_MAX)
    )
    return [FoundPlace(*row) for row in connection.execute(statement)]


def _found(
    table: Table, condition: ColumnElement[bool], as_of: date
) -> Select[tuple[object, ...]]:
    columns = (table.c[name] for name in ("origin", "epoch", "position", "recorded_on"))
    return select(*columns).where(condition, table.c.recorded_on <= as_of)


def _conditions(sought: Sought) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Give the tables that may have what is looked for, each with the rows meant."""
    if sought.amount_ore is not None:
        yield from _of_amount(sought.amount_ore)
    if match := DOCUMENT_TEXT.fullmatch(sought.text):
        yield from _of_document(match)
    if sought.organisations:
        of = tables.organisation
        yield of, of.c.org_number.in_(sorted(sought.organisations))
    if len(sought.text) >= _NAME_LEAST:
        yield from _of_name(sought.text)


def _of_amount(amount_ore: int) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    document = tables.document.c
    gross = document.net_ore + document.vat_ore
    yield tables.document, or_(gross == amount_ore, document.net_ore == amount_ore)
    for table in (tables.payment, tables.payment_received, tables.bank_entry):
        yield table, table.c.amount_ore == amount_ore
    post = tables.version_post
    yield post, post.c.annual_cost_ore == amount_ore


def _of_document(match: re.Match[str]) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    for table in (tables.document, tables.payment, tables.payment_received):
        number = table.c.number == int(match["number"])
        of = number & (table.c.year == int(match["year"]))
        yield table, of & (table.c.seller == match["seller"]) if match["seller"] else of


def _of_name(text: str) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    for table, names in (
        (tables.network, ("network", "name_nb", "name_en")),
        (tables.version, ("agreement",)),
        (tables.version_post, ("post",)),
        (tables.staffing, ("post",)),
        (tables.report, ("report",)),
        (tables.bank_entry, ("reference",)),
    ):
        parts = (table.c[name].icontains(text, autoescape=True) for name in names)
        yield table, or_(*parts)
