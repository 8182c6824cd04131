"""What a node's doors open on: finished objects, built in ``deploy.bootstrap``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from joserfc.jwk import OKPKey
from sqlalchemy import Engine

from domain.values import (
    EARLIEST_DAY,
    Region,
    business_day,
    day_end,
    parse_instant,
)
from federation.exchange.auditing import AuditorState
from federation.exchange.comparison import ComparisonState
from federation.exchange.courier import CourierState
from federation.exchange.ranges import RangesState
from federation.exchange.receiver import ReceiverState
from federation.exchange.restore import RestoreState
from federation.exchange.silence import ListenerState
from federation.journal.store import Journal
from federation.log.executor import Executor
from federation.log.persons import Persons
from federation.log.times import Apart, OwnClock
from federation.tasks import Background
from federation.trust.witness import WitnessState
from projections.engine import Projector


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
        """Return the instant of a request.

        A request's business day is noon of that day. Without one, a local
        federation's clock stands where the last entry of any region was recorded.
        """
        if self.source is ClockSource.SYSTEM:
            if business_day_asked is not None:
                raise BusinessDayRefusedError
            return self.system()
        if business_day_asked is None:
            known = self.last_known()
            return parse_instant(known) + MICROSECOND if known else self.system()
        recorded = self.last_recorded()
        last = parse_instant(recorded) if recorded else None
        if last is not None and business_day_asked < business_day(last):
            raise BusinessDayRefusedError
        return datetime.combine(business_day_asked, NOON)

    def known(self) -> datetime | None:
        """Return the instant until which nothing more will be recorded at home.

        Days that are played go forward; one that has begun anywhere says that
        those before it are over. Nothing is said of a day in which requests may
        still come, so that playing a year gives the same instants every time.
        """
        if self.source is ClockSource.SYSTEM:
            return self.system()
        known = self.last_known()
        begun = business_day(parse_instant(known)) if known else EARLIEST_DAY
        return day_end(begun - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Node:
    """One region's running parts, as the doors see them."""

    region: Region
    version: str
    journal: Journal
    executor: Executor
    persons: Persons
    projector: Projector
    views: Engine
    clock: Clock
    token_key: OKPKey
    unix_seconds: Callable[[], int]
    courier: CourierState
    ranges: RangesState
    comparison: ComparisonState
    auditor: AuditorState
    restore: RestoreState
    receivers: Mapping[Region, ReceiverState]
    listeners: Mapping[Region, ListenerState]
    witness: WitnessState = field(default_factory=WitnessState)
    quorum: int = 2
    """So many other regions must have cosigned before entries count as witnessed."""
    leads: Callable[[], bool] = lambda: True
    """Whether this process carries, receives and folds for its region."""
    background: Background = field(default_factory=Background)
    """What runs in the background, and which of it does not go on."""
    registered: set[str] = field(default_factory=set)
    """Organisations that were found registered; none is ever struck off."""
    certificate_ends: datetime | None = None
    """When NATS refuses the node's certificate; None where it has none (tests)."""
