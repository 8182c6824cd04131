"""A body elects its chair among those who hold its seats."""

from domain.fact import Command
from domain.governance.body import (
    BODY,
    BodyChartered,
    ChairElected,
    require_body,
    seat_named,
)
from domain.governance.codes import GovernanceCode
from domain.governance.holding import holder, seatings, uncovered
from domain.governance.seat import SeatFilled
from domain.history import Append, Asked, Decision, History
from domain.kind import Asks, Authority, declare
from domain.refusal import Refusal
from domain.role import Role
from domain.values import Day, NewName, last_of_years


class ElectChair(Command):
    """Elect the holder of a seat to a body's chair (S4-80, S4-94)."""

    body: NewName
    seat: NewName
    elected_on: Day
    """The first day in the chair."""


def elect(command: ElectChair, asked: Asked, history: History) -> Decision:
    """Decide on an election: of who may chair, by a body that is complete."""
    body, seat = seat_named(command.body, command.seat, history)
    region = require_body(body, asked, history)
    until_on = last_of_years(command.elected_on, body.term_years)
    fact = ChairElected(**dict(command), until_on=until_on)
    said = dict(command).items()
    elections = history.state(BODY, command.body).elections
    if any(said <= dict(each).items() for each in elections):
        return ()
    seating = seatings(command.body, (seat,), history)[seat.seat]
    term = holder(seating, command.elected_on)
    if term is None:
        raise Refusal(GovernanceCode.SEAT_VACANT, "seat")
    if term.participant in body.chair_excluded:
        raise Refusal(GovernanceCode.CHAIR_EXCLUDED, "seat")
    if uncovered(command.body, history, command.elected_on):
        raise Refusal(GovernanceCode.GROUP_NOT_COVERED, "elected_on")
    return (Append(BODY.stream(region, command.body), fact),)


declare(
    ElectChair,
    elect,
    Authority(
        Asks.BODY,
        {Role.DECIDER},
        {
            BodyChartered: GovernanceCode.UNKNOWN_BODY,
            SeatFilled: GovernanceCode.SEAT_VACANT,
        },
        "itself, while the person elected holds the seat",
    ),
    ChairElected,
)
