"""A network with bodies, seats and people behind a door, of organisations of one region."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.auth import Role
from tests.support.doors import NETWORK, Door
from tests.support.examples import BERGEN, STAVANGER

SECRETARY: Final = (Role.SECRETARY,)
DECIDER: Final = (Role.DECIDER,)
COMMITTEE: Final[dict[str, Any]] = {
    "body": "ssu",
    "version": 1,
    "kind": "committee",
    "organisation": BERGEN,
    "term_years": 2,
}
STEERING: Final[dict[str, Any]] = {
    **COMMITTEE,
    "body": "steering",
    "kind": "steering_group",
    "network": "ms",
    "reports_to": "ssu",
    "chair_excluded": ["stavanger"],
    "plan_due": "11-30",
    "seats": [
        {"seat": "bergen", "participants": ["bergen"]},
        {"seat": "stavanger", "participants": ["stavanger"], "unit": "Clinic"},
        {
            "seat": "third",
            "participants": ["stavanger", "bergen"],
            "appointed_by": "ssu",
        },
    ],
}


def governed(door: Door) -> None:
    """Set up a local network of two trusts with a committee and a steering group."""
    door.register(BERGEN, STAVANGER)
    send(door, "/v1/networks", NETWORK, (Role.CONTROLLER,))
    for name, number in (("bergen", BERGEN), ("stavanger", STAVANGER)):
        said = {"participant": name, "organisation": number}
        path = "/v1/networks/ms/participants"
        send(door, path, said, SECRETARY, organisation=number)
    charter(door, COMMITTEE)
    charter(door, STEERING)


def charter(door: Door, body: Mapping[str, Any]) -> None:
    """Charter a body of Bergen's."""
    said = {name: value for name, value in body.items() if name != "body"}
    send(door, f"/v1/bodies/{body['body']}/versions", said, SECRETARY)


def fill(door: Door, seat: str, person: str, organisation: str) -> None:
    """Fill a seat of the steering group from 1 January 2026."""
    said = {"participant": seat, "person": person, "from_on": "2026-01-01"}
    path = f"/v1/bodies/steering/seats/{seat}/terms"
    send(door, path, said, SECRETARY, organisation=organisation)


def send(door: Door, path: str, body: Any, roles: Sequence[Role], **who: Any) -> None:
    """Send a command that is taken."""
    answer = door.post(path, body, roles=tuple(roles), **who)
    assert answer.status_code == 201, answer.text
