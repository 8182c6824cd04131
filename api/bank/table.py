"""Reading a bank's entries from CSV, with Norwegian conventions or with English.

A header line and the columns ``booked_on``, ``amount``, ``kid``, ``reference`` and
``direction`` in any order, in UTF-8; semicolons, or commas; ``8.8.2026`` or
``2026-08-08``; ``1 250,50`` or ``1250.50``.
"""

import csv
import io
import re
from datetime import date
from typing import Final

from api.bank.file import (
    BankFile,
    BankFileError,
    Fault,
    FileEntry,
    UnreadableError,
    bank_entry,
    kid_of,
    reference_of,
    whole,
)
from domain.payments.bank import BankEntry
from domain.payments.matching import Direction
from domain.values import parse_kroner

COLUMNS: Final = ("booked_on", "amount", "kid", "reference", "direction")
_DAY: Final = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_ISO_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_THOUSANDS: Final = re.compile(r"(?<=[0-9])[ \u00a0\u202f](?=[0-9]{3}([^0-9]|$))")


def read_csv(content: bytes) -> BankFile:
    """Return the entries of a table.

    Raises :class:`BankFileError` with all that is wrong.
    """
    try:
        text = content.decode("utf-8-sig")
        delimiter = ";" if ";" in text.partition("\n")[0] else ","
        reader = csv.reader(
            io.StringIO(text, newline=""), delimiter=delimiter, strict=True
        )
        lines = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except (UnicodeDecodeError, csv.Error):
        raise BankFileError([Fault("/", "bank_not_csv")]) from None
    header = lines[0][1] if lines else []
    if sorted(header) != sorted(COLUMNS):
        raise BankFileError([Fault("line 1", "bank_columns")])
    entries: list[FileEntry] = []
    faults: list[Fault] = []
    for number, cells in lines[1:]:
        if not any(cells):
            continue
        place = f"line {number}"
        try:
            if len(cells) != len(header):
                faults.append(Fault(place, "bank_cells"))
                continue
            row = dict(zip(header, cells, strict=True))
            entries.append(FileEntry(place, _entry(row)))
        except UnreadableError as error:
            faults.append(Fault(place, str(error)))
    return whole(entries, faults, ())


def _entry(row: dict[str, str]) -> BankEntry:
    if not row["reference"]:
        message = "bank_reference"
        raise UnreadableError(message)
    kid = kid_of(row["kid"])
    if row["kid"] and not kid:
        message = "bank_kid"
        raise UnreadableError(message)
    return bank_entry(
        reference=reference_of(row["reference"]),
        direction=_direction(row["direction"]),
        amount_ore=_ore(row["amount"]),
        booked_on=_day(row["booked_on"]),
        kid=kid,
    )


def _direction(text: str) -> Direction:
    try:
        return Direction(text)
    except ValueError:
        message = "bank_direction"
        raise UnreadableError(message) from None


def _ore(text: str) -> int:
    plain = _THOUSANDS.sub("", text).replace("\u2212", "-")
    if "." not in plain:
        plain = plain.replace(",", ".", 1)
    try:
        return parse_kroner(plain)
    except ValueError:
        message = "bank_amount_ore"
        raise UnreadableError(message) from None


def _day(text: str) -> date:
    norwegian = _DAY.fullmatch(text)
    try:
        if norwegian is not None:
            day, month, year = map(int, norwegian.groups())
            return date(year, month, day)
        return date.fromisoformat(text if _ISO_DAY.fullmatch(text) else "")
    except ValueError:
        message = "bank_booked_on"
        raise UnreadableError(message) from None
