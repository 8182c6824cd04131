"""Assignments that a committee orders of a network (S4-26)."""

from domain.fact import Command
from domain.governance.body import (
    BODY,
    AssignmentOrdered,
    BodyChartered,
    body_named,
    require_body,
    require_committee,
)
from domain.governance.codes import GovernanceCode
from domain.history import Append, Asked, Decision, History
from domain.kind import Asks, Authority, declare
from domain.parties.network import NetworkEstablished
from domain.parties.participation import require_network
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import Day, FreeText, NewName


class OrderAssignment(Command):
    """Order a network to do something, as a committee's organisation (S4-26)."""

    body: NewName
    """The committee."""
    assignment: NewName
    network: NewName
    text: FreeText
    due_on: Day | None = None


def order(command: OrderAssignment, asked: Asked, history: History) -> Decision:
    """Decide on an assignment: a committee's, once under its name."""
    body = body_named(command.body, history)
    require_network(command.network, history)
    region = require_body(body, asked, history)
    require_committee(body)
    fact = AssignmentOrdered(**dict(command))
    ordered = history.state(BODY, command.body).assignments
    if fact in ordered:
        return ()
    if fact.assignment in {each.assignment for each in ordered}:
        raise Refusal(Code.CONFLICTING_ROW, "assignment")
    return (Append(BODY.stream(region, command.body), fact),)


declare(
    OrderAssignment,
    order,
    Authority(
        Asks.BODY,
        {Role.DECIDER},
        {
            BodyChartered: GovernanceCode.UNKNOWN_BODY,
            NetworkEstablished: Code.UNKNOWN_NETWORK,
        },
        "the network's coordinating organisation, which reports on it",
    ),
    AssignmentOrdered,
)
