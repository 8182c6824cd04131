"""Networks and who decides on them: a national one in Bergen, a local one in Stavanger."""

import hashlib
from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from domain.document import Document
from domain.fact import Command
from domain.governance.authority import (
    AuthoriseNetwork,
    CloseNetwork,
    EvaluateNetwork,
    GrantLogo,
    RenewNetwork,
)
from domain.governance.body import (
    BODY,
    COMMITTEES,
    NETWORK_BODIES,
    BodyChartered,
    BodyKind,
    BodyListed,
    CommitteeListed,
    Seat,
)
from domain.governance.seat import SEAT, SeatFilled, seat_key
from domain.history import Append
from domain.parties.authority import EvaluationOutcome
from domain.parties.charter import CharterNetwork, Foundation
from domain.parties.participation import PARTICIPATION, ParticipationDeclared
from domain.values import (
    REGIONAL_AUTHORITY,
    NetworkKind,
    NetworkModel,
    OrganisationKind,
    Region,
)
from tests.support.examples import (
    ORGANISATIONS,
    STAVANGER,
    accept,
    network,
    organisation,
    version,
)
from tests.support.scenario import Scenario

WEST: Final = REGIONAL_AUTHORITY[Region.VEST]
EAST: Final = REGIONAL_AUTHORITY[Region.SOROST]
KARMOY: Final = "940791901"
STORD: Final = "939866914"
LOCAL: Final = "care"
EVERYBODY: Final[tuple[Command, ...]] = (
    *ORGANISATIONS,
    organisation(STAVANGER),
    organisation(KARMOY, kind=OrganisationKind.MUNICIPALITY),
    organisation(STORD, kind=OrganisationKind.MUNICIPALITY),
    *(
        organisation(number, region=region, kind=OrganisationKind.RHF)
        for region, number in REGIONAL_AUTHORITY.items()
    ),
)


def document(text: str) -> Document:
    """Return what an event says of a text."""
    return Document(
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        media_type="text/plain; charset=utf-8",
        size=len(text.encode()),
    )


def charter(number: int = 1, **changes: Any) -> CharterNetwork:
    """Charter the national network with all that it needs."""
    content = {
        "network": "ms",
        "version": number,
        "clinic": "Neurology",
        "exit_plan": document("The clinics go on with it"),
        "posts_reason": document("To be anchored in all regions"),
    }
    return CharterNetwork(**{**content, **changes})


def local_charter(number: int = 1, **changes: Any) -> CharterNetwork:
    """Charter the local network with all that it needs."""
    content = {
        "network": LOCAL,
        "version": number,
        "background": document("Since 2003"),
        "user_benefit": document("Patients are safe"),
        "organisation": document("Local groups"),
        "leadership": document("An operating and a steering group"),
        "founded_on": (Foundation(title="Mandate", kind="mandate"),),
    }
    return CharterNetwork(**{**content, **changes})


def authorise(authority: str = WEST, **changes: Any) -> AuthoriseNetwork:
    """Authorise the national network."""
    content = {"network": "ms", "authority": authority}
    return AuthoriseNetwork(**{**content, **changes})


def grant_logo(authority: str = WEST, **changes: Any) -> GrantLogo:
    """Grant the national network the logo."""
    return GrantLogo(**{"network": "ms", "authority": authority, **changes})


def evaluate(authority: str = WEST, **changes: Any) -> EvaluateNetwork:
    """Evaluate the national network: it may go on."""
    content = {
        "network": "ms",
        "authority": authority,
        "outcome": EvaluationOutcome.RENEW,
    }
    return EvaluateNetwork(**{**content, **changes})


def renew(authority: str = WEST, **changes: Any) -> RenewNetwork:
    """Renew the national network."""
    return RenewNetwork(**{"network": "ms", "authority": authority, **changes})


def close(authority: str = WEST, **changes: Any) -> CloseNetwork:
    """Close the national network."""
    content = {"network": "ms", "authority": authority, "closes_on": date(2030, 1, 1)}
    return CloseNetwork(**{**content, **changes})


ACTIVE: Final[tuple[Command, ...]] = (
    *EVERYBODY,
    network(),
    authorise(),
    charter(),
    version(),
    accept(),
)
"""All that a national network needs; it began in 2025."""


def active(*more: Command) -> Scenario:
    """Return a history in which the national network is active, and some more."""
    return Scenario().given(*ACTIVE, *more)


def local(**changes: Any) -> Command:
    """Establish the local network."""
    content = {
        "network": LOCAL,
        "kind": NetworkKind.LOCAL,
        "name_en": "",
        "coordinating_trust": STAVANGER,
        "model": NetworkModel.COORDINATION_ONLY,
        "coordination_budget_ore": 0,
    }
    return network(**{**content, **changes})


def body(name: str, kind: BodyKind, organisation: str, *seats: str) -> list[Append]:
    """Return the facts of a body: a committee has no network."""
    is_local = kind is not BodyKind.COMMITTEE
    chartered = BodyChartered(
        body=name,
        version=1,
        kind=kind,
        network=LOCAL if is_local else None,
        organisation=organisation,
        term_years=2,
        seats=tuple(Seat(seat=seat, participants=("unit",)) for seat in seats),
    )
    facts = [Append(BODY.stream(Region.VEST, name), chartered)]
    if is_local:
        listed = BodyListed(network=LOCAL, body=name)
        facts.append(Append(NETWORK_BODIES.stream(Region.VEST, LOCAL), listed))
    else:
        committee = CommitteeListed(organisation=organisation, body=name)
        stream = COMMITTEES.stream(Region.VEST, organisation)
        facts.append(Append(stream, committee))
    return facts


def participant(name: str = "unit", organisation: str = KARMOY) -> Append:
    """Return that an organisation takes part in the local network."""
    return Append(
        PARTICIPATION.stream(Region.VEST, LOCAL),
        ParticipationDeclared(
            network=LOCAL, participant=name, organisation=organisation, unit=""
        ),
    )


def seated(name: str, seat: str, from_on: date, until_on: date) -> Append:
    """Return that somebody holds a seat."""
    return Append(
        SEAT.stream(Region.VEST, seat_key(name, seat)),
        SeatFilled(
            body=name,
            seat=seat,
            participant="unit",
            person="p-1",
            from_on=from_on,
            until_on=until_on,
        ),
    )


HELD_UNTIL: Final = date(2027, 11, 30)
"""The last day on which somebody is the local network's contact."""


def bodies() -> list[Append]:
    """Return a committee in Karmøy, and the local network's bodies with its contact."""
    return [
        *body("committee", BodyKind.COMMITTEE, KARMOY),
        participant(),
        *body("unit", BodyKind.COORDINATING_UNIT, KARMOY, "contact"),
        *body("steering", BodyKind.STEERING_GROUP, STAVANGER),
        *body("operating", BodyKind.OPERATING_GROUP, STAVANGER),
        seated("unit", "contact", date(2025, 12, 1), HELD_UNTIL),
    ]


def governed(*commands: Command, recorded: Iterable[Append] | None = None) -> Scenario:
    """Return a history of the local network, with bodies, and some commands more."""
    scenario = Scenario().given(*EVERYBODY, local())
    scenario.receive(*(bodies() if recorded is None else recorded))
    return scenario.given(*commands)


AUTHORISED: Final = authorise(KARMOY, network=LOCAL, body="committee")
"""The committee lets the local network be."""
