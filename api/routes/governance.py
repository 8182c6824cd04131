"""Networks' participants and charters, bodies and their seats, and what authorities say."""

from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, Field

from api.bodies import Body, PersonsName
from api.commands import door
from api.dependencies import TheCaller, TheNode, require, require_registered
from api.doors import Way
from api.problems import REFUSALS
from api.routers import member_router, reader_router
from api.routes.documents import GIVERS
from domain.governance.activity import ReportActivity
from domain.governance.assignment import OrderAssignment
from domain.governance.authority import (
    AuthoriseNetwork,
    CloseNetwork,
    EvaluateNetwork,
    GrantLogo,
    RenewNetwork,
)
from domain.governance.chair import ElectChair
from domain.governance.chartering import CharterBody
from domain.governance.gathering import RecordGathering
from domain.governance.plan import AdoptFocusArea, AdoptPlan
from domain.governance.seating import FillSeat, NominatePerson, VacateSeat
from domain.history import ShownTo
from domain.parties.charter import CharterNetwork, ReachMilestone
from domain.parties.participation import DeclareParticipation, EndParticipation

router = member_router("governance", ShownTo.MEMBERS)
person_router = reader_router("governance")
"""Of an organisation's own people, for whoever has its token."""

_NETWORK = "/networks/{network}"
_BODY = "/bodies/{body_name}"
_SEAT = f"{_BODY}/seats/{{seat}}"

door(router, f"{_NETWORK}/participants", DeclareParticipation)
door(router, f"{_NETWORK}/participants/{{participant}}/departure", EndParticipation)
door(router, f"{_NETWORK}/charters", CharterNetwork)
door(router, f"{_NETWORK}/milestones/{{milestone}}", ReachMilestone)
door(router, f"{_NETWORK}/authorisations", AuthoriseNetwork)
door(router, f"{_NETWORK}/logo", GrantLogo)
door(router, f"{_NETWORK}/evaluations", EvaluateNetwork)
door(router, f"{_NETWORK}/renewals", RenewNetwork)
door(router, f"{_NETWORK}/closure", CloseNetwork)
door(router, f"{_BODY}/versions", CharterBody)
door(router, f"{_BODY}/elections", ElectChair)
door(router, f"{_BODY}/assignments", OrderAssignment)
door(router, f"{_BODY}/gatherings", RecordGathering)
door(router, f"{_BODY}/plans", AdoptPlan)
door(router, f"{_SEAT}/nominations", NominatePerson)
door(router, f"{_SEAT}/terms", FillSeat)
door(
    router,
    f"{_SEAT}/appointments",
    FillSeat,
    Way(name="appoint_to_seat", known=frozenset({"person"})),
)
door(router, f"{_SEAT}/vacancies", VacateSeat)
door(router, "/focus-areas", AdoptFocusArea)
door(router, "/activity-reports", ReportActivity)


class NamedPerson(Body):
    """A person of the caller's organisation."""

    name: Annotated[PersonsName, Field(min_length=1, max_length=200)]


class ShownPseudonym(BaseModel):
    """What the journal calls a person."""

    pseudonym: str


async def the_giver(node: TheNode, caller: TheCaller) -> None:
    """Let only those through who may record something that names a person."""
    require(caller, GIVERS)
    await require_registered(node, caller)


@person_router.post(
    "/persons",
    status_code=201,
    responses=REFUSALS,
    dependencies=[Depends(the_giver)],
)
def name_person(body: NamedPerson, node: TheNode, caller: TheCaller) -> ShownPseudonym:
    """Name a person of one's own organisation: what entries call the person.

    Another organisation's node, such as that of a body which fills a seat, cannot make it.
    The name is kept here, sealed, and goes nowhere.
    """
    pseudonym = node.persons.pseudonym(caller.organisation, body.name)
    node.persons.remember(pseudonym, body.name)
    return ShownPseudonym(pseudonym=pseudonym)
