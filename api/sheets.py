"""What people take into a spreadsheet: settlement, posts and invoices as sheets."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from api.settlement import SettledRegion, SettlementDocument, UnheardRegion
from domain.closing.ledger import (
    GROUPING,
    TAXED,
    Account,
    LedgerLine,
    Voucher,
    balances_of,
)
from domain.values import Region, VatTreatment
from projections.invoices import Invoice
from projections.posts import Post


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


class Absent(StrEnum):
    """Why there is no figure, which is not zero; the names are keys of the words."""

    NONE = "none"
    """There is nothing that it could be of."""
    UNKNOWN = "unknown"
    """Nobody here knows it."""


Cell = str | int | date | bool | Absent | None
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
    for name in ("committed", "accrued", "invoiced", "conceded", "unbilled", "disputed")
]
_PARTIES: Final[Columns] = [(name, Kind.TEXT) for name in ("payer", "payee", "network")]


def settlement_sheets(
    settled: SettlementDocument, idle: Collection[Region] = ()
) -> list[Sheet]:
    """Return a settlement, one sheet for each level; ``idle`` regions owe nothing."""
    paid = [(name, Kind.ORE) for name in ("vat", "paid", "outstanding")]
    names = ("receivable", "payable", "net")
    regions = [
        [region.value, *(figure(each, name, idle=region in idle) for name in names)]
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


def figure(
    region: SettledRegion | UnheardRegion, name: str, *, idle: bool
) -> int | Absent:
    """Return a figure of a region, or why there is none."""
    if isinstance(region, UnheardRegion):
        return Absent.UNKNOWN
    found: int = getattr(region, name)
    return Absent.NONE if idle else found


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


def ledger_sheets(vouchers: Sequence[Voucher]) -> list[Sheet]:
    """Return the ledger: its lines, the balances, and the accounts.

    The lines have what a SAF-T Financial 1.30 import needs, under the names of its
    elements; a transaction is one organisation's side of a voucher.
    """
    balances = balances_of(line for voucher in vouchers for line in voucher.lines)
    return [
        Sheet(
            "ledger", _LEDGER, [_entry(v, line) for v in vouchers for line in v.lines]
        ),
        Sheet(
            "balances",
            [*_BOOK, ("account_id", Kind.TEXT), ("balance", Kind.ORE)],
            balances,
        ),
        Sheet(
            "accounts",
            [
                ("account_id", Kind.TEXT),
                ("account_name", Kind.WORD),
                ("grouping_category", Kind.TEXT),
                ("grouping_code", Kind.TEXT),
            ],
            [
                (each.value, f"account_{each.value}", *GROUPING[each])
                for each in Account
            ],
        ),
    ]


_BOOK: Final[Columns] = [
    ("organisation", Kind.TEXT),
    ("counterpart", Kind.TEXT),
    ("network", Kind.TEXT),
    ("year", Kind.NUMBER),
]
_LEDGER: Final[Columns] = [
    *_BOOK,
    ("journal_id", Kind.TEXT),
    ("transaction_id", Kind.TEXT),
    ("transaction_date", Kind.DAY),
    ("period_number", Kind.NUMBER),
    ("period_year", Kind.NUMBER),
    ("system_entry_date", Kind.DAY),
    ("voucher_type", Kind.WORD),
    ("source_document_id", Kind.TEXT),
    ("description", Kind.TEXT),
    ("account_id", Kind.TEXT),
    ("customer_id", Kind.TEXT),
    ("supplier_id", Kind.TEXT),
    ("debit_amount", Kind.ORE),
    ("credit_amount", Kind.ORE),
    ("tax_code", Kind.TEXT),
    ("tax_percentage", Kind.NUMBER),
    ("debit_tax_amount", Kind.ORE),
    ("credit_tax_amount", Kind.ORE),
]


def _entry(voucher: Voucher, line: LedgerLine) -> Sequence[Cell]:
    period = "/".join(day.isoformat() for day in voucher.period)
    taxed = line.tax_code in TAXED
    percentage = VatTreatment.STANDARD.rate_percent if taxed else 0
    tax_ore = line.tax_ore if line.tax_code else None
    return (
        line.organisation,
        line.counterpart,
        line.network,
        line.year,
        line.book.value,
        voucher.reference,
        voucher.booked_on,
        voucher.booked_on.month,
        voucher.booked_on.year,
        voucher.recorded_on,
        voucher.kind.value,
        voucher.document,
        f"{voucher.agreement} {period}",
        line.account.value,
        line.counterpart if line.account is Account.RECEIVABLES else None,
        line.counterpart if line.account is Account.PAYABLES else None,
        *_debit_and_credit(line.amount_ore),
        line.tax_code,
        percentage if line.tax_code else None,
        *((None, None) if tax_ore is None else _debit_and_credit(tax_ore)),
    )


def _debit_and_credit(amount_ore: int) -> tuple[int, int]:
    return max(amount_ore, 0), max(-amount_ore, 0)


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
        ("received_ore", Kind.ORE),
        ("outstanding_ore", Kind.ORE),
        ("payment_state", Kind.WORD),
    ]
    return _sheet("invoices", columns, invoices)
