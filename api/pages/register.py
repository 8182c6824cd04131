"""Organisations as pages name them."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from sqlalchemy import Connection

from domain.parties.organisation import OrganisationRegistered
from projections.asof import Slice
from projections.listed import listed
from projections.moments import once_a_moment

_BATCH: Final = 1000

Register = Mapping[str, OrganisationRegistered]
"""By organisation number."""


@once_a_moment
def register(connection: Connection, of: date) -> Register:
    """All organisations that were registered by a day."""
    found: dict[str, OrganisationRegistered] = {}
    last = ""
    while True:
        page = listed(connection, OrganisationRegistered, of, Slice(last, _BATCH))
        found |= {each.fact.org_number: each.fact for each in page}
        if len(page) < _BATCH:
            return found
        last = page[-1].fact.org_number
