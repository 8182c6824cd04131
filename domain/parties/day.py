"""A region says that it has recorded what belongs to the days before.

A region's log has no holes, so one entry after a day proves that everything of
that day is here. A region in which nothing happens confirms its days instead, so
that a closing does not wait for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from domain.fact import Command, Fact
from domain.history import Append, Asked, Category, Decision, History, ShownTo
from domain.kind import Asks, Authority, declare
from domain.parties.membership import memberships
from domain.parties.organisation import require_party
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import REGIONAL_AUTHORITY, Day, Region


class DayConfirmed(Fact, name="region.day_confirmed.v1"):
    """The region has recorded what belongs to this day and those before it."""

    region: Region
    day: Day


@dataclass(frozen=True, slots=True)
class Days:
    """The last day that a region has confirmed."""

    last: date | None = None


def evolve(state: Days, fact: Fact) -> Days:
    """Fold one fact."""
    match fact:
        case DayConfirmed():
            return Days(max(fact.day, state.last or fact.day))
        case _:
            return state


DAYS = Category("days", Days(), evolve, holds=(DayConfirmed,), shown_to=ShownTo.MEMBERS)


class ConfirmDay(Command):
    """Confirm that a region has recorded what belongs to a day and those before it."""

    region: Region
    day: Day


def confirm(command: ConfirmDay, asked: Asked, history: History) -> Decision:
    """Decide on a confirmation: of a day that is over."""
    authority = REGIONAL_AUTHORITY[command.region]
    require_party(asked, authority, command.region)
    if command.day >= asked.today:
        raise Refusal(Code.PERIOD_NOT_ENDED, "day")
    last = history.state(DAYS, command.region.value).last
    if last is not None and command.day <= last:
        return ()
    fact = DayConfirmed(region=command.region, day=command.day)
    return (Append(DAYS.stream(command.region, command.region.value), fact),)


declare(
    ConfirmDay,
    confirm,
    Authority(
        Asks.AUTHORITY,
        {Role.REGISTRAR},
        {},
        "its own log: no closing waits for it any more",
    ),
    DayConfirmed,
)


def require_complete(until: date, asked: Asked, history: History) -> None:
    """Refuse where a region's log, as it is here, may still lack facts of a day.

    A region that has left has said its last; one that is yet to join, nothing.
    """
    for region in lacking_regions(until, asked.region, history):
        values = {"region": region.value, "day": until.isoformat()}
        raise Refusal(Code.REGION_INCOMPLETE, "period_end", values, region)


def lacking_regions(until: date, asking: Region, history: History) -> Iterator[Region]:
    """Yield the regions whose logs may still lack facts of a day, but that which asks."""
    members = memberships(history)
    for region in Region:
        if region is asking or members[region].left is not None:
            continue
        last = history.recorded_until(region)
        if last is None and not members[asking].knows(region):
            continue
        if last is None or last <= until:
            yield region
