"""Whose business a connection may be asked about: what lies between two trusts is theirs.

It is said once, where a connection is opened for somebody, and every question about
documents, disputes, statements and books heeds it, whoever asks it how. A connection
of the node itself, of which nothing is said, is asked about everything.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Engine, or_, select

from domain.values import REGIONAL_AUTHORITY, Region
from projections import tables
from projections.database import reading
from projections.moments import MOMENTS, READABLE, KeptAnswers


@dataclass(frozen=True, slots=True)
class Readable:
    """Whose party data somebody may read; of no organisation, nobody's."""

    organisation: str = ""
    region: Region | None = None
    """Also that of all organisations of a region: to its health authority."""
    everything: bool = False
    """To an auditor."""


def readable_to(organisation: str) -> Readable:
    """What the people of an organisation may read of others than themselves.

    Payer and payee read what is between them. The coordinating trust is one of them
    (rule of the owner), and their health authorities read it too.
    """
    of_authority = {number: region for region, number in REGIONAL_AUTHORITY.items()}
    return Readable(organisation, of_authority.get(organisation))


@contextmanager
def reading_as(
    engine: Engine, readable: Readable, moments: KeptAnswers | None = None
) -> Iterator[Connection]:
    """Open a connection for somebody, whose answers are kept somewhere, if anywhere."""
    with reading(engine) as connection:
        options: dict[str, Any] = {READABLE: readable, MOMENTS: moments}
        connection.execution_options(**options)
        yield connection


def of_parties(
    connection: Connection, *parties: Column[Any]
) -> list[ColumnElement[bool]]:
    """Conditions on rows of which some columns name the parties."""
    readable = _readable(connection)
    if readable is None or readable.everything:
        return []
    ours = [party == readable.organisation for party in parties]
    if readable.region is not None:
        table = tables.organisation
        of_region = select(table.c.org_number).where(
            table.c.region == readable.region.value
        )
        ours += [party.in_(of_region) for party in parties]
    return [or_(*ours)]


def may_read(connection: Connection, *parties: str) -> bool:
    """Whether what is between some organisations may be shown."""
    return reads_of(connection)(parties)


def reads_of(connection: Connection) -> Callable[[Iterable[str]], bool]:
    """As :func:`may_read`, for many rows that were read otherwise."""
    readable = _readable(connection)
    if readable is None or readable.everything:
        return lambda _: True
    ours = {readable.organisation}
    if readable.region is not None:
        table = tables.organisation
        of_region = select(table.c.org_number).where(
            table.c.region == readable.region.value
        )
        ours.update(connection.execute(of_region).scalars())
    return lambda parties: not ours.isdisjoint(parties)


def _readable(connection: Connection) -> Readable | None:
    readable: Readable | None = connection.get_execution_options().get(READABLE)
    return readable
