"""From rows to calls: what each row asks of which node, and in which order."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from deploy.year.folder import FolderYear
from deploy.year.forms import ENDORSEMENTS, FORMS
from deploy.year.owners import Owners
from deploy.year.parts import PartsOfRows, UnreadRow
from deploy.year.readers import Cell
from deploy.year.requests import request
from deploy.year.rows import SheetRow
from deploy.year.sending import Around, Request
from domain.values import Region

FILE_ORDER: Final = {form.name: order for order, form in enumerate(FORMS)}


@dataclass(frozen=True, slots=True)
class Refused:
    """A row of which nothing is stored."""

    file: str
    """Or sheet, as whoever has the folder knows it."""
    line: int
    code: str
    reason: str
    because: str = ""
    """Where the row stands that fell first and on which this one rests, if any does."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """A row that is stored, and what its document lacks or is doubtful of its payment."""

    file: str
    line: int
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Call:
    """One row as a call of the API."""

    row: SheetRow
    request: Request
    key: str
    """The idempotency key."""
    organisation: str | None
    """Who asks, as far as the folder tells; None where it is not certain."""

    @property
    def content(self) -> tuple[str, ...] | None:
        """What makes another row a repetition of this one, where the row is its key."""
        if not self.row.form.row_is_key:
            return None
        cells = self.row.cells.items()
        return self.row.form.name, *(f"{k}={v}" for k, v in cells if k != "recorded_on")

    @property
    def lane(self) -> tuple[str | None, str]:
        """Calls of one lane run in order: those of one organisation.

        Where no rule reaches beyond one document or post, only those about it.
        """
        by_path = self.row.form.side_by_side
        return self.organisation, self.request.path if by_path else ""


@dataclass(frozen=True, slots=True)
class FileDay:
    """The rows of one file on one business day."""

    day: str
    name: str
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All batches in the order in which they are played."""

    batches: tuple[FileDay, ...]
    unread: tuple[UnreadRow, ...]
    regions: Mapping[str, Region]
    """The region of every organisation that the folder names."""
    belonging: Mapping[tuple[str, Cell], Collection[Cell]] = field(default_factory=dict)
    """By column and name, what of the folder belongs to an agreement, or a post."""
    names: Mapping[str, Collection[str]] = field(default_factory=dict)
    """By column, all that the folder gives a name."""

    @property
    def calls(self) -> int:
        """How many rows are played."""
        return sum(len(batch.calls) for batch in self.batches)

    @property
    def first_day(self) -> str:
        """The first business day."""
        return min((batch.day for batch in self.batches), default="")

    @property
    def last_day(self) -> str:
        """The last business day."""
        return max((batch.day for batch in self.batches), default="")


def plan(year: FolderYear) -> Plan:
    """Plan a year: by day, then by file, then by line."""
    parts = PartsOfRows(year)
    owners = Owners(year)
    days = [row.recorded_on for rows in year.rows.values() for row in rows]
    first_day = min((day for day in days if day), default="")
    calls: defaultdict[tuple[str, int, int], list[Call]] = defaultdict(list)
    for form in FORMS:
        if form.played_with is not None:
            continue
        for row in filter(parts.is_whole, year.rows[form.name]):
            own = parts.of(row)
            around = Around(
                own, year.files, owners.employer(row), ENDORSEMENTS in year.tables
            )
            call = _call(row, around, owners.owner(row, own))
            line = row.line if form.one_by_one else 0
            day = row.recorded_on or first_day
            calls[day, FILE_ORDER[form.name], line].append(call)
    # What says no day is there before anything happens.
    ordered = sorted(calls, key=lambda key: (FORMS[key[1]].clock, key))
    batches = tuple(
        FileDay(day or first_day, FORMS[order].name, tuple(calls[day, order, line]))
        for day, order, line in ordered
    )
    return Plan(
        batches, tuple(parts.unread), owners.regions, _belonging(year), _names(year)
    )


def _names(year: FolderYear) -> Mapping[str, Collection[str]]:
    """All names of what rows name: networks, agreements, calls, applications, bodies."""
    return {
        column: {str(cells[column]) for cells in year.cells_of(form) if column in cells}
        for form, column in (
            ("networks", "network"),
            ("agreements", "agreement"),
            ("posts", "post"),
            ("reports", "report"),
            ("calls", "call"),
            ("applications", "application"),
            ("bodies", "body"),
        )
    }


def _belonging(year: FolderYear) -> Mapping[tuple[str, Cell], Collection[Cell]]:
    """The network, payee, posts and reports of each agreement; of each post, the agreement.

    Also by rows that could not be read, as far as they could.
    """
    related: defaultdict[tuple[str, Cell], set[Cell]] = defaultdict(set)
    reports: defaultdict[tuple[Cell, Cell], set[Cell]] = defaultdict(set)
    for cells in year.cells_of("reports"):
        reports[cells.get("network"), cells.get("trust")].add(cells.get("report"))
    for cells in year.cells_of("agreements"):
        network, payee = cells.get("network"), cells.get("payee")
        related["agreement", cells.get("agreement")] |= {network, payee}
        related["agreement", cells.get("agreement")] |= reports[network, payee]
    for cells in year.cells_of("posts"):
        agreement, post = cells.get("agreement"), cells.get("post")
        related["agreement", agreement].add(post)
        related["post", post].add(agreement)
    return related


def _call(row: SheetRow, around: Around, organisation: str | None) -> Call:
    """Call that a row comes to.

    Its key is no secret on its way to the node, and a name could be guessed from its hash.
    """
    asked = request(row.form, row.cells, around)
    left_out = {"recorded_on", *(c.name for c in row.form.columns if c.personal)}
    content = "\n".join(
        f"{name}={value}"
        for name, value in sorted(row.cells.items())
        if name not in left_out
    )
    digest = hashlib.sha256(f"{row.line}\n{content}".encode()).hexdigest()[:32]
    key = f"{row.form.name}-{digest}"
    return Call(row, asked, key, organisation)
