"""Reading a bank's entries from CSV, with Norwegian conventions or with English.

A header line and the columns ``booked_on``, ``amount``, ``kid``, ``reference`` and
``direction`` in any order, ``account`` where the organisation has several, and
``paid_to``, the account that was paid, in UTF-8; semicolons, or commas; ``8.8.2026``
or ``2026-08-08``; ``1 250,50`` or ``1250.50``.
"""

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
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
    whole,
)
from domain.payments.matching import Direction
from domain.payments.telling import BankEntry
from domain.values import parse_kroner

COLUMNS: Final = ("booked_on", "amount", "kid", "reference", "direction")
ACCOUNT: Final = "account"
PAID_TO: Final = "paid_to"
_MAY_BE: Final = {ACCOUNT, PAID_TO}
BYTES_MAX: Final = 2 * 1024 * 1024
_LINE_END: Final = re.compile("\r\n|\n|\r")
_DAY: Final = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_ISO_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_THOUSANDS: Final = re.compile(r"(?<=[0-9])[ \u00a0\u202f](?=[0-9]{3}([^0-9]|$))")
_ROUNDED: Final = re.compile(r"[0-9]+([.,][0-9]+)?[eE][+]?[0-9]+")
"""What a spreadsheet makes of a long KID."""


def read_csv(content: bytes, digest: Callable[[str], str]) -> BankFile:
    """Return the entries of a table.

    Raises :class:`BankFileError` where it is none that can be read.
    """
    if len(content) > BYTES_MAX:
        raise BankFileError([Omission("/", "bank_csv_too_large")])
    try:
        lines = _LINE_END.split(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BankFileError([Omission("/", "bank_not_csv")]) from None
    if len(lines) > TOLD_MAX:
        raise BankFileError([Omission("/", "bank_too_much")])
    delimiter = ";" if ";" in lines[0] else ","
    return _read(lines, delimiter, References(digest))


def _read(lines: Sequence[str], delimiter: str, references: References) -> BankFile:
    try:
        header = _cells(lines[0], delimiter)
    except UnreadableError as error:
        raise BankFileError([error.at("line 1")]) from None
    if {*header} | _MAY_BE != {*COLUMNS} | _MAY_BE or (len(header) != len({*header})):
        raise BankFileError([Omission("line 1", "bank_columns")])
    entries: list[FileEntry] = []
    unread: list[Unread] = []
    for number, line in enumerate(lines[1:], 2):
        place = f"line {number}"
        row: Mapping[str, str] = {}
        try:
            if not line.strip(f"{delimiter} "):
                continue
            row = dict(zip(header, _cells(line, delimiter, len(header)), strict=True))
            entries.append(FileEntry(place, _entry(row, references)))
        except UnreadableError as error:
            unread.append(Unread(error.at(place), *_known(row)))
    return whole(entries, unread)


def _cells(line: str, delimiter: str, count: int | None = None) -> Sequence[str]:
    """Return the cells of a line; a quotation that goes on hides no other line."""
    try:
        cells = next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        raise UnreadableError("bank_cells", "", line) from None
    if count not in {None, len(cells)}:
        raise UnreadableError("bank_cells", "", line)
    return [cell.strip() for cell in cells]


def _known(row: Mapping[str, str]) -> tuple[Direction | None, frozenset[str]]:
    """Return what a line says of whom it concerns, even where it cannot be read."""
    kid, direction = kid_digits(row.get("kid", "")), row.get("direction", "")
    found = Direction(direction) if direction in {*Direction} else None
    return found, frozenset({kid} - {""})


def _entry(row: Mapping[str, str], references: References) -> BankEntry:
    direction, kid = _direction(row["direction"]), kid_digits(row["kid"])
    if direction is Direction.DEBIT and not kid:
        if _ROUNDED.fullmatch(row["kid"]):
            raise UnreadableError("bank_kid_rounded", "kid", row["kid"])
        # What is taken back may be of a payment that is recorded.
        if not row["amount"].startswith(("-", "\u2212")):
            raise UnreadableError(NOT_OURS, "kid", row["kid"])
    reference = references.in_report(row["reference"])
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
        amount_ore=_ore(row["amount"]),
        booked_on=_day(row["booked_on"]),
        kid=kid,
        account=account,
        paid_to=paid_to,
    )


def _direction(text: str) -> Direction:
    try:
        return Direction(text)
    except ValueError:
        raise UnreadableError("bank_direction", "direction", text) from None


def _ore(text: str) -> int:
    plain = _THOUSANDS.sub("", text).replace("\u2212", "-")
    if "." not in plain:
        plain = plain.replace(",", ".", 1)
    try:
        return parse_kroner(plain)
    except ValueError:
        raise UnreadableError("bank_amount_ore", "amount", text) from None


def _day(text: str) -> date:
    norwegian = _DAY.fullmatch(text)
    try:
        if norwegian is not None:
            day, month, year = map(int, norwegian.groups())
            return date(year, month, day)
        return date.fromisoformat(text if _ISO_DAY.fullmatch(text) else "")
    except ValueError:
        raise UnreadableError("bank_booked_on", "booked_on", text) from None
