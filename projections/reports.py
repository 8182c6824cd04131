"""Progress reports as known on a day, each with its latest submission."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row

from projections import tables
from projections.asof import Slice, equal, keyed, keys_as_of, place, rows, rows_as_of
from projections.moments import once_a_moment
from projections.names import Holder, network_homes


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
    submitted_on: date


class _Submissions:
    """What is said of a report: the name belongs to the trust that used it first."""

    def __init__(self, first: Row[Any]) -> None:
        self._first = first
        self._contested = False
        self._by_number: dict[int, Row[Any]] = {}
        self._decided: dict[int, str] = {}

    @property
    def report(self) -> Report:
        last = self._by_number[max(self._by_number)]
        return Report(
            report=last.report,
            submission=last.submission,
            status=self._decided.get(last.submission, "submitted"),
            network=last.network,
            trust=last.trust,
            period_start=last.period_start,
            period_end=last.period_end,
            submitted_on=last.recorded_on,
        )

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
            self._decided.setdefault(row.submission, row.outcome)


@once_a_moment
def reports(
    connection: Connection,
    as_of: date,
    page: Slice,
    network: str | None = None,
    trust: str | None = None,
    report: str | None = None,
) -> list[Report]:
    """By name, each with its latest submission."""
    table = tables.report
    conditions = equal(table, network=network, trust=trust, report=report)
    names = keys_as_of(
        connection,
        table.c.report,
        as_of,
        *conditions,
        after=page.after,
        limit=page.limit,
    )
    return latest_reports(connection, as_of, names)


@once_a_moment
def latest_reports(
    connection: Connection, as_of: date, names: Sequence[str]
) -> list[Report]:
    """Reports of some names, in their order, each with its latest submission."""
    table = tables.report
    networks = rows_as_of(tables.network, as_of, ("network", "origin"))
    home_of = network_homes(rows(connection, networks))
    submissions: dict[str, _Submissions] = {}
    for row in keyed(connection, table, as_of, names, "report"):
        submissions.setdefault(row.report, _Submissions(row)).add(row)
    for row in keyed(connection, tables.report_decision, as_of, names, "report"):
        submissions[row.report].decide(row, home_of)
    return [submissions[name].report for name in names]
