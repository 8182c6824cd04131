"""A node's clock: the system's, or business days that are played."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from domain.values import EARLIEST_DAY, business_day, day_end, parse_instant
from federation.log.times import BEFORE_SEEN_MAX, Apart, OwnClock


class ClockSource(StrEnum):
    """Where a node's clock comes from."""

    SYSTEM = "system"
    REQUEST = "request"
    """A local federation plays business days that its requests bring."""


class BusinessDayRefusedError(Exception):
    """A request may not set the clock, or not back to before the ``last`` day."""

    def __init__(self, last: date | None = None) -> None:
        super().__init__()
        self.last = last


class BusinessDayFarAheadError(Exception):
    """A request would set the clock so far ahead that the day is mistyped, most likely.

    Days go forward only: what is recorded on such a day ends all days before it.
    """

    def __init__(self, asked: date, last: date) -> None:
        super().__init__()
        self.asked, self.last = asked, last


AHEAD_DAYS_MAX: Final = 3660
"""So far after the last day that anything is known of may a played day be: ten years,
for a network may have nothing to record for most of its five."""


def refuse_far_ahead(asked: date, last_known: str) -> None:
    """Raise :class:`BusinessDayFarAheadError`; the first day of all may be any."""
    if not last_known:
        return
    last = business_day(parse_instant(last_known))
    if (asked - last).days > AHEAD_DAYS_MAX:
        raise BusinessDayFarAheadError(asked, last)


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
            raise BusinessDayRefusedError(business_day(last))
        known, now = self.last_known(), datetime.combine(business_day_asked, NOON)
        refuse_far_ahead(business_day_asked, known)
        if known and parse_instant(known) - now > BEFORE_SEEN_MAX:
            raise BusinessDayRefusedError(business_day(parse_instant(known)))
        return now

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
