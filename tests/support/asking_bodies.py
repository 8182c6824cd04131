"""Examples of what participants and bodies say: each the word of one organisation."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from domain.fact import Command
from domain.governance.activity import ReportActivity
from domain.governance.assignment import OrderAssignment
from domain.governance.body import BodyKind
from domain.parties.participation import EndParticipation
from tests.support.asking import Example, always
from tests.support.examples import BERGEN, OSLO
from tests.support.governed import (
    area,
    body,
    elect,
    fill,
    gathering,
    governed,
    nominate,
    participant,
    plan,
    vacate,
)
from tests.support.scenario import Scenario

_BOARD: Final = body("board", BodyKind.COMMITTEE, network=None)
_HELD: Final = fill("hills/oslo", "odd")
_NEW: Final = body("new", BodyKind.WORKING_GROUP)
_ORDERED: Final = OrderAssignment(
    body="board", assignment="a1", network="kreft", text="Map the needs"
)
_END: Final = EndParticipation(
    network="kreft", participant="oslo", ends_on=date(2026, 12, 31)
)


def _after(*commands: Command) -> Callable[[], Scenario]:
    """Return what makes a history of a network and its bodies, with more commands."""
    return lambda: governed(_BOARD, *commands)


EXAMPLES: Final[Mapping[type[Command], Example]] = {
    type(example.command(Scenario())): example
    for example in (
        Example(_after(), always(participant("radium", OSLO)), OSLO),
        Example(_after(), always(_END), OSLO),
        Example(_after(), always(_NEW), BERGEN),
        Example(_after(), always(_ORDERED), BERGEN),
        Example(_after(), always(nominate("hills/oslo", "odd")), OSLO),
        Example(_after(), always(_HELD), OSLO),
        Example(_after(_HELD), always(vacate("hills/oslo", date(2026, 3, 1))), OSLO),
        Example(_after(_HELD), always(elect("hills/oslo")), BERGEN),
        Example(_after(), always(area(body="board")), BERGEN),
        Example(_after(area()), always(plan()), BERGEN),
        Example(_after(), always(gathering()), BERGEN),
        Example(_after(), always(ReportActivity(of="operating", year=2025)), BERGEN),
    )
}
