"""The region of each organisation."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection

from domain.values import Region
from projections import tables
from projections.asof import known, rows


def regions(connection: Connection, as_of: date) -> Mapping[str, Region]:
    """Return the region of every organisation, as registered first."""
    found: dict[str, Region] = {}
    for row in rows(connection, known(tables.organisation, as_of)):
        found.setdefault(row.org_number, Region(row.region))
    return found
