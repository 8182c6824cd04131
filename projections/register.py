"""The register: organisations, networks and reports.

Each question is answered as of a day, a page at a time, sorted by key. Of
facts with one key the first counts, in the order in which every node folds
them, as in the decisions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Table

from projections import tables
from projections.asof import keys, known, place, rows
from projections.names import Holder, homes


class Page(NamedTuple):
    """Which part of a sorted list is asked for."""

    after: str = ""
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation of a region."""

    org_number: str
    name: str
    short_name: str
    kind: str
    region: str
    parent_org_number: str | None


@dataclass(frozen=True, slots=True)
class Network:
    """A network and its coordinating trust."""

    network: str
    kind: str
    name_nb: str
    name_en: str
    coordinating_trust: str
    starts_on: date
    model: str
    coordination_budget_ore: int
    recorded_on: date


@dataclass(frozen=True, slots=True)
class Report:
    """A report's latest submission, and what was decided on it."""

    report: str
    submission: int
    status: str
    """``submitted``, ``approved`` or ``returned``."""
    network: str
    trust: str
    period_start: date
    period_end: date


def organisations(
    connection: Connection,
    as_of: date,
    page: Page,
    region: str | None = None,
    org_number: str | None = None,
) -> list[Organisation]:
    """Return organisations by number."""
    table = tables.organisation
    wanted = equal(table, region=region, org_number=org_number)
    found = _first(connection, table, "org_number", as_of, page, wanted)
    return [
        Organisation(
            org_number=row.org_number,
            name=row.name,
            short_name=row.short_name,
            kind=row.kind,
            region=row.region,
            parent_org_number=row.parent_org_number,
        )
        for row in found
    ]


def networks(
    connection: Connection,
    as_of: date,
    page: Page,
    trust: str | None = None,
    network: str | None = None,
) -> list[Network]:
    """Return networks by name."""
    table = tables.network
    wanted = equal(table, coordinating_trust=trust, network=network)
    found = _first(connection, table, "network", as_of, page, wanted)
    return [
        Network(
            network=row.network,
            kind=row.kind,
            name_nb=row.name_nb,
            name_en=row.name_en,
            coordinating_trust=row.coordinating_trust,
            starts_on=row.starts_on,
            model=row.model,
            coordination_budget_ore=row.coordination_budget_ore,
            recorded_on=row.recorded_on,
        )
        for row in found
    ]


def equal(table: Table, **values: str | None) -> list[Any]:
    """Return a condition for each column of which a value is wanted."""
    return [
        table.c[name] == value for name, value in values.items() if value is not None
    ]


def _first(
    connection: Connection,
    table: Table,
    key: str,
    as_of: date,
    page: Page,
    conditions: Sequence[Any],
) -> list[Row[Any]]:
    column = table.c[key]
    names = keys(
        connection, column, as_of, *conditions, after=page.after, limit=page.limit
    )
    first: dict[str, Row[Any]] = {}
    for row in rows(connection, known(table, as_of).where(column.in_(names))):
        first.setdefault(getattr(row, key), row)
    return [first[name] for name in names]


class _Submissions:
    """What is said of a report: the name belongs to the trust that used it first."""

    def __init__(self, first: Row[Any]) -> None:
        self._first = first
        self._contested = False
        self._by_number: dict[int, Row[Any]] = {}
        self.decided: dict[int, str] = {}

    @property
    def last(self) -> Row[Any]:
        return self._by_number[max(self._by_number)]

    def add(self, row: Row[Any]) -> None:
        if row.trust == self._first.trust:
            self._by_number.setdefault(row.submission, row)
        else:
            self._contested = True

    def decide(self, row: Row[Any], home_of: Mapping[str, str]) -> None:
        """Take a decision of who coordinates the network, on this very report."""
        submitted = self._by_number.get(row.submission)
        holder = Holder(*place(self._first), contested=self._contested)
        at_home = submitted and home_of.get(submitted.network) == row.origin
        if at_home and holder.concerns(row.seen):
            self.decided.setdefault(row.submission, row.outcome)


def reports(
    connection: Connection,
    as_of: date,
    page: Page,
    network: str | None = None,
    trust: str | None = None,
    report: str | None = None,
) -> list[Report]:
    """Return reports by name, each with its latest submission."""
    table = tables.report
    wanted = equal(table, network=network, trust=trust, report=report)
    names = keys(
        connection, table.c.report, as_of, *wanted, after=page.after, limit=page.limit
    )
    home_of = homes(rows(connection, known(tables.network, as_of)))
    held: dict[str, _Submissions] = {}
    for row in rows(connection, known(table, as_of).where(table.c.report.in_(names))):
        held.setdefault(row.report, _Submissions(row)).add(row)
    decision = tables.report_decision
    for row in rows(
        connection, known(decision, as_of).where(decision.c.report.in_(names))
    ):
        held[row.report].decide(row, home_of)
    last = {name: said.last for name, said in held.items()}
    return [
        Report(
            report=name,
            submission=last[name].submission,
            status=held[name].decided.get(last[name].submission, "submitted"),
            network=last[name].network,
            trust=last[name].trust,
            period_start=last[name].period_start,
            period_end=last[name].period_end,
        )
        for name in names
    ]
