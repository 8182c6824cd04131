"""What a post costs: versions in force, accrual day by day, and the full-staffing cost.

Accrual is the sum of one year's part per day, rounded once at the end. Nothing is clever here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from tests.support.oracle.folder import AgreementRow

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Terms:
    """What one version says of one post."""

    starts_on: date
    ends_on: date
    annual_cost: int


@dataclass
class Proposal:
    """A proposed version with its posts by name, and the answer of the host if there is one."""

    row: AgreementRow
    posts: dict[str, Terms]
    answer: str | None = None


Period = tuple[date, date]
Filled = Callable[[date], bool]


def days(start: date, end: date) -> list[date]:
    """Every day of a period, both ends included."""
    return [start + n * ONE_DAY for n in range((end - start).days + 1)]


@cache
def year_days(year: int) -> list[date]:
    """Every day of a calendar year."""
    return days(date(year, 1, 1), date(year, 12, 31))


def rounded(amount: int, parts: int) -> int:
    """The whole number nearest to one of so many equal parts, half away from zero."""
    size = (2 * abs(amount) + parts) // (2 * parts)
    return size if amount >= 0 else -size


def in_force(versions: list[Proposal], day: date) -> Proposal | None:
    """The highest of these versions that is effective on the day, unless the day is outside its dates."""
    effective = [version for version in versions if version.row.effective_from <= day]
    if not effective:
        return None
    highest = max(effective, key=lambda version: version.row.version)
    return highest if highest.row.starts_on <= day <= highest.row.ends_on else None


def last_in_force(versions: list[Proposal], day: date) -> Proposal | None:
    """The version in force on the day, or the last one that was in force before it."""
    first = min((version.row.starts_on for version in versions), default=day)
    found = (in_force(versions, earlier) for earlier in reversed(days(first, day)))
    return next((version for version in found if version), None)


def accrues(version: Proposal, terms: Terms, day: date, filled: Filled) -> bool:
    """Does a post that stands in the version in force accrue on this day?"""
    inside_its_dates = terms.starts_on <= day <= terms.ends_on
    return inside_its_dates and (version.row.vacancy == "pay" or filled(day))


def accrual(
    versions: list[Proposal], post: str, year: int, filled: Filled
) -> dict[date, int]:
    """`accrued(post, day)` for every day of the year: the sum from 1 January, rounded once."""
    calendar_year = year_days(year)
    cost_of_days, accrued = 0, {}
    for day in calendar_year:
        version = in_force(versions, day)
        if (
            version
            and post in version.posts
            and accrues(version, version.posts[post], day, filled)
        ):
            cost_of_days += version.posts[post].annual_cost
        accrued[day] = rounded(cost_of_days, len(calendar_year))
    return accrued


def amount_of(accrued: dict[date, int], period: Period) -> int:
    """What falls in a period inside the year: accrued(end) - accrued(day before start)."""
    return accrued[period[1]] - accrued.get(period[0] - ONE_DAY, 0)


def post_names(versions: list[Proposal]) -> list[str]:
    """The names of all posts of these versions, sorted."""
    return sorted({name for version in versions for name in version.posts})


def full_staffing(versions: list[Proposal], year: int) -> dict[str, int]:
    """What each post would accrue in the year if it were filled all the time."""
    last_day = date(year, 12, 31)
    return {
        post: accrual(versions, post, year, lambda _: True)[last_day]
        for post in post_names(versions)
    }


def dearer_reading(versions: list[Proposal], network: str, year: int) -> int:
    """Full-staffing cost to a network: accepted versions only, or with those that await an answer."""
    here = [
        v if v.row.network == network else Proposal(v.row, {}, v.answer)
        for v in versions
    ]
    accepted = [version for version in here if version.answer == "accepted"]
    open_or_accepted = [version for version in here if version.answer != "declined"]
    return max(
        sum(full_staffing(reading, year).values())
        for reading in (accepted, open_or_accepted)
    )
