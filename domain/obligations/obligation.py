"""Obligations: what an organisation owes by a day. They are derived, never stored.

The id says what is owed of what: ``grant/reise/use``, ``body/styring/plan/2027``. Source:
the rule book, §7, whose table has a row for each.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from domain.values import months_later

ALWAYS: Final = date.max


class ObligationState(StrEnum):
    """How an obligation stands on a day."""

    OPEN = "open"
    DONE = "done"
    LATE = "late"
    """Done after the day on which it was due."""
    OVERDUE = "overdue"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True)
class Obligation:
    """What an organisation owes by a day, and when it is reminded of it."""

    id: str
    rule: str
    """Of several, the first."""
    owed_by: str
    """An organisation number."""
    due_on: date
    remind_on: tuple[date, ...] = ()
    escalate_on: date | None = None
    must: bool = True
    """False where the source says that it should be done."""
    done_on: date | None = None
    tell: tuple[str, ...] = ()
    """Organisations that are told at once."""

    def state(self, day: date, *, waived: bool = False) -> ObligationState:
        """How it stands on a day."""
        if waived:
            return ObligationState.WAIVED
        if self.done_on is not None:
            is_late = self.done_on > self.due_on
            return ObligationState.LATE if is_late else ObligationState.DONE
        is_over = self.due_on < day
        return ObligationState.OVERDUE if is_over else ObligationState.OPEN


def days_before(due_on: date, *days: int) -> tuple[date, ...]:
    """So many days before a day, in order."""
    return tuple(sorted(due_on - timedelta(days=each) for each in days))


def days_after(day: date, *days: int) -> tuple[date, ...]:
    """So many days after a day, in order."""
    return tuple(sorted(day + timedelta(days=each) for each in days))


def months_before(due_on: date, *months: int) -> tuple[date, ...]:
    """So many months before a day, in order; a day that a month has not is its last."""
    return tuple(sorted(months_later(due_on, -each) for each in months))


def first(days: Iterable[date]) -> date | None:
    """The earliest of some days; of several deeds that do, the first counts."""
    return min(days, default=None)
