"""From rows to calls: what each row asks of which node, and in which order."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from deploy.year.columns import Cell
from deploy.year.folder import FolderYear
from deploy.year.forms import ENDORSEMENTS, FORMS
from deploy.year.requests import Request, WithVersion, request
from deploy.year.rows import CellFault, SheetRow
from domain.kind import Asks
from domain.values import REGIONAL_AUTHORITY, Region

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
class UnreadRow:
    """A row that could not be read; ``key`` and ``values`` are its reason's words."""

    name: str
    """Of its form."""
    file: str
    """Or sheet, as whoever has the folder knows it."""
    line: int
    code: str
    key: str
    values: Mapping[str, str | int]
    cells: Mapping[str, Cell] = field(default_factory=dict)
    """What could be read of it."""
    others: Sequence[CellFault] = ()
    """What else is wrong with it."""


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
    versions, unread = _versions(year)
    owners = _Owners(year)
    days = [row.recorded_on for rows in year.rows.values() for row in rows]
    first_day = min((day for day in days if day), default="")
    calls: defaultdict[tuple[str, int, int], list[Call]] = defaultdict(list)
    for form in FORMS:
        if form.name == "posts":
            continue
        for row in year.rows[form.name]:
            posts = versions[row.line] if form.name == "agreements" else ()
            beside = WithVersion(posts, ENDORSEMENTS in year.tables)
            call = _call(row, beside, owners.owner(row, posts))
            line = row.line if form.one_by_one else 0
            day = row.recorded_on or first_day
            calls[day, FILE_ORDER[form.name], line].append(call)
    # What says no day is there before anything happens.
    ordered = sorted(calls, key=lambda key: (FORMS[key[1]].clock, key))
    batches = tuple(
        FileDay(day or first_day, FORMS[order].name, tuple(calls[day, order, line]))
        for day, order, line in ordered
    )
    return Plan(batches, tuple(unread), owners.regions, _belonging(year), _names(year))


def _names(year: FolderYear) -> Mapping[str, Collection[str]]:
    """All names of networks, agreements, posts and reports."""
    return {
        column: {str(cells[column]) for cells in year.cells_of(form) if column in cells}
        for form, column in (
            ("networks", "network"),
            ("agreements", "agreement"),
            ("posts", "post"),
            ("reports", "report"),
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


def _versions(
    year: FolderYear,
) -> tuple[Mapping[int, Sequence[SheetRow]], list[UnreadRow]]:
    """Posts of each version by its line, and the rows that fall out."""
    unread = [
        UnreadRow(
            bad.form.name,
            bad.place,
            bad.line,
            "invalid_row",
            bad.reason,
            bad.values,
            bad.cells,
            bad.others,
        )
        for bad in year.bad
    ]
    versions = {_version_key(row.cells) for row in year.rows["agreements"]}
    versions |= {_version_key(b.cells) for b in year.bad if b.form.name == "agreements"}
    posts: defaultdict[tuple[Cell, Cell], dict[Cell, SheetRow]] = defaultdict(dict)
    for row in year.rows["posts"]:
        key = _version_key(row.cells)
        first = posts[key].setdefault(row.cells["post"], row)
        if key not in versions:
            code = "unknown_agreement"
        elif first.cells != row.cells:
            code = "conflicting_row"
        else:
            continue
        values: Mapping[str, str | int] = {"agreement": str(key[0])}
        at = row.form.name, row.place, row.line
        unread.append(UnreadRow(*at, code, "", values, row.cells))
    # A post that could not be read keeps only its name, so that its version is
    # refused for what it lacks instead of being agreed without it.
    for bad in year.bad:
        if bad.form.name == "posts":
            empty = {column.name: None for column in bad.form.columns}
            name = bad.cells.get("post", "?")
            cells = {**empty, "post": name}
            posts[_version_key(bad.cells)][name] = SheetRow(
                bad.form, bad.line, cells, bad.place
            )
    return {
        row.line: tuple(posts[_version_key(row.cells)].values())
        for row in year.rows["agreements"]
    }, unread


def _version_key(cells: Mapping[str, Cell]) -> tuple[Cell, Cell]:
    return cells.get("agreement"), cells.get("version")


class _Owners:
    """Who owns the fact of a row, where the whole folder leaves no doubt.

    A guess only saves a detour: a node that is asked for another's fact says
    whose it is.
    """

    def __init__(self, year: FolderYear) -> None:
        self._facts: defaultdict[tuple[str, Cell, str], set[Cell]] = defaultdict(set)
        regions: defaultdict[str, set[Region]] = defaultdict(set)
        for row in year.rows["organisations"]:
            number = str(row.cells["org_number"])
            regions[number].add(Region(str(row.cells["region"])))
        self.regions = {n: next(iter(r)) for n, r in regions.items() if len(r) == 1}
        for name, key, members in (
            ("networks", "network", ("coordinating_trust",)),
            ("agreements", "agreement", ("network", "payer", "payee")),
            ("posts", "post", ("agreement",)),
            ("reports", "report", ("network", "trust")),
        ):
            for row in year.rows[name]:
                for member in members:
                    of = (name, row.cells[key], member)
                    self._facts[of].add(row.cells[member])

    def _only(self, name: str, key: Cell, member: str) -> Cell:
        owners = self._facts.get((name, key, member), set())
        return next(iter(owners)) if len(owners) == 1 else None

    def _coordinator(self, network: Cell) -> Cell:
        return self._only("networks", network, "coordinating_trust")

    def _party(self, agreement: Cell, member: str) -> Cell:
        return self._only("agreements", agreement, member)

    def owner(self, row: SheetRow, posts: Iterable[SheetRow]) -> str | None:
        """Organisation whose fact a row is, or None when in doubt."""
        owner = self._owner(row.form.asks, row.cells)
        clashes = any(
            self._only("posts", post.cells["post"], "agreement") is None
            for post in posts
        )
        if owner is None or clashes or str(owner) not in self.regions:
            return None
        return str(owner)

    def _owner(self, asks: Asks, cells: Mapping[str, Cell]) -> Cell:
        """Who asks: its column, or what another row says of what it is about."""
        match asks:
            case Asks.AUTHORITY:
                region = self.regions.get(str(cells["org_number"]))
                return REGIONAL_AUTHORITY[region] if region else None
            case Asks.COORDINATOR:
                return self._coordinator(self._network(cells))
            case Asks.ANSWERING:
                return self._answering(cells["agreement"])
            case Asks.HOST:
                return self._party(self._agreement(cells), "payee")
            case Asks.PAYER | Asks.PAYEE:
                side = cells.get("by") or asks.name.lower()
                return self._party(cells["agreement"], str(side))
            case _ if "report" in cells:
                return self._only("reports", cells["report"], "trust")
            case _:
                return next(cells[name] for name in _ITSELF if name in cells)

    def _network(self, cells: Mapping[str, Cell]) -> Cell:
        if "report" in cells:
            return self._only("reports", cells["report"], "network")
        if "agreement" in cells:
            return self._party(cells["agreement"], "network")
        return cells["network"]

    def _agreement(self, cells: Mapping[str, Cell]) -> Cell:
        if "agreement" in cells:
            return cells["agreement"]
        return self._only("posts", cells["post"], "agreement")

    def _answering(self, agreement: Cell) -> Cell:
        payee = self._party(agreement, "payee")
        coordinator = self._coordinator(self._party(agreement, "network"))
        return self._party(agreement, "payer") if payee == coordinator else payee


_ITSELF: Final = ("org_number", "organisation", "trust")
"""Columns that name who asks."""


def _call(row: SheetRow, beside: WithVersion, organisation: str | None) -> Call:
    """Call that a row comes to.

    Its key is no secret on its way to the node, and a name could be guessed from its hash.
    """
    asked = request(row.form, row.cells, beside)
    left_out = {"recorded_on", *(c.name for c in row.form.columns if c.personal)}
    content = "\n".join(
        f"{name}={value}"
        for name, value in sorted(row.cells.items())
        if name not in left_out
    )
    digest = hashlib.sha256(f"{row.line}\n{content}".encode()).hexdigest()[:32]
    key = f"{row.form.name}-{digest}"
    return Call(row, asked, key, organisation)
