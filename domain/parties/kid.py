"""Account numbers and KID: the digits by which a payment finds its invoice.

Source: the banks' description of KID (2-25 digits, the last one a check digit by
modulus 10 or modulus 11, of one length for each agreement of a payee).
"""

from collections.abc import Iterable
from enum import StrEnum
from itertools import cycle
from typing import Final

from stdnum import luhn
from stdnum.no import kontonr

KID_DIGITS_MIN: Final = 4
KID_DIGITS_MAX: Final = 25
_MOD_11_WEIGHTS: Final = (2, 3, 4, 5, 6, 7)
_MOD_11_NONE: Final = 10
_NUMBER_MAX: Final = 999_999
"""More documents than any payee issues in a year."""


class KidCheck(StrEnum):
    """How the last digit of a payee's KID is computed."""

    MOD_10 = "mod10"
    MOD_11 = "mod11"


def is_account(text: str) -> bool:
    """Whether eleven digits pass the check of Norwegian bank accounts."""
    return len(text) == 11 and text.isascii() and kontonr.is_valid(text)  # noqa: PLR2004


def is_kid(text: str, check: KidCheck, length: int) -> bool:
    """Whether digits are a KID of a payee."""
    digits = text.isascii() and text.isdigit()
    return digits and len(text) == length and _digit(text[:-1], check) == text[-1]


def may_be_kid(text: str, check: KidCheck, length: int, years: Iterable[int]) -> bool:
    """Whether digits may be a payee's KID of a document of one of some years.

    >>> may_be_kid("260000000109", KidCheck.MOD_10, 12, [2026])
    True
    >>> may_be_kid("260000000117", KidCheck.MOD_10, 12, [2026])
    False
    """
    if not is_kid(text, check, length):
        return False
    body = text[:-2]
    bodies = {int(body), int(body[2:] or "0")}
    numbers = [number for number in bodies if 0 < number <= _NUMBER_MAX]
    return text in {
        kid(year, each, check, length) for year in years for each in numbers
    }


def kid(year: int, number: int, check: KidCheck, length: int) -> str | None:
    """KID of a document, or None where the length has no room for it.

    The digits are the year of issue, the number, and one that is raised until
    there is a check digit: one number in eleven has none by modulus 11.
    """
    room = length - 2
    for body in (
        f"{year % 100:02d}{number:0{room - 2}d}",
        f"{number:0{room}d}",
    ):
        if len(body) == room:
            return _checked(body, check)
    return None


def _checked(body: str, check: KidCheck) -> str:
    candidates = (f"{body}{salt}" for salt in range(10))
    digits = next(candidate for candidate in candidates if _digit(candidate, check))
    return f"{digits}{_digit(digits, check)}"


def _digit(digits: str, check: KidCheck) -> str:
    """Check digit, or nothing where modulus 11 gives none."""
    if check is KidCheck.MOD_10:
        return str(luhn.calc_check_digit(digits))
    weighted = zip(reversed(digits), cycle(_MOD_11_WEIGHTS))
    total = sum(int(digit) * weight for digit, weight in weighted)
    remainder = (11 - total % 11) % 11
    return "" if remainder == _MOD_11_NONE else str(remainder)
