"""What people take into a spreadsheet: settlement, posts and invoices as sheets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from api.settlement import SettlementDocument
from domain.ledger import Voucher
from projections.invoices import Invoice
from projections.register import Post


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    WORD = "word"
    """One of a few values, told in the reader's language."""
    PERCENT = "percent"
    """A decimal string."""
    DAY = "day"
    NUMBER = "number"
    ORE = "ore"
    """An amount in øre, shown in kroner, with a total."""


Cell = str | int | date | bool | None
Columns = Sequence[tuple[str, Kind]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows under columns; the names are keys of the words."""

    name: str
    columns: Columns
    rows: Sequence[Sequence[Cell]]


def _sheet(name: str, columns: Columns, items: Iterable[object]) -> Sheet:
    return Sheet(
        name,
        columns,
        [[getattr(item, column) for column, _ in columns] for item in items],
    )


_COST: Final[Columns] = [
    (name, Kind.ORE)
    for name in ("committed", "accrued", "invoiced", "unbilled", "disputed")
]
_PARTIES: Final[Columns] = [(name, Kind.TEXT) for name in ("payer", "payee", "network")]


def settlement_sheets(settled: SettlementDocument) -> list[Sheet]:
    """Return a settlement, one sheet for each level."""
    paid = [(name, Kind.ORE) for name in ("vat", "paid", "outstanding")]
    names = ("receivable", "payable", "net")
    regions = [
        [region.value, *(getattr(each, name) for name in names)]
        for region, each in settled.regions.items()
    ]
    return [
        Sheet(
            "regions",
            [("region", Kind.WORD), *((name, Kind.ORE) for name in names)],
            regions,
        ),
        _sheet(
            "agreements",
            [("agreement", Kind.TEXT), *_PARTIES, *_COST, *paid],
            settled.agreements,
        ),
        _sheet(
            "posts",
            [("agreement", Kind.TEXT), ("post", Kind.TEXT), *_PARTIES, *_COST],
            settled.posts,
        ),
    ]


def posts_sheet(posts: Iterable[Post]) -> Sheet:
    """Return the register of posts (S1-13)."""
    columns = [
        ("post", Kind.TEXT),
        ("agreement", Kind.TEXT),
        ("status", Kind.WORD),
        ("network", Kind.TEXT),
        ("payer", Kind.TEXT),
        ("host", Kind.TEXT),
        ("content", Kind.TEXT),
        ("percent", Kind.PERCENT),
        ("starts_on", Kind.DAY),
        ("ends_on", Kind.DAY),
        ("annual_cost_ore", Kind.ORE),
        ("filled", Kind.WORD),
        ("changed_on", Kind.DAY),
    ]
    return _sheet("posts", columns, posts)


def ledger_sheet(vouchers: Iterable[Voucher]) -> Sheet:
    """Return the ledger, a row for each line of a voucher, ready for SAF-T."""
    columns = [
        ("organisation", Kind.TEXT),
        ("voucher", Kind.TEXT),
        ("booked_on", Kind.DAY),
        ("document", Kind.TEXT),
        ("account", Kind.TEXT),
        ("counterpart", Kind.TEXT),
        ("network", Kind.TEXT),
        ("year", Kind.NUMBER),
        ("debit", Kind.ORE),
        ("credit", Kind.ORE),
    ]
    rows: list[Sequence[Cell]] = [
        (
            line.organisation,
            voucher.reference,
            voucher.booked_on,
            voucher.document,
            line.account.value,
            line.counterpart,
            line.network,
            line.year,
            max(line.amount_ore, 0),
            max(-line.amount_ore, 0),
        )
        for voucher in vouchers
        for line in voucher.lines
    ]
    return Sheet("ledger", columns, rows)


def invoices_sheet(invoices: Iterable[Invoice]) -> Sheet:
    """Return invoices and credit notes, a row for each."""
    columns = [
        ("payee", Kind.TEXT),
        ("year", Kind.NUMBER),
        ("number", Kind.NUMBER),
        ("kind", Kind.WORD),
        ("agreement", Kind.TEXT),
        ("network", Kind.TEXT),
        ("payer", Kind.TEXT),
        ("period_start", Kind.DAY),
        ("period_end", Kind.DAY),
        ("issued_on", Kind.DAY),
        ("vat_treatment", Kind.WORD),
        ("net_ore", Kind.ORE),
        ("vat_ore", Kind.ORE),
        ("paid_ore", Kind.ORE),
    ]
    return _sheet("invoices", columns, invoices)
