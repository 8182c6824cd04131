"""Inviting an organisation to take part in a network, and answering that (S4-47)."""

from typing import Final, NamedTuple

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from api.desk.invitations import Invitation
from api.invited import inviters, takes_part
from api.known import known_until
from api.pages.acting import require_sender
from api.pages.governance.governance_read import (
    SECTION,
    GovernanceTeller,
    participants_of,
)
from api.pages.register import Register, register
from api.pages.visit import TheVisit, Visit, sent_form
from api.problems import ProblemError
from api.routers import public
from domain.parties.network import NETWORK, NetworkEstablished
from domain.parties.participation import DeclareParticipation, Participation
from domain.values import NewName

router: Final[APIRouter] = public()
INVITE: Final = "/networks/{network}/governance/invite"
ANSWER: Final = "/networks/{network}/governance/invitation"


class _Read(NamedTuple):
    network: NetworkEstablished
    taking_part: Participation
    known: Register
    invites: bool
    """Whether the visitor's organisation does."""


def _read(visit: Visit, name: str) -> _Read:
    """Read a network, for who may declare a participation; refuse what is not there."""
    require_sender(visit, DeclareParticipation)
    with visit.views() as connection:
        known = register(connection, visit.day)
    with known_until(visit.node, visit.day) as history:
        network = history.state(NETWORK, name).established
        if network is None:
            raise ProblemError("not_found")
        invites = visit.organisation in inviters(name, history)
        return _Read(network, participants_of(name, history), known, invites)


def _inviting(visit: Visit, network: str) -> _Read:
    read = _read(visit, network)
    if not read.invites:
        raise ProblemError("not_entitled", {"organisation": visit.organisation})
    return read


@router.get(INVITE, include_in_schema=False)
def invite_page(network: NewName, visit: TheVisit) -> Response:
    """Show who is invited, and who can be."""
    return _shown(visit, _inviting(visit, network))


def _shown(visit: Visit, read: _Read, fault: str = "") -> Response:
    speaker = visit.speaker(SECTION)
    name, day = read.network.network, visit.day
    teller = GovernanceTeller(speaker, read.known, day, read.taking_part)
    invited = visit.node.invitations.in_network(name)
    there = {each.organisation for each in invited}
    return visit.page(
        "invite.html",
        SECTION,
        "governance",
        network=name,
        fault=fault,
        options=sorted(
            (
                (number, each.name)
                for number, each in read.known.items()
                if each.region is visit.node.region
                and number not in there
                and not takes_part(read.taking_part, number, day)
            ),
            key=lambda each: each[1],
        ),
        invited=[
            (
                each,
                teller.called(each.organisation),
                takes_part(read.taking_part, each.organisation, day),
            )
            for each in invited
        ],
    )


@router.post(INVITE, include_in_schema=False)
async def invite(network: NewName, visit: TheVisit) -> Response:
    """Invite an organisation of the region, or take an invitation back."""
    form = await sent_form(visit)
    read = _inviting(visit, network)
    name = read.network.network
    if form.get("take_back"):
        visit.node.invitations.take_back(name, form["take_back"])
        return _back(INVITE, name)
    chosen = read.known.get(form.get("organisation", ""))
    if chosen is None or chosen.region is not visit.node.region:
        return _shown(visit, read, visit.speaker("site").say("form_needed"))
    visit.node.invitations.invite(
        Invitation(name, chosen.org_number, visit.organisation, visit.day)
    )
    return _back(INVITE, name)


def _own_invitation(visit: Visit, network: str) -> Invitation:
    """Invitation of the visitor's organisation; refuse where there is none."""
    for each in visit.node.invitations.in_network(network):
        if each.organisation == visit.organisation:
            return each
    raise ProblemError("not_found")


@router.get(ANSWER, include_in_schema=False)
def invitation_page(network: NewName, visit: TheVisit) -> Response:
    """Show an invitation to who is invited, with where it is answered."""
    read, speaker = _read(visit, network), visit.speaker(SECTION)
    invitation = _own_invitation(visit, network)
    teller = GovernanceTeller(speaker, read.known, visit.day, read.taking_part)
    return visit.page(
        "invitation.html",
        SECTION,
        "governance",
        network=read.network,
        name=speaker.either(read.network.name_nb, read.network.name_en),
        invitation=invitation,
        inviter=teller.called(invitation.invited_by),
        is_answered=takes_part(read.taking_part, visit.organisation, visit.day),
    )


@router.post(ANSWER, include_in_schema=False)
async def decline_invitation(network: NewName, visit: TheVisit) -> Response:
    """Decline: the invitation waits for nobody any more."""
    await sent_form(visit)
    _read(visit, network)
    visit.node.invitations.take_back(
        network, _own_invitation(visit, network).organisation
    )
    return RedirectResponse("/my-day", 303, headers={"Cache-Control": "no-store"})


def _back(path: str, network: str) -> Response:
    address = path.format(network=network)
    return RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})
