"""Who owes whom, as tables: regions and trusts across and down, and what lies under a sum.

Four things look apart: an amount that is proved (``0,00`` too), no agreement (a dash), a
region that nobody here has heard (unknown), and years before anything was recorded.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Final, NamedTuple

from domain.closing.settlement import (
    AgreementSettlement,
    SettledDocument,
    Settlement,
)
from domain.values import Region

UNFOLDED_MAX: Final = 60
"""So many agreements are shown with their documents; of more, only the sums."""


class CellLook(StrEnum):
    """What a cell of a matrix shows."""

    AMOUNT = "amount"
    SAME = "same"
    """Row and column are one, and there is nothing between it and itself."""
    NONE = "none"
    """There is no agreement, so nothing can be owed."""
    UNKNOWN = "unknown"
    """One of the two was never heard."""


class OwedCell(NamedTuple):
    """What one owes another, VAT included; and what is not billed yet, without VAT."""

    look: CellLook
    owed_ore: int | None = None
    unbilled_ore: int = 0


class OwedRow(NamedTuple):
    """What one owes each of the others, in the order of the columns."""

    key: str
    cells: Sequence[tuple[str, OwedCell]]
    total: OwedCell


@dataclass(frozen=True, slots=True)
class OwedMatrix:
    """Across: whom it is owed to. Down: who owes."""

    columns: Sequence[str]
    rows: Sequence[OwedRow]
    totals: Sequence[OwedCell]
    whole: OwedCell


_Key = Callable[[str], str]


def owed_matrix(
    agreements: Iterable[AgreementSettlement],
    key_of: _Key,
    order: Callable[[Collection[str]], Sequence[str]],
    unknown: Collection[str] = (),
) -> OwedMatrix:
    """Sum what is outstanding by who owes and who is owed.

    ``key_of`` gives whose row a party is in; ``order`` sorts the rows, and the columns;
    ``unknown`` are rows and columns of which nobody here knows.
    """
    cells = _between(agreements, key_of)
    payers = order({payer for payer, _ in cells})
    payees = order({payee for _, payee in cells})

    def cell(payer: str, payee: str) -> OwedCell:
        if not {payer, payee}.isdisjoint(unknown):
            return OwedCell(CellLook.UNKNOWN)
        none = OwedCell(CellLook.SAME if payer == payee else CellLook.NONE)
        return cells.get((payer, payee), none)

    def total(keys: Iterable[tuple[str, str]]) -> OwedCell:
        pairs = [*keys]
        if any(not {*pair}.isdisjoint(unknown) for pair in pairs):
            return OwedCell(CellLook.UNKNOWN)
        return _sum(cells[pair] for pair in pairs if pair in cells)

    rows = [
        OwedRow(
            payer,
            [(payee, cell(payer, payee)) for payee in payees],
            total((payer, payee) for payee in payees),
        )
        for payer in payers
    ]
    return OwedMatrix(
        payees,
        rows,
        [total((payer, payee) for payer in payers) for payee in payees],
        total((payer, payee) for payer in payers for payee in payees),
    )


def _between(
    agreements: Iterable[AgreementSettlement], key_of: _Key
) -> Mapping[tuple[str, str], OwedCell]:
    found: defaultdict[tuple[str, str], list[AgreementSettlement]] = defaultdict(list)
    for each in agreements:
        found[key_of(each.parties.payer), key_of(each.parties.payee)].append(each)
    return {
        pair: OwedCell(
            CellLook.AMOUNT,
            sum(each.outstanding_ore for each in of),
            sum(each.unbilled_ore for each in of),
        )
        for pair, of in found.items()
    }


def _sum(cells: Iterable[OwedCell]) -> OwedCell:
    found = [*cells]
    if not found:
        return OwedCell(CellLook.NONE)
    owed_ore = sum(each.owed_ore or 0 for each in found)
    return OwedCell(CellLook.AMOUNT, owed_ore, sum(each.unbilled_ore for each in found))


@dataclass(frozen=True, slots=True)
class UnderAgreement:
    """One agreement under a sum, with its documents where they may be read."""

    settled: AgreementSettlement
    documents: Sequence[SettledDocument] | None
    """None where the reader is none of those whom they concern."""

    @property
    def billed_ore(self) -> int:
        """What is invoiced, VAT included."""
        return self.settled.invoiced_ore + self.settled.vat_ore


@dataclass(frozen=True, slots=True)
class UnderPair:
    """All agreements by which one trust pays another."""

    payer: str
    payee: str
    agreements: Sequence[UnderAgreement]

    @property
    def billed_ore(self) -> int:
        """What is invoiced, VAT included."""
        return sum(each.billed_ore for each in self.agreements)

    @property
    def paid_ore(self) -> int:
        """What the payer has registered as paid."""
        return sum(each.settled.paid_ore for each in self.agreements)

    @property
    def owed_ore(self) -> int:
        """What is outstanding."""
        return self.billed_ore - self.paid_ore


def under(
    settled: Settlement,
    chosen: Callable[[AgreementSettlement], bool],
    may_read: Callable[[Iterable[str]], bool],
) -> Sequence[UnderPair]:
    """Unfold some agreements by payer and payee."""
    documents: defaultdict[tuple[str, str], list[SettledDocument]] = defaultdict(list)
    for document in settled.documents:
        documents[document.agreement, document.payee].append(document)
    pairs: defaultdict[tuple[str, str], list[UnderAgreement]] = defaultdict(list)
    for each in filter(chosen, settled.agreements):
        payer, payee, _ = each.parties
        found = documents.get((each.agreement, payee), ())
        readable = found if may_read((payer, payee)) else None
        pairs[payer, payee].append(UnderAgreement(each, readable))
    return [UnderPair(*pair, agreements) for pair, agreements in pairs.items()]


@dataclass(frozen=True, slots=True)
class YearSums:
    """Five sums of a settlement, in øre, and what they are of."""

    invoiced_ore: int
    vat_ore: int
    paid_ore: int
    outstanding_ore: int
    unbilled_ore: int
    disputed_ore: int
    documents: int
    unbilled_agreements: int

    @classmethod
    def of(cls, settled: Settlement) -> "YearSums":
        """Sum up all agreements."""
        names = ("invoiced", "vat", "paid", "outstanding", "unbilled", "disputed")
        sums = {
            f"{name}_ore": sum(map(attrgetter(f"{name}_ore"), settled.agreements))
            for name in names
        }
        return cls(
            **sums,
            documents=len(settled.documents),
            unbilled_agreements=sum(
                each.unbilled_ore != 0 for each in settled.agreements
            ),
        )


class RegionBar(NamedTuple):
    """Net of a region; None where it is unknown, or has no agreement."""

    region: Region
    known: bool
    owed_ore: int | None
    owes_ore: int | None
    net_ore: int | None


def region_bars(settled: Settlement, unknown: Collection[str]) -> Sequence[RegionBar]:
    """By region: what it is owed, owes, and both set off."""
    idle = settled.idle
    bars = []
    for region, sums in sorted(settled.regions.items()):
        known = region.value not in unknown
        shown = known and region not in idle
        ore = (sums.receivable_ore, sums.payable_ore, sums.net_ore) if shown else None
        bars.append(RegionBar(region, known, *(ore or (None, None, None))))
    return bars


def names_in_order(
    name_of: Mapping[str, str],
) -> Callable[[Collection[str]], Sequence[str]]:
    """Order of organisations as people read it."""
    return lambda keys: sorted(keys, key=lambda key: (name_of.get(key, key), key))
