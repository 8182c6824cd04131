"""Whose the fact of a row is, as far as the whole folder tells."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Final

import orjson

from deploy.year.folder import FolderYear
from deploy.year.parts import RowParts
from deploy.year.readers import Cell
from deploy.year.rows import SheetRow
from deploy.year.several import several_listed
from domain.kind import Asks
from domain.values import REGIONAL_AUTHORITY, Region

Cells = Mapping[str, Cell]
_TOLD: Final[Mapping[str, tuple[Sequence[str], Sequence[str]]]] = {
    "networks": (("network",), ("coordinating_trust",)),
    "agreements": (("agreement",), ("network", "payer", "payee")),
    "posts": (("post",), ("agreement",)),
    "reports": (("report",), ("network", "trust")),
    "calls": (("call",), ("rules",)),
    "participants": (("network", "participant"), ("organisation",)),
    "bodies": (("body",), ("network", "organisation")),
    "seats": (("body", "seat"), ("participants", "appointed_by")),
    "applications": (("application",), ("call", "trust")),
}
"""By file: the columns that name something, and what is told of it there."""


class Owners:
    """Who owns the fact of a row, where the whole folder leaves no doubt.

    A guess only saves a detour: a node that is asked for another's fact says
    whose it is.
    """

    def __init__(self, year: FolderYear) -> None:
        self._facts: defaultdict[tuple[object, ...], set[Cell]] = defaultdict(set)
        regions: defaultdict[str, set[Region]] = defaultdict(set)
        for row in year.rows["organisations"]:
            number = str(row.cells["org_number"])
            regions[number].add(Region(str(row.cells["region"])))
        self.regions = {n: next(iter(r)) for n, r in regions.items() if len(r) == 1}
        for name, (keys, members) in _TOLD.items():
            for row in year.rows.get(name, ()):
                key = [row.cells[each] for each in keys]
                for member in members:
                    self._facts[name, *key, member].add(row.cells[member])

        self._said: defaultdict[tuple[Cell, ...], list[Cell]] = defaultdict(list)
        """Networks of a body, and organisations of a participant, in order of playing."""
        since: dict[Cell, str] = {}
        for row in year.rows["networks"]:
            network = row.cells["network"]
            since[network] = min(row.recorded_on, since.get(network, row.recorded_on))
        for name, keys, member in (
            ("bodies", ("body",), "network"),
            ("participants", ("network", "participant"), "organisation"),
        ):
            rows = sorted(year.rows.get(name, ()), key=lambda row: row.recorded_on)
            for row in rows:
                if name == "bodies" or self._may_declare(row, since):
                    key = [row.cells[each] for each in keys]
                    self._said[name, *key].append(row.cells[member])

    def _may_declare(self, row: SheetRow, since: Mapping[Cell, str]) -> bool:
        """Whether what a participant's row rests on stands before it in the folder."""
        network, by = row.cells["network"], row.cells["represented_by"]
        if network not in since or since[network] > row.recorded_on:
            return False
        return by is None or ("participants", network, by) in self._said

    def owner(self, row: SheetRow, parts: RowParts) -> str | None:
        """Organisation whose fact a row is, or None when in doubt."""
        named = _BY_FILE.get(row.form.name)
        owner = named(self, row.cells) if named else self._asking(row)
        clashes = any(
            self.only("posts", post.cells["post"], "agreement") is None
            for post in parts.get("posts", ())
        )
        if owner is None or clashes or str(owner) not in self.regions:
            return None
        return str(owner)

    def employer(self, row: SheetRow) -> str:
        """Organisation whose node names the person of a row, where others may record it.

        No node corrects it, so of several rows the first that can stand counts: what
        says otherwise of the same participant or body is refused.
        """
        if row.form.name != "seatings":
            return ""
        organisations = (
            str(organisation)
            for network in self._said["bodies", row.cells["body"]]
            for organisation in self._said[
                "participants", network, row.cells["participant"]
            ]
        )
        return next((each for each in organisations if each in self.regions), "")

    def only(self, name: str, *key: Cell) -> Cell:
        """What a file says of something, the member last, where it says one thing."""
        told = self._facts.get((name, *key), set())
        return next(iter(told)) if len(told) == 1 else None

    def coordinator(self, network: Cell) -> Cell:
        """Coordinating trust of a network."""
        return self.only("networks", network, "coordinating_trust")

    def body(self, body: Cell) -> Cell:
        """Organisation of a body."""
        return self.only("bodies", body, "organisation")

    def trust(self, cells: Cells) -> Cell:
        """Trust that applies."""
        return self.only("applications", cells["application"], "trust")

    def funder(self, cells: Cells) -> Cell:
        """Funder of a call, or of the call of an application."""
        if "rules" in cells:
            return _funder_in(cells["rules"])
        call = cells.get("call")
        if call is None:
            call = self.only("applications", cells["application"], "call")
        rules = self._facts.get(("calls", call, "rules"), set())
        funders = {*map(_funder_in, rules)}
        return funders.pop() if len(funders) == 1 else None

    def participant(self, cells: Cells) -> Cell:
        """Organisation of the participant whom a row names for a seat."""
        network = self.only("bodies", cells["body"], "network")
        named = cells["participant"]
        return self.only("participants", network, named, "organisation")

    def seating(self, cells: Cells) -> Cell:
        """Who nominates, fills or vacates a seat."""
        body, seat = cells["body"], cells["seat"]
        if cells["action"] == "filled":
            appointed = self._facts.get(("seats", body, seat, "appointed_by"), set())
            if appointed != {None}:
                return self.body(next(iter(appointed))) if len(appointed) == 1 else None
        return self.participant(cells)

    def reporting(self, cells: Cells) -> Cell:
        """Who reports on a year of a network, a body, or a seat."""
        of = str(cells["of"])
        body, _, seat = of.partition("/")
        if not seat:
            return self.coordinator(of) or self.body(of)
        network = self.only("bodies", body, "network")
        participants = self.only("seats", body, seat, "participants")
        told = {
            self.only("participants", network, each, "organisation")
            for each in several_listed(str(participants))
        }
        return told.pop() if len(told) == 1 else None

    def _asking(self, row: SheetRow) -> Cell:
        """Who asks: its column, or what another row says of what it is about."""
        asks, cells = row.form.asks, row.cells
        match asks:
            case Asks.AUTHORITY:
                region = self.regions.get(str(cells["org_number"]))
                return REGIONAL_AUTHORITY[region] if region else None
            case Asks.COORDINATOR:
                return self.coordinator(self._network(cells))
            case Asks.ANSWERING:
                return self._answering(cells["agreement"])
            case Asks.HOST:
                return self._party(self._agreement(cells), "payee")
            case Asks.PAYER | Asks.PAYEE:
                side = cells.get("by") or asks.name.lower()
                return self._party(cells["agreement"], str(side))
            case _ if "report" in cells:
                return self.only("reports", cells["report"], "trust")
            case _:
                return next(cells[name] for name in _ITSELF if name in cells)

    def _party(self, agreement: Cell, member: str) -> Cell:
        return self.only("agreements", agreement, member)

    def _network(self, cells: Cells) -> Cell:
        if "report" in cells:
            return self.only("reports", cells["report"], "network")
        if "agreement" in cells:
            return self._party(cells["agreement"], "network")
        return cells["network"]

    def _agreement(self, cells: Cells) -> Cell:
        if "agreement" in cells:
            return cells["agreement"]
        return self.only("posts", cells["post"], "agreement")

    def _answering(self, agreement: Cell) -> Cell:
        payee = self._party(agreement, "payee")
        coordinator = self.coordinator(self._party(agreement, "network"))
        return self._party(agreement, "payer") if payee == coordinator else payee


_ITSELF: Final = ("org_number", "organisation", "trust")
"""Columns that name who asks."""


@cache
def _funder_in(rules: Cell) -> str:
    return str(orjson.loads(str(rules))["funder"])


def _column(name: str) -> Callable[[Owners, Cells], Cell]:
    """The column itself says who asks."""
    return lambda _, cells: cells[name]


def _payment(owners: Owners, cells: Cells) -> Cell:
    """The funder pays out, the trust pays back."""
    out = cells["direction"] == "disbursed"
    return owners.funder(cells) if out else owners.trust(cells)


def _of_network(owners: Owners, cells: Cells) -> Cell:
    return owners.coordinator(cells["network"])


def _of_body(owners: Owners, cells: Cells) -> Cell:
    return owners.body(cells["body"])


_BY_FILE: Final[Mapping[str, Callable[[Owners, Cells], Cell]]] = {
    "calls": Owners.funder,
    "participants": _column("organisation"),
    "bodies": _column("organisation"),
    "charters": _of_network,
    "authorities": _column("authority"),
    "seatings": Owners.seating,
    "elections": _of_body,
    "focus_areas": _of_body,
    "applications": _column("trust"),
    "endorsements": Owners.trust,
    "submissions": Owners.trust,
    "rankings": _column("trust"),
    "application_checks": Owners.funder,
    "assessments": Owners.funder,
    "awards": Owners.funder,
    "announcements": Owners.funder,
    "grant_payments": _payment,
    "grant_costs": Owners.trust,
    "grant_reports": Owners.trust,
    "grant_report_decisions": Owners.funder,
    "grant_remainders": Owners.funder,
    "gatherings": _of_body,
    "plans": _of_body,
    "activity_reports": Owners.reporting,
}
"""Who asks, by the file: of each of these the commands are of one organisation's."""
