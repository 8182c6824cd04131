"""Reading a bank's entries from CSV, with Norwegian conventions or with English.

A header line and the columns ``booked_on``, ``amount``, ``kid``, ``reference`` and
``direction`` in any order, ``account`` where the organisation has several, and
``paid_to``, the account that was paid. Letters, names, figures and days are read as
those of a folder are (``api/written``): UTF-8 or Windows-1252; semicolons, commas or
tabs; ``bokført`` for ``booked_on`` and ``inn`` for ``credit``; ``8.8.2026`` or
``2026-08-08``; ``1 250,50`` or ``1250.50``.
"""

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Final

from api.bank.file import (
    NOT_OURS,
    TOLD_MAX,
    BankFile,
    BankFileError,
    FileEntry,
    Omission,
    References,
    Unread,
    UnreadableError,
    account_of,
    entry_from,
    kid_digits,
    paid_account_of,
    shown_value,
    whole,
)
from api.written.csv_text import Parted, UnknownLettersError, decoded, parted
from api.written.days import written_day
from api.written.figures import Figures, TwoWaysError
from api.written.names import NameOf, folded_name, meanings
from domain.payments.matching import Direction
from domain.payments.telling import BookedEntry
from domain.values import parse_kroner

COLUMNS: Final = ("booked_on", "amount", "kid", "reference", "direction")
ACCOUNT: Final = "account"
PAID_TO: Final = "paid_to"
_MAY_BE: Final = {ACCOUNT, PAID_TO}
BYTES_MAX: Final = 2 * 1024 * 1024
_LINE_END: Final = re.compile("\r\n|\n|\r")
_ROUNDED: Final = re.compile(r"[0-9]+([.,][0-9]+)?[eE][+]?[0-9]+")
"""What a spreadsheet makes of a long KID."""


def read_csv(content: bytes, digest: Callable[[str], str]) -> BankFile:
    """Read the entries of a table.

    Raises :class:`BankFileError` where it is none that can be read.
    """
    if len(content) > BYTES_MAX:
        raise BankFileError([Omission("/", "bank_csv_too_large")])
    try:
        table = parted(decoded(content), lambda name: folded_name(name) in _columns())
    except UnknownLettersError as error:
        place = f"line {error.line}"
        raise BankFileError([Omission(place, "bank_not_csv")]) from None
    lines = _LINE_END.split(table.lines.read())
    if len(lines) > TOLD_MAX:
        raise BankFileError([Omission("/", "bank_too_much")])
    return _Table(table, lines, References(digest)).read()


@cache
def _columns() -> Mapping[str, str]:
    return meanings(NameOf.COLUMN, [*COLUMNS, *sorted(_MAY_BE)])


@cache
def _directions() -> Mapping[str, str]:
    return meanings(NameOf.VALUE, [direction.value for direction in Direction])


class _Table:
    """Reads the lines of a table."""

    def __init__(
        self, table: Parted, lines: Sequence[str], references: References
    ) -> None:
        self._first, self._lines = table.first, lines
        self._delimiter = table.separator
        self._references = references
        self._figures = Figures()
        self._figures.separator = table.separator

    def read(self) -> BankFile:
        """What cannot be an entry is left out by itself."""
        header = self._header()
        rows = [
            (f"line {number}", line, self._row(header, line))
            for number, line in enumerate(self._lines[1:], self._first + 1)
            if line.strip(f"{self._delimiter} ")
        ]
        for _, _, row in rows:
            self._amount(row)  # what a point or a comma means, all of them tell
        self._figures.complete = True
        entries: list[FileEntry] = []
        unread: list[Unread] = []
        for place, line, row in rows:
            if not row:
                unread.append(
                    Unread(Omission(place, "bank_cells", "", shown_value(line)))
                )
                continue
            try:
                entries.append(FileEntry(place, self._entry(row)))
            except UnreadableError as error:
                unread.append(Unread(error.at(place), *_known(row)))
        return whole(entries, unread)

    def _header(self) -> Sequence[str]:
        """Raise where the columns are not those that there must be."""
        place = f"line {self._first}"
        cells = self._cells(self._lines[0])
        if cells is None:
            read = shown_value(self._lines[0])
            raise BankFileError([Omission(place, "bank_cells", "", read)])
        names = [_columns().get(folded_name(cell), "") for cell in cells]
        if {*names} | _MAY_BE != {*COLUMNS} | _MAY_BE or len(names) != len({*names}):
            raise BankFileError([Omission(place, "bank_columns")])
        return names

    def _cells(self, line: str) -> Sequence[str] | None:
        """Lines are read one by one: a quotation that goes on hides no other line."""
        try:
            cells = next(csv.reader([line], delimiter=self._delimiter, strict=True), [])
        except csv.Error:
            return None
        return [cell.strip() for cell in cells]

    def _row(self, header: Sequence[str], line: str) -> Mapping[str, str]:
        """By column; nothing where the cells do not fit the header."""
        cells = self._cells(line)
        if cells is None or len(cells) != len(header):
            return {}
        return dict(zip(header, cells, strict=True))

    def _amount(self, row: Mapping[str, str]) -> str:
        """Amount with a point and no more, or as it is if it may be two."""
        try:
            return self._figures.amount(row.get("amount", ""))
        except TwoWaysError:
            return row["amount"]

    def _entry(self, row: Mapping[str, str]) -> BookedEntry:
        direction, kid = _direction(row["direction"]), kid_digits(row["kid"])
        amount = self._amount(row)
        if direction is Direction.DEBIT and not kid:
            if _ROUNDED.fullmatch(row["kid"]):
                raise UnreadableError("bank_kid_rounded", "kid", row["kid"])
            # What is taken back may be of a payment that is recorded.
            if not amount.startswith("-"):
                raise UnreadableError(NOT_OURS, "kid", row["kid"])
        reference = self._references.in_report(row["reference"])
        if reference is None:
            raise UnreadableError("bank_reference", "reference", row["reference"])
        told = row.get(ACCOUNT, "")
        account = account_of(told)
        if told and not account:
            raise UnreadableError("bank_account", ACCOUNT, told)
        out = row.get(PAID_TO, "") if direction is Direction.DEBIT else ""
        paid_to = paid_account_of(out)
        if out.strip("0 .") and not paid_to:
            raise UnreadableError("bank_account", PAID_TO, out)
        return entry_from(
            reference=reference,
            direction=direction,
            amount_ore=_ore(amount, row["amount"]),
            booked_on=_day(row["booked_on"]),
            kid=kid,
            account=account,
            paid_to=paid_to,
        )


def _known(row: Mapping[str, str]) -> tuple[Direction | None, frozenset[str]]:
    """What a line says of whom it concerns, even where it cannot be read."""
    kid = kid_digits(row.get("kid", ""))
    told = _directions().get(folded_name(row.get("direction", "")))
    return Direction(told) if told else None, frozenset({kid} - {""})


def _direction(text: str) -> Direction:
    try:
        return Direction(_directions()[folded_name(text)])
    except KeyError:
        raise UnreadableError("bank_direction", "direction", text) from None


def _ore(plain: str, text: str) -> int:
    try:
        return parse_kroner(plain)
    except ValueError:
        raise UnreadableError("bank_amount_ore", "amount", text) from None


def _day(text: str) -> date:
    try:
        return written_day(text)
    except ValueError:
        raise UnreadableError("bank_booked_on", "booked_on", text) from None
