"""What is stored of reports and invoices, and the rules that look at one row alone."""

import re
from dataclasses import dataclass
from datetime import date

from tests.support.oracle.cost import (
    ONE_DAY,
    Period,
    Terms,
)
from tests.support.oracle.folder import (
    AgreementRow,
    NetworkRow,
    OrganisationRow,
    PostRow,
    ReportRow,
    refuse_if,
)

MONTHS = {"yearly": 12, "half_yearly": 6, "tertial": 4, "quarterly": 3, "monthly": 1}
VAT_PERCENT = {"exempt": 0, "standard": 25, "outside_scope": 0}
FRAME = {"with_part_time_posts": 2_000_000_00, "coordination_only": 1_000_000_00}
BUDGET_MAX = 1_000_000_00


@dataclass
class Report:
    """The last submission of a report, and the decision on it if there is one."""

    row: ReportRow
    decision: str | None = None


@dataclass
class Line:
    """What an invoice bills for one post: its own period and the restated ones."""

    post: str
    period: Period
    billed: dict[Period, int]
    disputed: bool = False

    def amount(self) -> int:
        return sum(self.billed.values())

    def restatement(self) -> int:
        return sum(
            amount for period, amount in self.billed.items() if period != self.period
        )


@dataclass
class Invoice:
    """An issued invoice or credit note."""

    agreement: str
    period: Period
    issued_on: date
    payee: str
    number: int
    vat: int
    lines: list[Line]

    def net(self) -> int:
        return sum(line.amount() for line in self.lines)


def passes_modulus_11(number: str) -> bool:
    """Nine digits of which the last is the control digit of the first eight."""
    if not re.fullmatch(r"[0-9]{9}", number):
        return False
    weighted = sum(
        int(digit) * weight
        for digit, weight in zip(number[:8], (3, 2, 7, 6, 5, 4, 3, 2), strict=True)
    )
    return (weighted + int(number[8])) % 11 == 0


def check_parties(row: AgreementRow, network: NetworkRow, first: AgreementRow) -> None:
    """Refuse parties that may not be, or that are not those of the first version."""
    coordinator = network.coordinating_trust
    refuse_if(row.payer == row.payee, "same_party", "payer and payee are the same")
    refuse_if(
        network.kind == "national" and row.payer != coordinator,
        "payer_not_coordinator",
        f"{row.payer} does not coordinate {row.network}",
    )
    refuse_if(
        coordinator not in (row.payer, row.payee),
        "not_a_party",
        f"{coordinator} coordinates {row.network} and is no party",
    )
    refuse_if(
        (row.network, row.payer, row.payee)
        != (first.network, first.payer, first.payee),
        "parties_fixed",
        f"{row.agreement} has other parties or another network",
    )


def require_organisation(
    organisations: dict[str, OrganisationRow], number: str
) -> None:
    """Refuse a number that fails modulus 11 or is not registered."""
    refuse_if(
        not passes_modulus_11(number),
        "invalid_organisation_number",
        f"{number} fails modulus 11",
    )
    refuse_if(
        number not in organisations,
        "unknown_organisation",
        f"{number} is not registered",
    )


def last_day_of(network: NetworkRow) -> date:
    """Five years less a day; from 29 February that is 27 February."""
    first = network.starts_on
    is_leap_day = (first.month, first.day) == (2, 29)
    return (
        first.replace(year=first.year + 5, day=28 if is_leap_day else first.day)
    ) - ONE_DAY


def has_wrong_percent(post: PostRow) -> bool:
    """A percent outside 10.00-20.00; one that is not given is missing, not wrong."""
    return post.percent is not None and not 10_00 <= post.percent <= 20_00


def lacks_content(post: PostRow, network: NetworkRow) -> bool:
    """Every post needs dates and a cost; in a national network content and a percentage too."""
    priced = None not in (post.starts_on, post.ends_on, post.annual_cost)
    described = post.content != "" and post.percent is not None
    return not priced or (network.kind == "national" and not described)


def terms_of(post: PostRow) -> Terms:
    """The dates and the cost of a post that has them."""
    assert post.starts_on and post.ends_on and post.annual_cost is not None
    return Terms(post.starts_on, post.ends_on, post.annual_cost)


def is_whole_period(period: Period, frequency: str) -> bool:
    """Is this one calendar year, half-year, third, quarter or month?"""
    start, end = period
    months = MONTHS[frequency]
    if start.day != 1 or (start.month - 1) % months:
        return False
    after = start.month + months
    next_start = (
        date(start.year + 1, 1, 1) if after > 12 else date(start.year, after, 1)
    )
    return end == next_start - ONE_DAY


def covers(report: Report, terms: AgreementRow, period: Period) -> bool:
    """Is this an approved report of the payee for the network over all of the period?"""
    row = report.row
    about = (row.trust, row.network) == (terms.payee, terms.network)
    return (
        about
        and report.decision == "approved"
        and row.period_start <= period[0]
        and period[1] <= row.period_end
    )
