"""Who may invite to a network, and which invitations nobody has answered."""

from collections.abc import Iterable
from datetime import date

from api.desk.invitations import Invitation
from api.known import known_until
from api.services import Node
from domain.governance.body import BodyKind, bodies_of
from domain.history import History
from domain.parties.network import NETWORK
from domain.parties.participation import PARTICIPATION, Participation


def inviters(network: str, history: History) -> frozenset[str]:
    """Organisations that invite: of its coordinating units, or else its coordinator."""
    units = bodies_of(network, history, BodyKind.COORDINATING_UNIT).values()
    established = history.state(NETWORK, network).established
    own = {established.coordinating_trust} if established else set()
    return frozenset({unit.organisation for unit in units} or own)


def takes_part(taking_part: Participation, organisation: str, day: date) -> bool:
    """Whether an organisation takes part in a network on a day, or will."""
    return any(
        declared.organisation == organisation
        and not (
            (ended := taking_part.ended.get(name)) is not None and ended.ends_on < day
        )
        for name, declared in taking_part.declared.items()
    )


def open_invitations(node: Node, organisation: str, day: date) -> list[Invitation]:
    """Invitations that an organisation was sent or has sent, without an answer."""
    found = node.invitations.of_organisation(organisation)
    return _unanswered(node, found, day) if found else []


def _unanswered(node: Node, found: Iterable[Invitation], day: date) -> list[Invitation]:
    with known_until(node, day) as history:
        return [
            each
            for each in found
            if each.invited_on <= day
            and not takes_part(
                history.state(PARTICIPATION, each.network), each.organisation, day
            )
        ]
