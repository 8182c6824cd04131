"""What people take into a spreadsheet: settlement, posts and invoices as sheets."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from api.settlement import COSTS, SUMS, SettledRegion, SettlementDocument, UnheardRegion
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


class ColumnKind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    NAME = "name"
    """Text that may need several lines."""
    WORD = "word"
    """One of a few values, told in the reader's language."""
    SECTIONS = "sections"
    """Sections of a yearly report by their keys, with blanks between them."""
    PERCENT = "percent"
    """A decimal string."""
    DAY = "day"
    NUMBER = "number"
    COUNT = "count"
    """How many there are, with a total."""
    ORE = "ore"
    """An amount in øre, shown in kroner, with a total."""
    BALANCE = "balance"
    """An amount in øre as it stands at an end, which adds up to nothing."""


SUMMED: Final = frozenset({ColumnKind.COUNT, ColumnKind.ORE})
AMOUNTS: Final = frozenset({ColumnKind.ORE, ColumnKind.BALANCE})


class Absent(StrEnum):
    """Why there is no figure, which is not zero; the names are keys of the words."""

    NONE = "none"
    """There is nothing that it could be of."""
    UNKNOWN = "unknown"
    """Nobody here knows it."""


SheetCell = str | int | date | bool | Absent | None
Columns = Sequence[tuple[str, ColumnKind]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows under columns; the names are keys of the words."""

    name: str
    columns: Columns
    rows: Sequence[Sequence[SheetCell]]
    has_totals: bool = True
    """Not where something stands in several rows."""

    def total(self, column: int) -> int | Absent | None:
        """Sum of a column; None of one that has none, unknown where a part of it is."""
        _, kind = self.columns[column]
        if kind not in SUMMED or not self.has_totals:
            return None
        cells = [row[column] for row in self.rows]
        if Absent.UNKNOWN in cells:
            return Absent.UNKNOWN
        return sum(cell for cell in cells if isinstance(cell, int))


def _sheet(name: str, columns: Columns, items: Iterable[object]) -> Sheet:
    return Sheet(
        name,
        columns,
        [[getattr(item, column) for column, _ in columns] for item in items],
    )


def _texts(*names: str) -> Columns:
    return [(name, ColumnKind.TEXT) for name in names]


_PARTIES: Final = _texts("payer", "payee", "network")


def _amounts(names: Iterable[str]) -> Columns:
    return [(name, ColumnKind.ORE) for name in names]


def settlement_sheets(
    settled: SettlementDocument, idle: Collection[Region] = ()
) -> list[Sheet]:
    """Settlement, one sheet for each level; ``idle`` regions owe nothing."""
    names = ("receivable", "payable", "net")
    regions = [
        [region.value, *(figure(each, name, idle=region in idle) for name in names)]
        for region, each in settled.regions.items()
    ]
    return [
        Sheet("regions", [("region", ColumnKind.WORD), *_amounts(names)], regions),
        _sheet(
            "agreements",
            [*_texts("agreement"), *_PARTIES, *_amounts(SUMS)],
            settled.agreements,
        ),
        _sheet(
            "posts",
            [*_texts("agreement", "post"), *_PARTIES, *_amounts(COSTS)],
            settled.posts,
        ),
    ]


def figure(
    region: SettledRegion | UnheardRegion, name: str, *, idle: bool
) -> int | Absent:
    """Figure of a region, or why there is none."""
    if isinstance(region, UnheardRegion):
        return Absent.UNKNOWN
    amount: int = getattr(region, name)
    return Absent.NONE if idle else amount


def posts_sheet(posts: Iterable[Post]) -> Sheet:
    """Register of posts (S1-13)."""
    columns = [
        ("post", ColumnKind.TEXT),
        ("agreement", ColumnKind.TEXT),
        ("status", ColumnKind.WORD),
        ("network", ColumnKind.TEXT),
        ("payer", ColumnKind.TEXT),
        ("host", ColumnKind.TEXT),
        ("content", ColumnKind.NAME),
        ("percent", ColumnKind.PERCENT),
        ("starts_on", ColumnKind.DAY),
        ("ends_on", ColumnKind.DAY),
        ("annual_cost_ore", ColumnKind.ORE),
        ("filled", ColumnKind.WORD),
        ("changed_on", ColumnKind.DAY),
    ]
    return _sheet("posts", columns, posts)


def ledger_sheets(vouchers: Sequence[Voucher]) -> list[Sheet]:
    """Ledger: its lines, the balances, and the accounts.

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
            [*_BOOK, ("account_id", ColumnKind.TEXT), ("balance", ColumnKind.ORE)],
            balances,
        ),
        Sheet(
            "accounts",
            [
                ("account_id", ColumnKind.TEXT),
                ("account_name", ColumnKind.WORD),
                ("grouping_category", ColumnKind.TEXT),
                ("grouping_code", ColumnKind.TEXT),
            ],
            [
                (account.value, f"account_{account.value}", *GROUPING[account])
                for account in Account
            ],
        ),
    ]


_BOOK: Final[Columns] = [
    ("organisation", ColumnKind.TEXT),
    ("counterpart", ColumnKind.TEXT),
    ("network", ColumnKind.TEXT),
    ("year", ColumnKind.NUMBER),
]
_LEDGER: Final[Columns] = [
    *_BOOK,
    ("journal_id", ColumnKind.TEXT),
    ("transaction_id", ColumnKind.TEXT),
    ("transaction_date", ColumnKind.DAY),
    ("period_number", ColumnKind.NUMBER),
    ("period_year", ColumnKind.NUMBER),
    ("system_entry_date", ColumnKind.DAY),
    ("voucher_type", ColumnKind.WORD),
    ("source_document_id", ColumnKind.TEXT),
    ("description", ColumnKind.NAME),
    ("account_id", ColumnKind.TEXT),
    ("customer_id", ColumnKind.TEXT),
    ("supplier_id", ColumnKind.TEXT),
    ("debit_amount", ColumnKind.ORE),
    ("credit_amount", ColumnKind.ORE),
    ("tax_code", ColumnKind.TEXT),
    ("tax_percentage", ColumnKind.NUMBER),
    ("debit_tax_amount", ColumnKind.ORE),
    ("credit_tax_amount", ColumnKind.ORE),
]


def _entry(voucher: Voucher, line: LedgerLine) -> Sequence[SheetCell]:
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
    """Invoices and credit notes, a row for each."""
    columns = [
        ("payee", ColumnKind.TEXT),
        ("year", ColumnKind.NUMBER),
        ("number", ColumnKind.NUMBER),
        ("kind", ColumnKind.WORD),
        ("agreement", ColumnKind.TEXT),
        ("network", ColumnKind.TEXT),
        ("payer", ColumnKind.TEXT),
        ("period_start", ColumnKind.DAY),
        ("period_end", ColumnKind.DAY),
        ("issued_on", ColumnKind.DAY),
        ("vat_treatment", ColumnKind.WORD),
        ("net_ore", ColumnKind.ORE),
        ("vat_ore", ColumnKind.ORE),
        ("paid_ore", ColumnKind.ORE),
        ("received_ore", ColumnKind.ORE),
        ("outstanding_ore", ColumnKind.ORE),
        ("payment_state", ColumnKind.WORD),
    ]
    return _sheet("invoices", columns, invoices)
