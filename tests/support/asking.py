"""Examples of commands that are taken from one organisation alone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from domain.fact import Command
from tests.support.scenario import Scenario

SUMMER: Final = date(2026, 7, 10)


@dataclass(frozen=True)
class Example:
    """A command that is taken from one organisation, on some day."""

    history: Callable[[], Scenario]
    command: Callable[[Scenario], Command]
    asks: str
    today: date = SUMMER
    actor: str = "controller"


def always(command: Command) -> Callable[[Scenario], Command]:
    """Return a command whatever the history."""
    return lambda _: command
