"""Mandates of a scenario: who acts for Oslo, in which role."""

from collections.abc import Callable
from datetime import date
from typing import Any

from domain.parties.mandate import EndMandate, GrantMandate
from domain.role import Role
from tests.support.examples import OSLO
from tests.support.scenario import Scenario

SUMMER = date(2026, 7, 10)


def granted(
    person: str = "controller", role: Role = Role.ADMINISTRATOR, **said: Any
) -> GrantMandate:
    """Return a command that gives a mandate: at first, to whoever acts in a scenario."""
    known: dict[str, Any] = {"organisation": OSLO, "starts_on": date(2025, 12, 1)}
    known |= said
    return GrantMandate(person=person, role=role, **known)


def ended(number: int, ended_on: date = SUMMER, organisation: str = OSLO) -> EndMandate:
    """Return a command that ends a mandate."""
    return EndMandate(organisation=organisation, number=number, ended_on=ended_on)


def given(
    history: Callable[[], Scenario], *commands: GrantMandate
) -> Callable[[], Scenario]:
    """Return what makes a history with mandates."""
    return lambda: history().given(*commands)
