"""What the people of a run have done so far, and what they may mean by chance."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Final

from domain.agreements.agreement import ProposeVersion
from domain.values import Frequency, Period, Region, add_months, day_before

HOME: Final = {
    "983974724": Region.VEST,
    "993467049": Region.SOROST,
    "983974899": Region.NORD,
    "883974832": Region.MIDT,
}
"""A trust in each region."""
YEAR: Final = 2026
KID_DIGITS: Final = 9
NUMBERS: Final = 12
"""Invoice numbers, bank references: low enough that they often meet something."""
RECENT: Final = 6
OFTEN: Final = 0.8


@dataclass
class Book:
    """What has been proposed and reported, and the chance that all is drawn from."""

    random: Random
    agreements: dict[str, ProposeVersion] = field(default_factory=dict)
    reports: int = 0
    proposals: int = 0

    def draws(self, chance: float) -> bool:
        """Say whether something happens that happens so often."""
        return self.random.random() < chance

    def some(self) -> ProposeVersion:
        """Return an agreement, most often one of the last."""
        known = list(self.agreements.values())
        return self.random.choice(known[-RECENT:] if self.draws(OFTEN) else known)

    def day(self) -> date:
        """Return a day of the year."""
        return date(YEAR, 1, 1) + timedelta(days=self.random.randrange(365))

    def period(self, frequency: Frequency) -> Period:
        """Return a period of the year, most often an early one."""
        months = frequency.months
        last = 12 if self.draws(0.2) else max(months, 9)
        return period(self.random.randrange(0, last, months) + 1, frequency)

    def next_agreement(self, region: Region) -> str:
        """Return the name of a new agreement; of five, two have the same one."""
        self.proposals += 1
        group, number = divmod(self.proposals, 5)
        shared = number in {0, 1}
        return f"shared-{group}" if shared else f"{region.value}-{self.proposals}"

    def next_report(self) -> str:
        """Return the name of a new report."""
        self.reports += 1
        return f"r{self.reports}"


def period(month: int, frequency: Frequency) -> Period:
    """Return the period that begins in a month."""
    start = date(YEAR, month, 1)
    return Period(start, day_before(add_months(start, frequency.months)))
