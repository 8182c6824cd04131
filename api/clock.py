"""A node's clock: the system's, or business days that are played."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from domain.values import EARLIEST_DAY, business_day, day_end, parse_instant
from federation.log.times import Apart, OwnClock


class ClockSource(StrEnum):
    """Where a node's clock comes from."""

    SYSTEM = "system"
    REQUEST = "request"
    """A local federation plays business days that its requests bring."""


class BusinessDayRefusedError(Exception):
    """A request may not set the clock, or not back."""


MICROSECOND: Final = timedelta(microseconds=1)
NOON: Final = time(12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """A node's clock."""

    source: ClockSource
    system: Callable[[], datetime]
    last_recorded: Callable[[], str]
    """The instant that the home log has recorded or announced last, or nothing."""
    last_known: Callable[[], str]
    """The instant of the last entry of any region that is here, or nothing."""
    own: OwnClock | None = None
    """How far it is believed; None where days are played."""

    def apart(self) -> Apart | None:
        """Say why nothing is recorded by it now; None where it is believed."""
        return None if self.own is None else self.own.apart()

    def now(self, business_day_asked: date | None = None) -> datetime:
        """Instant of a request, on the day that is asked for.

        A request's business day is noon of that day. Without one, a local
        federation's clock stands where the last entry of any region was recorded.
        """
        if self.source is ClockSource.SYSTEM:
            if business_day_asked is not None:
                raise BusinessDayRefusedError
            return self.system()
        if business_day_asked is None:
            latest = self.last_known()
            return parse_instant(latest) + MICROSECOND if latest else self.system()
        recorded = self.last_recorded()
        last = parse_instant(recorded) if recorded else None
        if last is not None and business_day_asked < business_day(last):
            raise BusinessDayRefusedError
        return datetime.combine(business_day_asked, NOON)

    def known(self) -> datetime | None:
        """Instant until which nothing more will be recorded at home.

        Days that are played go forward; one that has begun anywhere says that
        those before it are over. Nothing is said of a day in which requests may
        still come, so that playing a year gives the same instants every time.
        """
        if self.source is ClockSource.SYSTEM:
            return self.system()
        last = self.last_known()
        begun = business_day(parse_instant(last)) if last else EARLIEST_DAY
        return day_end(begun - timedelta(days=1))
