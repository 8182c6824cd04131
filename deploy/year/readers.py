"""How cells are read: each reader takes what is seen, and gives text or a number."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Final

from pydantic import TypeAdapter, ValidationError

from api.written.days import (
    NoSuchDayError,
    ShortYearError,
    written_day,
    written_month_day,
)
from api.written.names import NameOf, folded_name, meanings
from domain.governance.body import MonthDay
from domain.values import Day, is_name, parse_kroner

Cell = str | int | None
"""What a cell is read as: text, whole øre or a number, or nothing."""


class UnreadableCellError(ValueError):
    """A cell cannot be read as what its column says; ``key`` names the words."""

    def __init__(self, key: str, choices: str = "", **values: str) -> None:
        super().__init__(key)
        self.key = key
        self.values = {"choices": choices, **values}


TWO_WAYS: Final = "two_ways"
"""Why a figure cannot be read before all of its table has been."""
_ORGANISATION: Final = re.compile(
    r"(?:(?:NO|org\.? ?nr\.?:?)\s*)?"
    r"([0-9]{3})(?:\s*|\.)([0-9]{3})(?:\s*|\.)([0-9]{3})(?:\s*MVA)?",
    re.IGNORECASE,
)
_POSTCODE: Final = re.compile(r"[0-9]{4}", re.ASCII)
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,5}")
_MINUS_BEHIND: Final = re.compile(
    r"[0-9]\s?[-\u2212\u2013](?:\s?(?:kr\.?|nok))?$", re.IGNORECASE
)
"""Below nought to an accounting system, and to others ``100,-`` written in haste."""
_PERCENT: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?")


def as_text(text: str) -> str:
    """Read any text, in the form in which it is kept."""
    return unicodedata.normalize("NFC", text)


def as_key(text: str) -> str:
    """Read a name or number that identifies something."""
    text = as_text(text)
    if not is_name(text):
        raise UnreadableCellError("not_a_name")
    return text


def as_organisation(text: str) -> str:
    """Read an organisation number: ``983 974 724``, ``NO 983 974 724 MVA``.

    Digits alone are left as they are: the domain says what is wrong with them.
    """
    match = _ORGANISATION.fullmatch(text)
    if match is not None:
        return "".join(match.groups())
    if not text.isdigit():
        raise UnreadableCellError("not_an_organisation")
    return text


def as_digits(text: str) -> str:
    """Read digits, also with blanks between them, as those of a KID."""
    digits = "".join(text.split())
    if not (digits.isascii() and digits.isdigit()):
        raise UnreadableCellError("not_digits")
    return digits


def as_postcode(text: str) -> str:
    """Read four digits: a number has lost the noughts before it."""
    if not _POSTCODE.fullmatch(text):
        raise UnreadableCellError("not_a_postcode")
    return text


def as_day(text: str) -> str:
    """Read a day; a time of day beside it does not count."""
    try:
        return written_day(text).isoformat()
    except ShortYearError:
        raise UnreadableCellError("short_year") from None
    except NoSuchDayError as error:
        month = f"month_{error.month}"
        raise UnreadableCellError(
            "no_such_day", month=month, year=str(error.year), last=str(error.last)
        ) from None
    except ValueError:
        raise UnreadableCellError("not_a_day") from None


def as_business_day(text: str) -> str:
    """Read a day of the business clock, which runs from the first of them."""
    day = as_day(text)
    try:
        _BUSINESS_DAY.validate_python(day)
    except ValidationError:
        raise UnreadableCellError("not_a_business_day") from None
    return day


_BUSINESS_DAY: Final = TypeAdapter[date](Day)


def as_month_day(text: str) -> str:
    """Read a day of every year as ``MM-DD``; never 29 February."""
    try:
        return _MONTH_DAY.validate_python(written_month_day(text))
    except ValueError:
        raise UnreadableCellError("not_a_month_day") from None


_MONTH_DAY: Final = TypeAdapter[str](MonthDay)


def as_money(text: str) -> int:
    """Read kroner as whole øre."""
    try:
        return parse_kroner(text)
    except ValueError:
        if _MINUS_BEHIND.search(text):
            raise UnreadableCellError("minus_behind") from None
        raise UnreadableCellError("not_an_amount") from None


def as_lines(text: str) -> str:
    """Read ``agreement/post/2026-01-01``, several of them with bars between."""
    parts = []
    for line in text.split("|"):
        names = line.strip().split("/")
        if len(names) != len(("agreement", "post", "period_start")):
            raise UnreadableCellError("not_lines")
        as_key(names[0])
        as_key(names[1])
        day = as_day(names[2].strip())
        parts.append(
            line if day == names[2].strip() else f"{names[0]}/{names[1]}/{day}"
        )
    return "|".join(parts)


def as_number(text: str) -> int:
    """Read a whole number from 1."""
    if not _NUMBER.fullmatch(text):
        raise UnreadableCellError("not_a_number")
    return int(text)


def as_percent(text: str) -> str:
    """Read a percentage; return it with two decimals."""
    if not _PERCENT.fullmatch(text):
        raise UnreadableCellError("not_a_percentage")
    return f"{Decimal(text):.2f}"


def one_value_of(kinds: Iterable[Enum]) -> Callable[[str], str]:
    """Read one of some values, by its name in either language."""
    values = [str(member.value) for member in kinds]
    meant = meanings(NameOf.VALUE, values)

    def read(text: str) -> str:
        value = text if text in values else meant.get(folded_name(text))
        if value is None:
            raise UnreadableCellError("not_one_of", ", ".join(values))
        return value

    return read
