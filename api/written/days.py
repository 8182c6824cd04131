"""Days that are written as text, as Norwegian spreadsheets save them.

Days of which day and month may stand the other way round (``01/02/2026``) are none.
"""

import re
from calendar import monthrange
from datetime import date
from typing import Final

_TIME: Final = r"(?:(?:T| (?:kl\.? )?)[0-9]{1,2}[.:][0-9]{2}(?:[.:][0-9]{2})?)?"
"""What may stand behind a day and leave it that day."""
_YEAR: Final = r"(?P<year>[0-9]{4}|[0-9]{2})"
_WEEKDAY: Final = r"(?:(?P<weekday>[a-zåøÅØ]+),? )?"
_WRITTEN: Final = tuple(
    re.compile(rf"{day}{_TIME}", re.IGNORECASE | re.ASCII)
    for day in (
        r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})",
        rf"(?P<day>[0-9]{{1,2}})\. ?(?P<month>[0-9]{{1,2}})\. ?{_YEAR}",
        rf"{_WEEKDAY}(?P<day>[0-9]{{1,2}})\.? ?(?P<name>[a-z]{{3,}})[. -]? ?{_YEAR}",
    )
)
_OF_EVERY_YEAR: Final = (
    re.compile(r"(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"),
    re.compile(r"(?P<day>[0-9]{1,2})\. ?(?P<month>[0-9]{1,2})\.?"),
    re.compile(r"(?P<day>[0-9]{1,2})\. ?(?P<name>[a-z]{3,})\.?", re.IGNORECASE),
)
_MONTHS: Final = (
    *("januar", "februar", "mars", "april", "mai", "juni"),
    *("juli", "august", "september", "oktober", "november", "desember"),
)
_OF_YEAR: Final = range(1, 13)
_WEEKDAYS: Final = (
    *(("mandag", "måndag"), ("tirsdag", "tysdag"), ("onsdag",), ("torsdag",)),
    *(("fredag",), ("lørdag", "laurdag"), ("søndag", "sundag")),
)
_BLANK: Final = re.compile("[\u00a0\u2007\u2009\u202f]")
_SHORT_YEARS: Final = range(50)
"""Two digits that are a year of this century; later ones may be of the last."""
_CENTURY: Final = 2000


class ShortYearError(ValueError):
    """A year of two digits that may be in two centuries."""


class NoSuchDayError(ValueError):
    """A day later than the last of its month."""

    def __init__(self, year: int, month: int, last: int) -> None:
        super().__init__(f"{year}-{month:02}")
        self.year, self.month, self.last = year, month, last


def written_day(text: str) -> date:
    """Read ``2026-01-31``, ``31.1.2026``, ``31.01.26`` or ``31. januar 2026``.

    A weekday before it must be that day's. Raises ``ValueError`` on anything else, :class:`ShortYearError` where only the
    century is in doubt, :class:`NoSuchDayError` where its month has no such day.
    """
    text = _BLANK.sub(" ", text)
    matches = (pattern.fullmatch(text) for pattern in _WRITTEN)
    match = next((match for match in matches if match), None)
    if match is None:
        raise ValueError(text)
    parts = match.groupdict()
    month = _month(parts["name"].lower()) if "name" in parts else int(parts["month"])
    day = _day(_year(parts["year"]), month, int(parts["day"]))
    weekday = parts.get("weekday")
    if weekday and weekday.lower() not in _WEEKDAYS[day.weekday()]:
        raise ValueError(text)
    return day


def written_month_day(text: str) -> str:
    """Read ``11-15``, ``15.11.`` or ``15. november`` as ``11-15``.

    Raises ``ValueError`` on anything else; whether there is such a day is not asked.
    """
    text = _BLANK.sub(" ", text)
    matches = (pattern.fullmatch(text) for pattern in _OF_EVERY_YEAR)
    match = next((match for match in matches if match), None)
    if match is None:
        raise ValueError(text)
    parts = match.groupdict()
    month = _month(parts["name"].lower()) if "name" in parts else int(parts["month"])
    return f"{month:02}-{int(parts['day']):02}"


def _day(year: int, month: int, number: int) -> date:
    try:
        return date(year, month, number)
    except ValueError:
        last = monthrange(year, month)[1] if month in _OF_YEAR and year else number
        if number > last:
            raise NoSuchDayError(year, month, last) from None
        raise


def _month(name: str) -> int:
    """Month of ``januar`` or ``jan``; three letters tell them apart."""
    months = [n for n, month in enumerate(_MONTHS, 1) if month.startswith(name)]
    if len(months) != 1:
        raise ValueError(name)
    return months[0]


def _year(digits: str) -> int:
    year = int(digits)
    if len(digits) > 2:  # noqa: PLR2004
        return year
    if year not in _SHORT_YEARS:
        raise ShortYearError(digits)
    return _CENTURY + year
