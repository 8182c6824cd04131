"""Progress reports as known on a day, each with its latest submission."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row

from projections import tables
from projections.asof import Slice, equal, keyed, keys_as_of, place, rows, rows_as_of
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
    page: Slice,
    network: str | None = None,
    trust: str | None = None,
    report: str | None = None,
) -> list[Report]:
    """By name, each with its latest submission."""
    table = tables.report
    wanted = equal(table, network=network, trust=trust, report=report)
    names = keys_as_of(
        connection, table.c.report, as_of, *wanted, after=page.after, limit=page.limit
    )
    home_of = network_homes(rows(connection, rows_as_of(tables.network, as_of)))
    held: dict[str, _Submissions] = {}
    for row in keyed(connection, table, as_of, names, "report"):
        held.setdefault(row.report, _Submissions(row)).add(row)
    for row in keyed(connection, tables.report_decision, as_of, names, "report"):
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
