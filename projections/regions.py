"""The region of each organisation."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, func, select

from domain.values import Region
from projections import tables
from projections.asof import rows, rows_as_of
from projections.moments import once_a_moment


@once_a_moment
def regions_as_of(connection: Connection, as_of: date) -> Mapping[str, Region]:
    """Region of every organisation, as registered first."""
    return regions_of(rows(connection, rows_as_of(tables.organisation, as_of)))


def regions_of(organisations: Iterable[Row[Any]]) -> Mapping[str, Region]:
    """As :func:`regions_as_of`, of rows that are in the order of recording."""
    region_of: dict[str, Region] = {}
    for row in organisations:
        region_of.setdefault(row.org_number, Region(row.region))
    return region_of


def first_recorded_on(connection: Connection) -> date | None:
    """Day on which the first organisation was registered; None where none is."""
    found: date | None = connection.scalar(
        select(func.min(tables.organisation.c.recorded_on))
    )
    return found
